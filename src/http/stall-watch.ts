import type { Server, Socket } from 'node:net';
import { Counter, type Registry } from 'prom-client';

/** Emitted on a connection whose client stalls; one without a listener is reset. */
export const STALLED = 'stalled';

/** A client stalls when so many looks in a row find that nothing more was taken. */
const LOOKS = 4;

interface Unread {
  /** Bytes that the kernel has taken, since the connection began. */
  taken: number;
  /** Looks since then. */
  quiet: number;
}

/**
 * Ends answers that are not read: a connection with bytes to write of which the kernel takes none for `stallMs`, whatever
 * the answer is. `server.timeout` would not do: it starts anew with each byte that the client sends.
 */
export function watchStalls(server: Server, stallMs: number, metrics: Registry): void {
  const watch = new StallWatch(stallMs / LOOKS, metrics);
  server.on('connection', (socket: Socket) => watch.add(socket));
}

class StallWatch {
  private readonly sockets = new Map<Socket, Unread | null>();
  private timer: NodeJS.Timeout | undefined;
  private readonly stalled: Counter;

  constructor(
    private readonly lookMs: number,
    metrics: Registry,
  ) {
    this.stalled = new Counter({
      name: 'carillon_http_stalled_total',
      help: 'Answers that were cut off because their client read nothing for STREAM_STALL_MS',
      registers: [metrics],
    });
  }

  add(socket: Socket): void {
    this.sockets.set(socket, null);
    socket.once('close', () => this.sockets.delete(socket));
    this.timer ??= setInterval(() => this.look(), this.lookMs).unref();
  }

  /** Looks are counted, not timed, so that no client is blamed while this process is too busy to write. */
  private look(): void {
    for (const [socket, unread] of this.sockets) {
      if (socket.writableLength === 0) {
        if (unread) this.sockets.set(socket, null);
        continue;
      }
      const taken = takenFrom(socket);
      if (unread?.taken !== taken) this.sockets.set(socket, { taken, quiet: 0 });
      else if ((unread.quiet += 1) === LOOKS) this.giveUp(socket);
    }
    if (this.sockets.size > 0) return;
    clearInterval(this.timer);
    this.timer = undefined;
  }

  private giveUp(socket: Socket): void {
    this.stalled.inc();
    // A reset lets go of what the kernel holds, too.
    if (!socket.emit(STALLED)) socket.resetAndDestroy();
  }
}

/** Node has no public figure for a write of which a part was taken, which may be megabytes. */
function takenFrom(socket: Socket): number {
  const { _handle: handle } = socket as unknown as {
    _handle: { bytesWritten: number; writeQueueSize: number } | null;
  };
  return handle ? handle.bytesWritten - handle.writeQueueSize : 0;
}
