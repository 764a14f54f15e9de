import { Counter, Gauge, type Metric, type Registry } from 'prom-client';
import type { EnqueueResult, NewTask } from '../ports/task-queue.port.js';

/**
 * What became of an attempt. `spared`: to be tried again, and no failure. `put-back`: the worker stopped. `lost`: its
 * lease ran out, and another worker hands the task out again.
 */
export type AttemptEnd = 'done' | 'retried' | 'spared' | 'archived' | 'put-back' | 'lost';

/** What every TaskQueue driver counts; the help of each says what it is. */
export interface TaskMetrics {
  enqueued(tasks: readonly NewTask[], results: readonly EnqueueResult[]): void;
  /** The whole call failed, with an error's code. */
  refused(tasks: readonly NewTask[], code: string): void;
  ended(queue: string, end: AttemptEnd): void;
  damaged(queue: string): void;
  /** Another worker's task was found after its lease. */
  recovered(queue: string): void;
  /** A background activity failed, such as `fetch`. */
  failed(activity: string): void;
  /** How many tasks are in hand, asked at each scrape. */
  watch(inHand: () => number): void;
}

const HELP = {
  processed: 'Attempts that ended.',
  failed: 'Attempts that failed.',
  retried: 'Attempts after which the task is to be tried again.',
  archived: 'Tasks that were given up after a failed attempt.',
  put_back: 'Attempts that were broken off because the worker stopped.',
  lost: 'Attempts whose lease ran out before their end was written: the task is handed out again.',
  recovered: 'Tasks of workers that had died, found after their lease.',
  damaged: 'Tasks that cannot be read; they are taken out of the way.',
};
type CounterName = keyof typeof HELP;

const COUNTED: Record<AttemptEnd, CounterName[]> = {
  done: ['processed'],
  retried: ['processed', 'failed', 'retried'],
  spared: ['retried'],
  archived: ['processed', 'failed', 'archived'],
  'put-back': ['put_back'],
  lost: ['lost'],
};

/** Registers them, unless another queue of this process did. */
export function taskMetrics(registry: Registry): TaskMetrics {
  const of = Object.fromEntries(
    Object.entries(HELP).map(([name, help]) => [
      name,
      counter(registry, `carillon_tasks_${name}_total`, help, ['queue']),
    ]),
  ) as Record<CounterName, Counter<'queue'>>;
  const enqueued = counter(
    registry,
    'carillon_tasks_enqueued_total',
    'Tasks that were to be enqueued, by what became of them: enqueued, duplicate-id, not-unique, or an error’s code.',
    ['queue', 'result'],
  );
  const help = 'Failures of the activities of a worker and of looking at queues; each goes on by itself.';
  const errors = counter(registry, 'carillon_task_queue_errors_total', help, ['activity']);
  const addAll = (sums: Iterable<[string, string, number]>) => {
    for (const [queue, result, n] of sums) enqueued.inc({ queue, result }, n);
  };
  return {
    enqueued: (tasks, results) => addAll(sumsOf(tasks, (i) => results[i]!)),
    refused: (tasks, code) => addAll(sumsOf(tasks, () => code)),
    ended: (queue, end) => COUNTED[end].forEach((name) => of[name].inc({ queue })),
    damaged: (queue) => of.damaged.inc({ queue }),
    recovered: (queue) => of.recovered.inc({ queue }),
    failed: (activity) => errors.inc({ activity }),
    watch: (inHand) => watchInHand(registry, inHand),
  };
}

function counter<L extends string>(registry: Registry, name: string, help: string, labelNames: L[]) {
  const known: Metric | undefined = registry.getSingleMetric(name);
  return (known as Counter<L> | undefined) ?? new Counter({ name, help, labelNames, registers: [registry] });
}

/** A queue that is opened a second time has its figure anew. */
function watchInHand(registry: Registry, inHand: () => number): void {
  const name = 'carillon_tasks_in_hand';
  registry.removeSingleMetric(name);
  const collect = function (this: Gauge): void {
    this.set(inHand());
  };
  new Gauge({ name, help: 'Tasks that handlers are at.', registers: [registry], collect });
}

/** One sum for each queue and result, not for each task. */
function* sumsOf(
  tasks: readonly NewTask[],
  resultOf: (index: number) => string,
): Generator<[queue: string, result: string, count: number]> {
  const sums = new Map<string, Map<string, number>>();
  tasks.forEach(({ queue }, i) => {
    const result = resultOf(i);
    let results = sums.get(queue);
    if (!results) sums.set(queue, (results = new Map<string, number>()));
    results.set(result, (results.get(result) ?? 0) + 1);
  });
  for (const [queue, results] of sums) for (const [result, n] of results) yield [queue, result, n];
}
