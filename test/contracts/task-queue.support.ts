import { randomUUID } from 'node:crypto';
import type { Fence } from '../../src/ports/leader-lease.port.js';
import type {
  ActiveTask,
  NewTask,
  TaskQueue,
  TaskState,
  TaskVerdict,
  TaskView,
  TaskWorker,
  WorkOptions,
} from '../../src/ports/task-queue.port.js';
import { eventually } from '../support/eventually.js';

/** A lease that this process holds, until a test takes it away. */
export interface TestLease {
  fence: Fence;
  /** Somebody else holds it; this process has not heard of that: `fence.isHeld` stays true where the driver asks elsewhere. */
  lose(): Promise<void>;
}

/** What a suite is given: the queue that `open` opened, and names nobody used, for queues. */
export interface OpenTaskQueue {
  queue: TaskQueue;
  newName(): string;
  newLease(): Promise<TestLease>;
  /** Closes what was opened, the port included; harmless when that is closed already. */
  close(): Promise<void>;
}

/** What of the suite depends on how the driver was set up. */
export interface TaskQueueFacts {
  /** For one test. */
  timeoutMs: number;
  /** Something is expected within so many milliseconds. */
  patienceMs: number;
}

export const DONE: TaskVerdict = { kind: 'done' };
export const RETRY: TaskVerdict = { kind: 'retry', message: 'Das Ziel wollte nicht 📦.', delayMs: 1_000 };
export const ARCHIVE: TaskVerdict = { kind: 'archive', message: 'Das wird nie etwas.' };
/** Far beyond any test. */
export const HOUR = 3_600_000;

let count = 0;

/** A task unlike any other, unless `fields` say otherwise. */
export function task(queue: string, fields: Partial<NewTask> = {}): NewTask {
  count += 1;
  return {
    id: `${randomUUID()}:${1_750_000_000_000 + count}`,
    type: 'monitor:healthcheck',
    payload: Buffer.from(JSON.stringify({ n: count, text: 'größer 📦' })),
    queue,
    maxRetries: 3,
    timeoutMs: 60_000,
    retentionMs: 0,
    ...fields,
  };
}

export type Answer = (task: ActiveTask, signal: AbortSignal) => TaskVerdict | Promise<TaskVerdict>;

/** Notes what a worker is handed, and answers as the test says. */
export class Inbox {
  readonly got: ActiveTask[] = [];
  readonly signals: AbortSignal[] = [];
  inHand = 0;
  mostInHand = 0;

  constructor(
    private readonly patienceMs: number,
    private readonly answer: Answer = () => DONE,
  ) {}

  readonly handle = async (task: ActiveTask, signal: AbortSignal): Promise<TaskVerdict> => {
    this.got.push(task);
    this.signals.push(signal);
    this.inHand += 1;
    this.mostInHand = Math.max(this.mostInHand, this.inHand);
    try {
      return await this.answer(task, signal);
    } finally {
      this.inHand -= 1;
    }
  };

  get ids(): string[] {
    return this.got.map(({ id }) => id);
  }

  /** The tasks, as soon as there are so many, or more. */
  has(atLeast: number): Promise<ActiveTask[]> {
    return this.until(() => {
      if (this.got.length < atLeast) throw new Error(`${this.got.length} of ${atLeast} tasks came`);
      return this.got;
    });
  }

  until<T>(check: () => Promise<T> | T): Promise<T> {
    return eventually(check, this.patienceMs);
  }
}

/** A door that handlers wait at. */
export function gate() {
  let open!: () => void;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open };
}

/** A handler that works until it is told to give up. */
export function untilAborted(signal: AbortSignal): Promise<TaskVerdict> {
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(DONE), { once: true }));
}

export interface Working {
  worker: TaskWorker;
  inbox: Inbox;
}

/** What the parts of the suite work with: the queue, and workers that end with their test. */
export class Suite {
  private readonly running: TaskWorker[] = [];

  constructor(
    readonly opened: () => OpenTaskQueue,
    /** Another port; those that were opened before go on. */
    readonly open: () => Promise<OpenTaskQueue>,
    readonly facts: TaskQueueFacts,
  ) {}

  get queue(): TaskQueue {
    return this.opened().queue;
  }

  newName(): string {
    return this.opened().newName();
  }

  /** A worker of one queue, or of those of `options`. */
  work(name: string, answer?: Answer, options: Partial<WorkOptions> = {}, queue = this.queue): Working {
    const inbox = new Inbox(this.facts.patienceMs, answer);
    const worker = queue.work(
      { queues: { [name]: 1 }, strict: false, concurrency: 10, retryDelayMs: () => 1_000, ...options },
      inbox.handle,
    );
    this.running.push(worker);
    return { worker, inbox };
  }

  async stopAll(): Promise<void> {
    await Promise.all(this.running.splice(0).map((worker) => worker.stop(500)));
  }

  /** The task, as soon as it is in that state. */
  async becomes(name: string, id: string, state: TaskState): Promise<TaskView> {
    return eventually(async () => {
      const view = await this.queue.inspector.get(name, id);
      if (view.state !== state) throw new Error(`It is ${view.state}, not ${state}`);
      return view;
    }, this.facts.patienceMs);
  }

  /** Resolves when no task of that id lies there any more. */
  async isGone(name: string, id: string): Promise<void> {
    await eventually(
      () => expect(this.queue.inspector.get(name, id)).rejects.toMatchObject({ code: 'TASK_UNKNOWN' }),
      this.facts.patienceMs,
    );
  }

  async enqueue(...tasks: NewTask[]): Promise<void> {
    const results = await this.queue.enqueueMany(tasks);
    expect(new Set(results)).toEqual(new Set(['enqueued']));
  }

  /** A new task, in each of the states; an active one is in the hands of a worker that stops with the test. */
  async bring(state: TaskState, name: string, fields: Partial<NewTask> = {}): Promise<NewTask> {
    const one = task(name, { retentionMs: HOUR, ...fields });
    if (state === 'scheduled') await this.enqueue({ ...one, processAt: Date.now() + HOUR });
    else await this.enqueue(one);
    if (state === 'pending' || state === 'scheduled') return one;
    const answers: Record<string, Answer> = {
      active: (_task, signal) => untilAborted(signal),
      retry: () => ({ ...RETRY, delayMs: HOUR }) as TaskVerdict,
      archived: () => ARCHIVE,
      completed: () => ({ kind: 'done', result: Buffer.from('fertig') }),
    };
    const { worker } = this.work(name, answers[state]);
    await this.becomes(name, one.id, state);
    if (state !== 'active') await worker.stop(this.facts.patienceMs);
    return one;
  }
}
