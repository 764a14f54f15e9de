import type { Socket } from 'node:net';

const LIMIT = 16 * 1_024 * 1_024;
const LOOK_MS = 20;

/** Cuts a connection that answers more than 16 MiB: clients keep whole rows and documents in memory. Call it to end. */
export function limitBytes(socket: Socket): () => void {
  const timer = setInterval(() => {
    if (socket.bytesRead > LIMIT) {
      clearInterval(timer);
      socket.destroy(new Error('The answer has more than 16 MiB: ask for less.'));
    }
  }, LOOK_MS);
  timer.unref();
  return () => clearInterval(timer);
}
