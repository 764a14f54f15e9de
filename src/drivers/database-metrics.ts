import { Counter, Gauge, type Metric, type Registry } from 'prom-client';

/** What a pool tells at each scrape. */
export interface DatabaseLook {
  /** Whether the database can be used, as far as is known. */
  isConnected: boolean;
  /** Connections: open; of these in somebody's hand; and who waits for one. */
  open: number;
  used: number;
  waiting: number;
}

/** What every database driver counts, as `carillon_database_…`; the help of each says what it is. */
export interface DatabaseMetrics {
  failed(kind: string): void;
  retried(): void;
  /** The pool is closed, and shown no more. */
  end(): void;
}

/** The pools that each registry shows. */
const pools = new WeakMap<Registry, Set<() => DatabaseLook>>();

/** Registers them, unless an earlier pool of this process did. */
export function databaseMetrics(registry: Registry, look: () => DatabaseLook): DatabaseMetrics {
  const shown = pools.get(registry) ?? new Set();
  pools.set(registry, shown.add(look));
  const registers = [registry];
  const once = <M extends Metric>(suffix: string, make: (name: string) => M): M => {
    const name = `carillon_database_${suffix}`;
    return (registry.getSingleMetric(name) as M | undefined) ?? make(name);
  };
  const gauge = (suffix: string, help: string, value: (looks: DatabaseLook[]) => number): void => {
    const collect = function (this: Gauge): void {
      this.set(value([...shown].map((one) => one())));
    };
    once(suffix, (name) => new Gauge({ name, help, registers, collect }));
  };
  const sum = (field: 'open' | 'used' | 'waiting') => (looks: DatabaseLook[]) =>
    looks.reduce((total, one) => total + one[field], 0);
  gauge('connected', 'Whether the database can be used.', (looks) =>
    Number(looks.length > 0 && looks.every(({ isConnected }) => isConnected)),
  );
  gauge('connections_open', 'Connections of the pool.', sum('open'));
  gauge('connections_in_use', 'Connections of the pool that somebody has in hand.', sum('used'));
  gauge('connections_waiting', 'Calls that wait for a connection of the pool.', sum('waiting'));
  const counter = (suffix: string, help: string, labelNames: string[] = []): Counter =>
    once(suffix, (name) => new Counter({ name, help, labelNames, registers }));
  const errors = counter(
    'errors_total',
    'What the database, or the way to it, refused or broke, by kind: see docs/operations.md.',
    ['kind'],
  );
  const retries = counter(
    'retries_total',
    'Writes that were run again, as another writer was in their way or the connection was stale.',
  );
  return {
    failed: (kind) => errors.inc({ kind }),
    retried: () => retries.inc(),
    end: () => void shown.delete(look),
  };
}
