import { pino } from 'pino';
import { Registry } from 'prom-client';
import type { Clock } from '../../../src/core/clock.js';
import { systemClock } from '../../../src/core/clock.js';
import { EmbeddedTaskQueue } from '../../../src/drivers/embedded/task-queue/embedded-task-queue.js';
import { taskMetrics } from '../../../src/drivers/task-metrics.js';
import { eventually } from '../../support/eventually.js';
import { ManualClock } from '../../support/manual-clock.js';
import { ARCHIVE, HOUR, Inbox, task, untilAborted } from '../../contracts/task-queue.support.js';

const DAY = 24 * HOUR;
const START = Date.UTC(2026, 0, 1, 12);

function openQueue(clock: Clock, { tasks = 1_000, bytes = 1_000_000 } = {}) {
  const said: string[] = [];
  const write = (line: string) => void said.push((JSON.parse(line) as { msg: string }).msg);
  const registry = new Registry();
  const queue = new EmbeddedTaskQueue({
    bounds: { tasks, bytes },
    clock,
    metrics: taskMetrics(registry),
    logger: pino({}, { write }),
  });
  return { queue, said, registry };
}

const work = (queue: EmbeddedTaskQueue, inbox: Inbox, concurrency = 10) =>
  queue.work({ queues: { q: 1 }, strict: false, concurrency, retryDelayMs: () => HOUR }, inbox.handle);
const stateOf = async (queue: EmbeddedTaskQueue, id: string) => (await queue.inspector.get('q', id)).state;

describe('the bounds of the embedded queue', () => {
  it('refuse a whole call that has no room, and say which variable to raise', async () => {
    const { queue, said, registry } = openQueue(systemClock, { tasks: 5 });
    const lying = [task('q'), task('q'), task('q', { processAt: Date.now() + HOUR })];
    await queue.enqueueMany(lying);
    const fresh = [task('q'), task('q'), task('q')];
    const fence = { key: 'lease', holder: 'host:1:a', isHeld: true };
    await expect(queue.enqueueMany(fresh, fence, 5)).rejects.toMatchObject({
      code: 'STORAGE_FULL',
      retryable: true,
      message: expect.stringContaining('EMBEDDED_QUEUE_TASKS (5)'),
    });
    expect((await queue.inspector.queues())[0]!.counts).toMatchObject({ pending: 2, scheduled: 1 });
    expect(await queue.watermark(fence)).toBeNull();
    expect(await queue.enqueueMany([...lying, fresh[0]!, fresh[1]!])).toEqual([
      ...Array.from({ length: 3 }, () => 'duplicate-id'),
      'enqueued',
      'enqueued',
    ]);
    await queue.inspector.delete('q', lying[2]!.id);
    expect(await queue.enqueueMany([fresh[2]!])).toEqual(['enqueued']);
    expect(said.filter((line) => line.startsWith('The embedded queue refuses tasks'))).toHaveLength(2);
    const text = await registry.metrics();
    expect(text).toContain('carillon_tasks_enqueued_total{queue="q",result="STORAGE_FULL"} 3');
    expect(text).toContain('carillon_tasks_enqueued_total{queue="q",result="duplicate-id"} 3');
    expect(text).toContain('carillon_tasks_enqueued_total{queue="q",result="enqueued"} 6');
    await queue.close(0);
  });

  it('hold for bytes too, results included', async () => {
    const { queue } = openQueue(systemClock, { bytes: 100_000 });
    const payload = Buffer.alloc(40_000);
    const inbox = new Inbox(5_000, () => ({ kind: 'done', result: Buffer.alloc(50_000) }));
    const worker = work(queue, inbox);
    const one = task('q', { payload, retentionMs: HOUR });
    await queue.enqueueMany([one]);
    await eventually(async () => expect(await stateOf(queue, one.id)).toBe('completed'));
    await worker.stop(0);
    await expect(queue.enqueueMany([task('q', { payload })])).rejects.toMatchObject({ code: 'STORAGE_FULL' });
    await queue.inspector.delete('q', one.id);
    expect(await queue.enqueueMany([task('q', { payload }), task('q', { payload })])).toEqual([
      'enqueued',
      'enqueued',
    ]);
    await queue.close(0);
  });
});

describe('time in the embedded queue', () => {
  it('starts what is scheduled at its moment, also when the wall clock is set ahead', async () => {
    const clock = new ManualClock(START);
    const { queue } = openQueue(clock);
    const [first, second] = [
      task('q', { processAt: START + 10_000 }),
      task('q', { processAt: START + 3_600_000 }),
    ];
    await queue.enqueueMany([first, second]);
    await clock.advance(9_999);
    expect(await stateOf(queue, first.id)).toBe('scheduled');
    await clock.advance(1);
    expect(await stateOf(queue, first.id)).toBe('pending');
    clock.stepWall(HOUR);
    await clock.advance(1_000);
    expect(await stateOf(queue, second.id)).toBe('pending');
    await queue.close(0);
  });

  it('ends an attempt after its own time, however the wall clock is set', async () => {
    const clock = new ManualClock(START);
    const { queue } = openQueue(clock);
    const inbox = new Inbox(5_000, (_task, signal) => untilAborted(signal));
    work(queue, inbox);
    const one = task('q', { timeoutMs: 5_000 });
    await queue.enqueueMany([one]);
    const [got] = await inbox.has(1);
    expect(got!.deadline).toBe(START + 5_000);
    clock.stepWall(-DAY);
    await clock.advance(4_999);
    expect(inbox.signals[0]!.aborted).toBe(false);
    await clock.advance(1);
    expect(inbox.signals[0]!.aborted).toBe(true);
    expect(await stateOf(queue, one.id)).toBe('retry');
    await queue.close(0);
  });

  it('keeps the archive for 90 days, and the last 10,000 of it', async () => {
    const clock = new ManualClock(START);
    const { queue } = openQueue(clock, { tasks: 100_000, bytes: 100_000_000 });
    const inbox = new Inbox(5_000, () => ARCHIVE);
    work(queue, inbox, 1_000);
    const tasks = Array.from({ length: 10_002 }, () => task('q'));
    await queue.enqueueMany(tasks);
    await inbox.has(10_002);
    const archived = async () => (await queue.inspector.queues())[0]!.counts.archived;
    expect(await archived()).toBe(10_000);
    await expect(queue.inspector.get('q', tasks[1]!.id)).rejects.toMatchObject({ code: 'TASK_UNKNOWN' });
    expect(await stateOf(queue, tasks[2]!.id)).toBe('archived');
    clock.stepWall(90 * DAY - 1);
    await clock.advance(0);
    expect(await archived()).toBe(10_000);
    await clock.advance(2_000);
    await eventually(async () => {
      await clock.advance(1_000);
      expect(await archived()).toBe(0);
    });
    await queue.close(0);
  });

  it('counts by the day of UTC', async () => {
    const clock = new ManualClock(START);
    const { queue } = openQueue(clock);
    const inbox: Inbox = new Inbox(5_000, () => (inbox.got.length % 2 === 0 ? ARCHIVE : { kind: 'done' }));
    work(queue, inbox);
    const figures = async () => (await queue.inspector.queues())[0]!;
    await queue.enqueueMany([task('q'), task('q'), task('q')]);
    await inbox.has(3);
    expect(await figures()).toMatchObject({ processed: 3, failed: 1, processedToday: 3, failedToday: 1 });
    clock.stepWall(12 * HOUR);
    expect(await figures()).toMatchObject({ processed: 3, failed: 1, processedToday: 0, failedToday: 0 });
    await queue.enqueueMany([task('q')]);
    await inbox.has(4);
    expect(await figures()).toMatchObject({ processed: 4, failed: 2, processedToday: 1, failedToday: 1 });
    await queue.close(0);
  });
});

describe('a worker of the embedded queue', () => {
  it('leaves the event loop to others while it has much to do', async () => {
    const { queue } = openQueue(systemClock, { tasks: 20_000, bytes: 100_000_000 });
    const inbox = new Inbox(10_000);
    await queue.enqueueMany(Array.from({ length: 10_000 }, () => task('q')));
    work(queue, inbox, 10);
    let turns = 0;
    while (inbox.got.length < 10_000) {
      await new Promise((resolve) => setImmediate(resolve));
      turns += 1;
    }
    // Ten a turn, as many as there are places.
    expect(turns).toBeGreaterThanOrEqual(1_000);
    await queue.close(0);
  });

  it('keeps the place of a handler that ignores its signal until that returns', async () => {
    const { queue } = openQueue(systemClock);
    let release!: () => void;
    const stuck = new Promise<void>((resolve) => (release = resolve));
    const inbox: Inbox = new Inbox(5_000, async () => {
      if (inbox.got.length === 1) await stuck;
      return { kind: 'done' };
    });
    const worker = work(queue, inbox, 1);
    const [first, second] = [task('q', { timeoutMs: 50 }), task('q')];
    await queue.enqueueMany([first, second]);
    await eventually(async () => expect(await stateOf(queue, first.id)).toBe('retry'));
    expect(worker.inHand).toBe(1);
    expect(await stateOf(queue, second.id)).toBe('pending');
    release();
    await inbox.has(2);
    expect(await stateOf(queue, first.id)).toBe('retry');
    await queue.close(0);
  });

  it('survives a handler without a verdict and a retry delay that is none', async () => {
    const { queue } = openQueue(systemClock);
    const handle = () => Promise.resolve(undefined as never);
    const retryDelayMs = () => {
      throw new Error('no delay');
    };
    queue.work({ queues: { q: 1 }, strict: false, concurrency: 1, retryDelayMs }, handle);
    const one = task('q');
    await queue.enqueueMany([one]);
    await eventually(async () => expect(await stateOf(queue, one.id)).toBe('retry'));
    const { nextAt } = await queue.inspector.get('q', one.id);
    expect(nextAt).toBeGreaterThan(Date.now() + 50_000);
    await queue.close(0);
  });

  it('says at the end how many tasks are gone with the process', async () => {
    const { queue, said } = openQueue(systemClock);
    await queue.enqueueMany([task('q'), task('q', { processAt: Date.now() + HOUR })]);
    expect(await queue.close(0)).toBeNull();
    expect(said).toEqual(['2 tasks of the embedded queue are gone with this process.']);
  });
});
