import { createServer, type AddressInfo } from 'node:net';
import check from '../../src/checks/redis.check.js';
import { lookOnce } from '../support/look-once.js';

it('a Redis server whose answer does not end is cut off, and fills no memory', async () => {
  const part = Buffer.alloc(1024 * 1024, 'x');
  const server = createServer((socket) => {
    const more = (): void => {
      while (!socket.destroyed && socket.write(part));
    };
    socket.on('error', () => undefined).on('drain', more);
    socket.once('data', () => {
      socket.write('$500000000\r\n');
      more();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  try {
    const config = { databaseConnectionString: `redis://127.0.0.1:${port}` };
    expect(await lookOnce(check, config)).toMatchObject({
      found: 'down',
      message: expect.stringContaining('16 MiB'),
    });
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
});
