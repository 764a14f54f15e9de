import type { Logger } from 'pino';
import type { AppConfig } from '../../config/app-config.js';
import type { CheckDefinition } from '../../checks/define-check.js';
import { CheckProcesses } from '../../checks/isolation/check-processes.js';
import { openTargetNet } from '../../checks/targets/open-target-net.js';
import type { TargetNet } from '../../checks/targets/target-net.js';
import type { Clock } from '../../core/clock.js';
import { FailureLog } from '../../core/failure-log.js';
import type { HttpSender } from '../../core/http-sender.js';
import { Turns } from '../../core/turns.js';
import type { MonitorEvents } from '../../ports/monitor-events.port.js';
import type { MonitorStore, Push } from '../../ports/monitor-store.port.js';
import type { RecordLog } from '../../ports/record-log.port.js';
import type { TaskQueue } from '../../ports/task-queue.port.js';
import { AlertOutbox } from './alerts/alert-outbox.js';
import { openDelivery } from './alerts/open-delivery.js';
import { CheckRunner } from './check/check-runner.js';
import { HostTurns } from './check/host-turns.js';
import { HealthCheckService } from './health-check.service.js';
import { GroupLoader } from './monitors/group-loader.js';
import { MonitorCache } from './monitors/monitor-cache.js';
import { Observer } from './observer/observer.js';
import { ResultsWriter } from './results/results-writer.js';
import { Pruner } from './results/retention.js';
import { FurtherLooks } from './tasks/further-looks.js';
import { Rhythms } from './tasks/rhythm.js';
import type { WorkerMetrics } from './worker.metrics.js';

export interface WorkerContext {
  config: Pick<AppConfig, 'worker' | 'scheduler'>;
  ports: { store: MonitorStore; queue: TaskQueue; events: MonitorEvents; log: RecordLog | undefined };
  checks: ReadonlyMap<string, CheckDefinition>;
  sender: Pick<HttpSender, 'send'>;
  metrics: WorkerMetrics;
  logger: Logger;
  clock: Clock;
}

/** All that works on health tasks, put together; nothing has begun. */
export interface OpenWorker {
  health: HealthCheckService;
  monitors: MonitorCache;
  observer: Observer;
  results: ResultsWriter;
  further: FurtherLooks;
  outbox: AlertOutbox;
  processes: CheckProcesses;
  pruner: Pruner;
}

export function openWorker(context: WorkerContext): OpenWorker {
  const { config, ports, metrics, logger, clock } = context;
  const { store } = ports;
  const { worker: settings } = config;
  const onLoad = () => metrics.queries.inc();
  const monitors = new MonitorCache({ get: (ids) => store.get(ids), clock, onLoad });
  const observer = new Observer(settings.eventLoopLateMs, clock);
  const rhythms = new Rhythms(config.scheduler.timezone);
  const outbox = new AlertOutbox(
    { store, monitorOf: (id) => monitors.get(id), delivery: openDelivery(context), metrics, clock },
    logger,
  );
  const results = openResults(context, outbox);
  const further = openFurther(context, rhythms);
  const net = openTargetNet(settings.targets);
  const processes = openProcesses(context, net);
  const runner = openRunner(context, { net, observer, processes });
  const health = new HealthCheckService(
    { monitors, runner, results, further, rhythms, metrics, clock },
    settings,
  );
  const onPruned = (rows: number) => metrics.pruned.inc(rows);
  const pruner = new Pruner({ store, settings, clock, onPruned }, logger);
  return { health, monitors, observer, results, further, outbox, processes, pruner };
}

function openResults({ ports, metrics, logger, clock }: WorkerContext, outbox: AlertOutbox): ResultsWriter {
  return new ResultsWriter({
    record: (results, judge) => ports.store.record(results, judge),
    clock,
    failures: new FailureLog(logger, 'Results cannot be written; they wait', () => clock.now()),
    onWritten: ({ size, alerts, ms }) => {
      metrics.batchSize.observe(size);
      metrics.batchSeconds.observe(ms / 1000);
      if (alerts > 0) outbox.wake();
    },
  });
}

function openFurther(
  { config, ports, metrics, logger, clock }: WorkerContext,
  rhythms: Rhythms,
): FurtherLooks {
  const what = 'Further looks at pending monitors cannot be enqueued; their next ticks come all the same';
  return new FurtherLooks({
    queue: ports.queue,
    rhythms,
    task: config.scheduler.task,
    failures: new FailureLog(logger, what, () => clock.now(), 'warn'),
    onEnd: (outcome, tasks) => metrics.furtherLooks.inc({ outcome }, tasks),
  });
}

function openProcesses({ config, metrics, logger, clock }: WorkerContext, net: TargetNet): CheckProcesses {
  const { processes, eventLoopLateMs } = config.worker;
  return new CheckProcesses({
    processes: processes.count,
    memoryMb: processes.memoryMb,
    environment: processes.environment,
    lateMs: eventLoopLateMs,
    net,
    logger,
    clock,
    onLost: (cause) => metrics.processesLost.inc({ cause }),
    onStrike: () => metrics.strikes.inc(),
  });
}

interface Ways {
  net: TargetNet;
  observer: Observer;
  processes: CheckProcesses;
}

function openRunner(
  { config, ports, checks, clock }: WorkerContext,
  { net, observer, processes }: Ways,
): CheckRunner {
  const { concurrency, perHost } = config.worker;
  const load = (ids: readonly string[]) => ports.store.pushes(ids);
  const pushes = new GroupLoader<Push>({ load, lingerMs: 3, most: 500, clock });
  return new CheckRunner({
    checks,
    net,
    runIsolated: (...given) => processes.run(...given),
    observer,
    lastPush: (id) => pushes.get(id),
    hosts: new HostTurns({ perHost, mostWaiting: concurrency, clock }),
    turns: new Turns(concurrency),
    clock,
  });
}
