import { Injectable } from '@nestjs/common';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';

const SECONDS = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/** The figures of checks, results and alerts. Labels are few: a type that this version does not know is `other`. */
@Injectable()
export class WorkerMetrics {
  readonly checks: Counter<'type' | 'found'>;
  readonly checkSeconds: Histogram<'type'>;
  readonly processesLost: Counter<'cause'>;
  readonly strikes: Counter;
  readonly lateness: Histogram;
  readonly dropped: Counter<'reason'>;
  readonly refused: Counter<'reason'>;
  readonly putOff: Counter<'code'>;
  readonly results: Counter<'status'>;
  readonly batchSize: Histogram;
  readonly batchSeconds: Histogram;
  readonly furtherLooks: Counter<'outcome'>;
  readonly alerts: Counter<'kind' | 'outcome'>;
  readonly alertsPending: Gauge;
  readonly pruned: Counter;
  readonly queries: Counter;

  constructor(private readonly registry: Registry) {
    const registers = [registry];
    const counter = <L extends string>(name: string, help: string, labelNames: L[] = []) =>
      new Counter({ name: `carillon_worker_${name}_total`, help, labelNames, registers });
    const histogram = <L extends string>(name: string, help: string, buckets: number[], labels: L[] = []) =>
      new Histogram({ name: `carillon_worker_${name}`, help, buckets, labelNames: labels, registers });
    this.checks = counter('checks', 'Checks that ended, by type and what they found', ['type', 'found']);
    this.checkSeconds = histogram('check_seconds', 'How long a check took', SECONDS, ['type']);
    this.processesLost = counter(
      'check_processes_lost',
      'Child processes of checks that ended unasked: start, crash, hang, memory',
      ['cause'],
    );
    this.strikes = counter('check_strikes', 'Checks that ended the child process in which they were alone');
    this.lateness = histogram('lateness_seconds', 'From the planned time of a tick to its check', SECONDS);
    this.dropped = counter('dropped', 'Tasks without a check: stale, paused, or their monitor is gone', [
      'reason',
    ]);
    this.refused = counter('refused', 'Tasks that are no health task, by what is wrong: type or payload', [
      'reason',
    ]);
    this.putOff = counter('put_off', 'Tasks put off to a later attempt, by error code', ['code']);
    this.results = counter('results', 'Results that are safe in the store, by status', ['status']);
    this.batchSize = histogram(
      'result_batch_size',
      'Results in one write',
      [1, 2, 5, 10, 20, 50, 100, 200, 500],
    );
    this.batchSeconds = histogram('result_write_seconds', 'How long one write of results took', SECONDS);
    this.furtherLooks = counter(
      'further_looks',
      'Looks at pending monitors before their next tick: OK, or an error code',
      ['outcome'],
    );
    this.alerts = counter(
      'alerts',
      'Attempts of alerts, by kind and outcome: sent, logged, retried, given_up',
      ['kind', 'outcome'],
    );
    this.alertsPending = new Gauge({
      name: 'carillon_worker_alerts_pending',
      help: 'Alerts that are still to be sent, of all processes, when it was last looked',
      registers,
    });
    this.pruned = counter('pruned_rows', 'Old results, rollups and alerts that were deleted');
    this.queries = counter('monitor_queries', 'Queries that loaded monitors into the cache');
  }

  /** Asked for whenever somebody looks. */
  watch(name: string, help: string, value: () => number): void {
    new Gauge({
      name: `carillon_worker_${name}`,
      help,
      registers: [this.registry],
      collect() {
        this.set(value());
      },
    });
  }

  watchIllnesses(names: readonly string[], isIll: (name: string) => boolean): void {
    new Gauge({
      name: 'carillon_worker_observer_ill',
      help: 'Whether this process cannot tell how targets are, by cause: 1 or 0',
      labelNames: ['cause'],
      registers: [this.registry],
      collect() {
        for (const cause of names) this.set({ cause }, isIll(cause) ? 1 : 0);
      },
    });
  }
}
