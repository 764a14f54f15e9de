import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, expect } from '@jest/globals';
import { Redis } from 'ioredis';
import type { ServerTimes } from '../../../src/asynq/server/options.js';
import type { NewTask, TaskState } from '../../../src/ports/task-queue.port.js';
import { eventually } from '../../support/eventually.js';
import { startedRedis } from '../../support/servers/index.js';
import { goSide } from './go-side.js';
import { ourSide, type OurSide } from './our-side.js';
import { payloadOf, type Script } from './scripted-handler.js';
import type { FullState, Page, QueueFacts, Side, TaskFacts, Worker, WorkerOptions } from './side.js';

export type SideName = 'Go' | 'ours';
/** Who enqueues and who works: for `describe.each`. */
export const DIRECTIONS: [from: SideName, to: SideName][] = [
  ['Go', 'ours'],
  ['ours', 'Go'],
];
/** Who acts and who is acted upon, each alone too. */
export const PAIRS: [SideName, SideName][] = [['Go', 'Go'], ...DIRECTIONS, ['ours', 'ours']];

/** Both libraries on one Redis, for a suite's tests. */
export class Both {
  url = '';
  redis!: Redis;
  private sides!: { Go: Side; ours: OurSide };
  private readonly workers = new Set<Worker>();

  /** Call it in a `describe`. */
  static open(): Both {
    const both = new Both();
    beforeAll(async () => {
      both.url = (await startedRedis()).url;
      both.redis = new Redis(both.url);
      both.sides = { Go: goSide(both.url), ours: ourSide(both.url) };
    });
    afterEach(async () => {
      await Promise.all([...both.workers].map((worker) => worker.stop()));
      both.workers.clear();
    });
    afterAll(async () => {
      both.redis.disconnect();
      await Promise.all(Object.values(both.sides).map((side) => side.close()));
    });
    return both;
  }

  get ours(): OurSide {
    return this.sides.ours;
  }

  side(name: SideName): Side {
    return this.sides[name];
  }

  /** Ends with the test; `worker.stop` before that is the test's own affair. */
  async work(name: SideName, options: WorkerOptions): Promise<Worker> {
    return this.ending(await this.sides[name].work(options));
  }

  /** A worker of ours with other intervals. */
  async workWith(options: WorkerOptions, times: Partial<ServerTimes>): Promise<Worker> {
    return this.ending(await this.sides.ours.work(options, times));
  }

  private ending(worker: Worker): Worker {
    let stopped: Promise<void> | undefined;
    const once = { ...worker, stop: () => (stopped ??= worker.stop()) };
    this.workers.add(once);
    return once;
  }

  /** The task as both inspectors describe it, which must be the same; null when neither knows it. */
  async look(queue: string, id: string): Promise<TaskFacts | null> {
    const [byGo, byUs] = await Promise.all([
      this.sides.Go.inspector.task(queue, id),
      this.sides.ours.inspector.task(queue, id),
    ]);
    expect(byUs).toEqual(byGo);
    return byUs;
  }

  /** The task once it is in this state. */
  async seen(queue: string, id: string, state: FullState): Promise<TaskFacts> {
    const { inspector } = this.sides.Go;
    await eventually(async () => expect((await inspector.task(queue, id))?.state).toBe(state));
    return (await this.look(queue, id))!;
  }

  /** Once neither knows the task any more. */
  async gone(queue: string, id: string): Promise<void> {
    await eventually(async () => expect(await this.look(queue, id)).toBeNull());
  }

  /** A page as both inspectors list it, which must be the same. */
  async lookThrough(queue: string, state: TaskState, page: Page): Promise<TaskFacts[]> {
    const [byGo, byUs] = await Promise.all([
      this.sides.Go.inspector.list(queue, state, page),
      this.sides.ours.inspector.list(queue, state, page),
    ]);
    expect(byUs).toEqual(byGo);
    return byUs;
  }

  /** The queue as both inspectors describe it, which must be the same. */
  async lookAt(queue: string): Promise<QueueFacts> {
    const [byGo, byUs] = await Promise.all([
      this.sides.Go.inspector.queue(queue),
      this.sides.ours.inspector.queue(queue),
    ]);
    expect(byUs).toEqual(byGo);
    return byUs;
  }
}

/** A queue that no other test knows. */
export function newQueue(): string {
  return `conformance-${randomUUID().slice(0, 8)}`;
}

/** A task whose handler does what `script` says. */
export function scripted(queue: string, script: Script = {}, more: Partial<NewTask> = {}): NewTask {
  return {
    id: `${randomUUID()}:${Date.now()}`,
    type: 'monitor:healthcheck',
    payload: payloadOf(script),
    queue,
    maxRetries: 3,
    timeoutMs: 300_000,
    retentionMs: 0,
    ...more,
  };
}
