import type { Provider } from '@nestjs/common';
import type { Logger } from 'pino';
import { Gauge, Registry } from 'prom-client';
import { AppError } from '../core/errors.js';
import { FailureLog } from '../core/failure-log.js';
import { startLoop } from '../core/loop.js';
import { TaskQueue } from '../ports/task-queue.port.js';
import { Lifecycle } from '../process/lifecycle.js';
import { PartHealth } from '../process/part-health.js';
import { LOGGER } from '../process/tokens.js';

const LOOK_MS = 5_000;
const GAUGE = 'carillon_task_queue_paused';

/** Tells of queues that somebody has paused: no check of theirs runs, and nothing else fails. */
class PausedQueues {
  private readonly logs = new Map<string, FailureLog>();
  private paused: string[] = [];

  constructor(
    private readonly queue: TaskQueue,
    private readonly health: PartHealth,
    private readonly lifecycle: Lifecycle,
    private readonly metrics: Registry,
    private readonly logger: Logger,
  ) {}

  /** Of the part's process; where another part of it does so already, nothing. */
  watch(part: string): void {
    if (this.metrics.getSingleMetric(GAUGE)) return;
    const gauge = new Gauge({
      name: GAUGE,
      help: '1 while a task queue is paused: none of its tasks begins.',
      labelNames: ['queue'],
      registers: [this.metrics],
    });
    this.health.watch(part, () => this.trouble, false);
    this.lifecycle.onStart(async () => {
      const loop = startLoop({
        name: 'paused-queues',
        everyMs: LOOK_MS,
        run: () => this.look(gauge),
        // That the queue does not answer is told by its port.
        onError: () => undefined,
      });
      this.lifecycle.stopping.addEventListener('abort', () => void loop.stop(), { once: true });
      return Promise.resolve();
    });
  }

  private get trouble(): AppError | null {
    const { paused } = this;
    if (paused.length === 0) return null;
    return new AppError('QUEUE_PAUSED', `Paused: ${paused.join(', ')}. ${ADVICE}`);
  }

  private async look(gauge: Gauge<'queue'>): Promise<void> {
    const queues = await this.queue.inspector.queues();
    this.paused = queues.flatMap(({ name, isPaused }) => (isPaused ? [name] : [])).sort();
    gauge.reset();
    for (const { name, isPaused } of queues) gauge.set({ queue: name }, Number(isPaused));
    for (const name of this.paused) this.logOf(name).failed('none of its tasks begins', ADVICE);
    for (const [name, log] of this.logs) if (!this.paused.includes(name)) log.succeeded();
  }

  private logOf(queue: string): FailureLog {
    const log =
      this.logs.get(queue) ??
      new FailureLog(this.logger, `Task queue ${queue} is paused`, () => performance.now(), 'warn');
    this.logs.set(queue, log);
    return log;
  }
}

/** For the module of a part that puts tasks into queues or takes them out. */
export function pausedQueues(part: string): Provider {
  return {
    provide: PausedQueues,
    inject: [TaskQueue, PartHealth, Lifecycle, Registry, LOGGER],
    useFactory: (...parts: ConstructorParameters<typeof PausedQueues>) => {
      const queues = new PausedQueues(...parts);
      queues.watch(part);
      return queues;
    },
  };
}

const ADVICE = 'POST /queues/<queue>/resume lets its tasks run.';
