import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { afterEach, expect, it } from '@jest/globals';
import { eventually } from '../../../test/support/eventually.js';
import type { CheckContext } from '../define-check.js';
import { logIn } from './log-in.js';

const sockets = new Set<Socket>();
const server = createServer((socket) => void sockets.add(socket.on('error', () => undefined)));
afterEach(() => {
  for (const socket of sockets) socket.destroy();
  server.close();
});

it('leaves no connection open when its time is over before the client is loaded', async () => {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const abort = new AbortController();
  // Aborts behind the last check before the client is loaded.
  abort.signal.throwIfAborted = () => {
    AbortSignal.prototype.throwIfAborted.call(abort.signal);
    abort.abort(new Error('its time is over'));
  };
  const net = { resolve: () => Promise.resolve([{ address: '127.0.0.1', family: 4 }]) };
  const context = { net, signal: abort.signal } as unknown as CheckContext;
  const url = {
    scheme: 'amqp',
    host: '127.0.0.1',
    port,
    user: '',
    password: '',
    path: '',
    params: new URLSearchParams(),
  };
  const done = logIn(url, { username: 'guest', password: 'guest' }, context);
  await expect(done).rejects.toThrow();
  // Connections are accepted in order: after this one, an earlier one would be known.
  const later = connect(port, '127.0.0.1');
  await eventually(() => expect([...sockets].map(({ remotePort }) => remotePort)).toContain(later.localPort));
  later.destroy();
  expect(sockets.size).toBe(1);
});
