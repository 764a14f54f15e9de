import { setMaxListeners } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { Found } from './target-names.js';
import { reasonOf } from './unless-aborted.js';

/** Before the next address is tried beside the ones under way. Source: RFC 8305, 5. */
const NEXT_AFTER_MS = 250;

interface Race {
  addresses: readonly Found[];
  port: number;
  signal: AbortSignal;
}

/** One connection: to the first of the addresses that answers. */
export class ConnectRace {
  private readonly underWay = new Set<Socket>();
  private tried = 0;
  private firstError: Error | undefined;
  private timer: NodeJS.Timeout | undefined;
  private resolve!: (socket: Socket) => void;
  private reject!: (error: Error) => void;

  constructor(private readonly race: Race) {}

  /** @throws the error of the first address when none answers; the signal's reason when it aborts */
  run(): Promise<Socket> {
    const { signal } = this.race;
    return new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
      if (signal.aborted) return reject(reasonOf(signal));
      setMaxListeners(0, signal);
      signal.addEventListener('abort', this.onAbort, { once: true });
      this.tryNext();
    });
  }

  private readonly tryNext = (): void => {
    clearTimeout(this.timer);
    const { addresses, port } = this.race;
    const next = addresses[this.tried];
    if (!next) return;
    this.tried += 1;
    const socket = connect({ host: next.address, port, family: next.family, noDelay: true });
    this.underWay.add(socket);
    socket.once('connect', () => this.win(socket));
    socket.once('error', (error) => this.lose(socket, error));
    if (this.tried < addresses.length) this.timer = setTimeout(this.tryNext, NEXT_AFTER_MS);
  };

  private win(socket: Socket): void {
    socket.removeAllListeners('error');
    this.underWay.delete(socket);
    this.end();
    destroyOnAbort(socket, this.race.signal);
    this.resolve(socket);
  }

  private lose(socket: Socket, error: Error): void {
    this.underWay.delete(socket);
    this.firstError ??= error;
    if (this.tried < this.race.addresses.length) return this.tryNext();
    if (this.underWay.size > 0) return;
    this.end();
    this.reject(this.firstError);
  }

  private readonly onAbort = (): void => {
    this.end();
    this.reject(reasonOf(this.race.signal));
  };

  private end(): void {
    clearTimeout(this.timer);
    this.race.signal.removeEventListener('abort', this.onAbort);
    for (const socket of this.underWay) {
      socket.removeAllListeners('error').on('error', ignore);
      socket.destroy();
    }
    this.underWay.clear();
  }
}

/** Whoever holds the socket, it is gone when the time is over. An error that nobody hears is no crash. */
export function destroyOnAbort(socket: Socket, signal: AbortSignal): void {
  const onAbort = () => socket.destroy(reasonOf(signal));
  socket.on('error', ignore);
  socket.once('close', () => signal.removeEventListener('abort', onAbort));
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
}

function ignore(): void {}
