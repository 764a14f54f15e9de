import type { Server, Socket } from 'node:net';
import type { Logger } from 'pino';
import { Counter, Gauge, type Registry } from 'prom-client';
import type { HttpSettings } from '../config/app-config.js';
import { AppError } from '../core/errors.js';
import { FailureLog } from '../core/failure-log.js';
import { bareAnswer } from './secured-response.js';
import { isLoopback } from './guard-host.js';

type Limits = Pick<HttpSettings, 'maxConnections' | 'maxConnectionsPerAddress'>;

/** How many refused connections are told why at once; further ones are closed without a word. */
const MOST_TOLD = 64;
/** What a refused client has to read its answer, milliseconds. */
const TELL_MS = 1000;
/** Refusals are over when none came for so long, milliseconds. */
const CALM_MS = 10_000;

/** Bounds the open connections, in all and of each address but loopback. What is beyond gets 503, or is closed. */
export function limitConnections(server: Server, limits: Limits, logger: Logger, metrics: Registry): void {
  // The HTTP server must not see a refused connection: it would serve the request that comes on it.
  const serve = server.listeners('connection') as ((socket: Socket) => void)[];
  const connections = new Connections(limits, new RefusalLog(logger), metrics);
  server.removeAllListeners('connection');
  server.on('connection', (socket: Socket) => {
    if (!connections.admit(socket)) return;
    for (const listener of serve) listener.call(server, socket);
  });
}

class Connections {
  private readonly byAddress = new Map<string, number>();
  private open = 0;
  private told = 0;
  private readonly gauge: Gauge;
  private readonly refused: Counter<'limit'>;

  constructor(
    private readonly limits: Limits,
    private readonly log: RefusalLog,
    metrics: Registry,
  ) {
    this.gauge = new Gauge({
      name: 'carillon_http_connections',
      help: 'Open HTTP connections',
      registers: [metrics],
    });
    this.refused = new Counter({
      name: 'carillon_http_connections_refused_total',
      help: 'HTTP connections that were refused, by the limit that was reached: all, address',
      labelNames: ['limit'],
      registers: [metrics],
    });
  }

  /** Whether the connection may stay; one that may not is answered and closed here. */
  admit(socket: Socket): boolean {
    const address = clientOf(socket.remoteAddress);
    const ofAddress = address === null ? 0 : (this.byAddress.get(address) ?? 0);
    if (this.open >= this.limits.maxConnections) {
      this.refuse(socket, 'all', `${this.open} are open (HTTP_MAX_CONNECTIONS)`);
      return false;
    }
    if (address !== null && ofAddress >= this.limits.maxConnectionsPerAddress) {
      this.refuse(socket, 'address', `${address} has ${ofAddress} (HTTP_MAX_CONNECTIONS_PER_ADDRESS)`);
      return false;
    }
    this.count(address, 1);
    socket.once('close', () => this.count(address, -1));
    return true;
  }

  private count(address: string | null, change: 1 | -1): void {
    this.gauge.set((this.open += change));
    if (address === null) return;
    const count = (this.byAddress.get(address) ?? 0) + change;
    if (count > 0) this.byAddress.set(address, count);
    else this.byAddress.delete(address);
  }

  private refuse(socket: Socket, limit: 'all' | 'address', reason: string): void {
    this.refused.inc({ limit });
    this.log.refused(reason);
    socket.on('error', () => socket.destroy());
    if (this.told >= MOST_TOLD) return void socket.destroy();
    this.told += 1;
    const timer = setTimeout(() => socket.destroy(), TELL_MS).unref();
    socket.once('close', () => {
      this.told -= 1;
      clearTimeout(timer);
    });
    // What the client sends is read and thrown away: closed with unread bytes, it would be reset and lose the answer.
    socket.resume().end(REFUSAL);
  }
}

const REFUSAL = bareAnswer(
  new AppError(
    'CONNECTIONS_FULL',
    'Too many connections are open (HTTP_MAX_CONNECTIONS, HTTP_MAX_CONNECTIONS_PER_ADDRESS).',
  ),
  { 'retry-after': '1' },
);

/** A line when refusals begin, once a minute, and when they are over. */
class RefusalLog {
  private readonly log: FailureLog;
  private timer: NodeJS.Timeout | undefined;
  private last = 0;

  constructor(logger: Logger) {
    this.log = new FailureLog(logger, 'HTTP connections are refused', Date.now, 'warn');
  }

  refused(reason: string): void {
    this.last = performance.now();
    this.log.failed(reason);
    this.timer ??= setInterval(() => this.look(), CALM_MS / 4).unref();
  }

  private look(): void {
    if (performance.now() - this.last < CALM_MS) return;
    this.log.succeeded();
    clearInterval(this.timer);
    this.timer = undefined;
  }
}

/** What one client is counted by: an IPv4 address, or the /64 of an IPv6 one; null for loopback. */
export function clientOf(address = ''): string | null {
  const plain = address.toLowerCase().replace(/^::ffff:(?=\d+\.)/, '');
  if (plain === '' || isLoopback(plain)) return null;
  if (!plain.includes(':')) return plain;
  const [head = '', tail] = plain.replace(/%.*$/, '').split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail ? tail.split(':') : [];
  const zeros = Array<string>(Math.max(0, 8 - left.length - right.length)).fill('0');
  const groups = tail === undefined ? left : [...left, ...zeros, ...right];
  return `${groups.slice(0, 4).join(':')}::/64`;
}
