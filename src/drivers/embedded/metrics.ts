import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

const COMMITS = 'carillon_embedded_commits_total';
const COMMIT_SECONDS = 'carillon_embedded_commit_seconds';
const PUBLISH_BUFFER_BYTES = 'carillon_embedded_publish_buffer_bytes';
const MESSAGES = 'carillon_embedded_messages';
const BUFFER_BYTES = 'carillon_embedded_buffer_bytes';

/** Notes how long a transaction of the worker took, in milliseconds. */
export function commitMetrics(registry: Registry): (commitMs: number) => void {
  forget(registry, COMMITS, COMMIT_SECONDS);
  const commits = new Counter({
    name: COMMITS,
    help: 'Transactions of the embedded file; many records share one.',
    registers: [registry],
  });
  const seconds = new Histogram({
    name: COMMIT_SECONDS,
    help: 'How long a transaction of the embedded file took, the fsync included.',
    buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5],
    registers: [registry],
  });
  return (commitMs) => {
    commits.inc();
    seconds.observe(commitMs / 1000);
  };
}

/** Shows what `bytes` answers whenever somebody looks. */
export function bufferMetric(registry: Registry, bytes: () => number): void {
  forget(registry, BUFFER_BYTES);
  new Gauge({
    name: BUFFER_BYTES,
    help: 'Bytes of records that wait for the disk.',
    registers: [registry],
    collect() {
      this.set(bytes());
    },
  });
}

/** Shows what the exchange holds whenever somebody looks; `count` that fails leaves the last figure. */
export function exchangeMetrics(
  registry: Registry,
  { bytes, count }: { bytes: () => number; count: () => Promise<number> },
): void {
  forget(registry, PUBLISH_BUFFER_BYTES, MESSAGES);
  new Gauge({
    name: PUBLISH_BUFFER_BYTES,
    help: 'Bytes of published messages that wait for the disk.',
    registers: [registry],
    collect() {
      this.set(bytes());
    },
  });
  new Gauge({
    name: MESSAGES,
    help: 'Messages in the queues of the embedded exchange, dead letters included.',
    registers: [registry],
    async collect() {
      await count().then(
        (messages) => this.set(messages),
        () => undefined,
      );
    },
  });
}

/** A folder that is opened a second time has its figures anew. */
function forget(registry: Registry, ...names: string[]): void {
  for (const name of names) registry.removeSingleMetric(name);
}
