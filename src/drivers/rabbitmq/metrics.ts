import { Counter, Gauge, type Metric, type Registry } from 'prom-client';

/** What the driver counts, as `carillon_rabbitmq_…`; the help of each says what it is. */
export interface RabbitmqMetrics {
  connected(connection: string): void;
  /** `code` is `ok`, or the error's. */
  published(code: string): void;
}

export interface LinkState {
  name: string;
  connected: boolean;
  blocked: boolean;
}

const NAME = 'carillon_rabbitmq';

/** Registers them, unless another exchange of this process did; `links` is asked at each scrape. */
export function rabbitmqMetrics(registry: Registry, links: () => LinkState[]): RabbitmqMetrics {
  const once = <M extends Metric>(name: string, make: (name: string) => M) =>
    (registry.getSingleMetric(`${NAME}_${name}`) as M | undefined) ?? make(`${NAME}_${name}`);
  const registers = [registry];
  const gauge = (name: string, help: string, value: (link: LinkState) => boolean) =>
    once(name, (full) => {
      const collect = function (this: Gauge): void {
        for (const link of links()) this.set({ connection: link.name }, value(link) ? 1 : 0);
      };
      return new Gauge({ name: full, help, labelNames: ['connection'], registers, collect });
    });
  gauge('connected', 'Whether the connection is open.', ({ connected }) => connected);
  gauge('blocked', 'Whether the broker takes nothing (memory or disk alarm).', ({ blocked }) => blocked);
  const connects = once('connects_total', (name) => {
    const help = 'Connections that were opened; more than one each are reconnects.';
    return new Counter({ name, help, labelNames: ['connection'], registers });
  });
  const publishes = once('publishes_total', (name) => {
    const help = 'Messages published, by what became of them.';
    return new Counter({ name, help, labelNames: ['code'], registers });
  });
  return {
    connected: (connection) => connects.inc({ connection }),
    published: (code) => publishes.inc({ code }),
  };
}
