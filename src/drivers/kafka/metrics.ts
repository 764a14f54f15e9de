import { Counter, Gauge, Histogram, type Metric, type Registry } from 'prom-client';
import type { ReplaceReason } from './producer-slot.js';

/** What the producing side counts; see docs/operations.md. */
export interface ProducerMetrics {
  /** Begins an attempt; call the answer with how it ended. */
  sending(records: number): (outcome: 'written' | 'ambiguous' | 'refused' | 'unwritten') => void;
  retried(after: 'ambiguous' | 'unwritten'): void;
  replaced(reason: ReplaceReason): void;
}

const NAME = 'carillon_kafka';

/** Registers them, unless another log of this process did; `bufferBytes` is asked at each scrape. */
export function producerMetrics(registry: Registry, bufferBytes: () => number): ProducerMetrics {
  const once = <M extends Metric>(name: string, make: (name: string) => M) =>
    (registry.getSingleMetric(`${NAME}_${name}`) as M | undefined) ?? make(`${NAME}_${name}`);
  const registers = [registry];
  const seconds = once('send_seconds', (name) => {
    const help = 'How long one request to Kafka took, by what became of it.';
    const buckets = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15];
    return new Histogram({ name, help, buckets, labelNames: ['outcome'], registers });
  });
  const perRequest = once('request_records', (name) => {
    const help = 'Records in one request.';
    return new Histogram({ name, help, buckets: [1, 2, 5, 10, 25, 50, 100, 250, 500, 1000], registers });
  });
  const retries = once('retries_total', (name) => {
    const help = 'Requests that were sent again, by what was known of the attempt before.';
    return new Counter({ name, help, labelNames: ['after'], registers });
  });
  const replaced = once('producers_replaced_total', (name) => {
    const help = 'Producers that were given up for a new one, by reason.';
    return new Counter({ name, help, labelNames: ['reason'], registers });
  });
  once('buffer_bytes', (name) => {
    const help = 'Bytes of records that wait or are in flight.';
    const collect = function (this: Gauge): void {
      this.set(bufferBytes());
    };
    return new Gauge({ name, help, registers, collect });
  });
  return {
    sending: (records) => {
      perRequest.observe(records);
      const end = seconds.startTimer();
      return (outcome) => void end({ outcome });
    },
    retried: (after) => retries.inc({ after }),
    replaced: (reason) => replaced.inc({ reason }),
  };
}
