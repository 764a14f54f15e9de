import type { Histogram, Registry } from 'prom-client';

const BOUNDS = [0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.25, 0.5, 1, 5, 30, 300];

/** A histogram for Prometheus as prom-client's are, in seconds, that takes many of one value at once: ticks come in batches. */
export class LatenessHistogram {
  readonly type = 'histogram';
  readonly aggregator = 'sum';
  readonly help = 'From the planned time of a tick to the queue’s answer';
  /** By bound; the last is of those beyond all bounds. */
  private readonly counts = new Float64Array(BOUNDS.length + 1);
  private sum = 0;

  constructor(
    readonly name: string,
    registry: Registry,
  ) {
    // A registry asks nothing else of a metric; prom-client's type lists its own classes alone.
    registry.registerMetric(this as unknown as Histogram);
  }

  /** @param seconds of each of `count` ticks */
  observe(seconds: number, count: number): void {
    let bucket = 0;
    while (bucket < BOUNDS.length && seconds > BOUNDS[bucket]!) bucket += 1;
    this.counts[bucket]! += count;
    this.sum += seconds * count;
  }

  /** As a registry reads it. */
  get(): Promise<object> {
    const { name, help, type, aggregator, sum } = this;
    let below = 0;
    const values: object[] = [];
    for (const [bucket, count] of this.counts.entries()) {
      below += count;
      values.push({ metricName: `${name}_bucket`, labels: { le: BOUNDS[bucket] ?? '+Inf' }, value: below });
    }
    values.push({ metricName: `${name}_sum`, labels: {}, value: sum });
    values.push({ metricName: `${name}_count`, labels: {}, value: below });
    return Promise.resolve({ name, help, type, aggregator, values });
  }

  reset(): void {
    this.counts.fill(0);
    this.sum = 0;
  }
}
