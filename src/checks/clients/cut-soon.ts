import type { Socket } from 'node:net';

const FAREWELL_MS = 1_000;

/** Lets a client say farewell on a connection; a server that does not close it then gets no more time. */
export function cutSoon(socket: Socket): void {
  if (socket.destroyed) return;
  const timer = setTimeout(() => socket.destroy(), FAREWELL_MS);
  socket.once('close', () => clearTimeout(timer));
}
