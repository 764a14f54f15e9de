import { closedPort, lookOnce, startSilentServer } from '../../test/support/look-once.js';
import check from './tcp.check.js';

const host = '127.0.0.1';

describe('the check tcp', () => {
  it('is up where somebody accepts, and hangs up', async () => {
    const server = await startSilentServer();
    const { port } = server;
    expect(await lookOnce(check, { host, port })).toEqual({
      found: 'up',
      message: `Port ${port} is open.`,
      latencyMs: expect.any(Number),
    });
    await server.close();
  });

  it('is down where nobody does', async () => {
    const port = await closedPort();
    expect(await lookOnce(check, { host, port })).toEqual({
      found: 'down',
      message: `127.0.0.1:${port} refuses the connection (ECONNREFUSED).`,
      latencyMs: null,
    });
  });
});
