import { createServer, type AddressInfo } from 'node:net';
import { observerTrouble } from '../../src/checks/outcome-of-error.js';
import check from '../../src/checks/postgres.check.js';
import { runCheck } from '../../src/checks/run-check.js';
import { checkContext } from '../support/look-once.js';

it('a PostgreSQL server cannot make this process believe that it is ill', async () => {
  const fields = Buffer.from('SFATAL\0CEMFILE\0Mgo away\0\0');
  const head = Buffer.from('E\0\0\0\0');
  head.writeInt32BE(fields.length + 4, 1);
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => socket.end(Buffer.concat([head, fields])));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const { port } = server.address() as AddressInfo;
    let thrown: unknown;
    const config = { database_connection_string: `postgres://u:p@127.0.0.1:${port}/d` };
    const outcome = await runCheck(check, config, checkContext(), (error) => (thrown = error));
    expect(outcome).toMatchObject({ found: 'down', message: 'go away' });
    expect(observerTrouble(thrown)).toBeNull();
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
});
