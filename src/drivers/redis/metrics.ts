import { Counter, Gauge, type Metric, type Registry } from 'prom-client';
import type { FailureKind } from './meanings.js';

type Source = () => ConnectionState[];

/** The links that each registry shows. */
const sources = new WeakMap<Registry, Set<Source>>();

/** What the driver counts, as `carillon_redis_…`; the help of each says what it is. */
export interface RedisMetrics {
  connected(connection: string): void;
  failed(kind: FailureKind): void;
  /** The link is closed: its connections are shown no more. */
  end(): void;
}

export interface ConnectionState {
  name: string;
  isReady: boolean;
}

const NAME = 'carillon_redis';

/** Registers them, unless an earlier link of this process did; `connections` is asked at each scrape. */
export function redisMetrics(registry: Registry, connections: Source): RedisMetrics {
  const shown = sources.get(registry) ?? new Set();
  sources.set(registry, shown.add(connections));
  const once = <M extends Metric>(name: string, make: (name: string) => M) =>
    (registry.getSingleMetric(`${NAME}_${name}`) as M | undefined) ?? make(`${NAME}_${name}`);
  const registers = [registry];
  once('connected', (name) => {
    const help = 'Whether the connection is open, and the server one that can be used.';
    const collect = function (this: Gauge): void {
      this.reset();
      for (const { name, isReady } of [...shown].flatMap((source) => source()))
        this.set({ connection: name }, isReady ? 1 : 0);
    };
    return new Gauge({ name, help, labelNames: ['connection'], registers, collect });
  });
  const connects = once('connects_total', (name) => {
    const help = 'Connections that were opened; more than one each are reconnects.';
    return new Counter({ name, help, labelNames: ['connection'], registers });
  });
  const errors = once('errors_total', (name) => {
    const help = 'Failures of connections and refused commands, by kind: see docs/operations.md.';
    return new Counter({ name, help, labelNames: ['kind'], registers });
  });
  return {
    connected: (connection) => connects.inc({ connection }),
    failed: (kind) => errors.inc({ kind }),
    end: () => void shown.delete(connections),
  };
}
