import type { Fence } from '../../src/ports/leader-lease.port.js';
import { HOUR, task, type Suite } from './task-queue.support.js';

const LOST = { code: 'LEASE_LOST', retryable: false };
const INVALID = { code: 'VALIDATION_FAILED', retryable: false };
const MARK = 1_763_750_000_123;

/** What is written with a batch for the next leader. */
export function watermark(suite: Suite): void {
  const { facts } = suite;
  const mark = (fence: Fence) => suite.queue.watermark(fence);
  const lease = async () => suite.opened().newLease();
  const setTo = async (fence: Fence, value: number) => {
    expect(await suite.queue.enqueueMany([], fence, value)).toEqual([]);
    expect(await mark(fence)).toBe(value);
  };

  it(
    'is kept with the tasks, and stays until another one is written',
    async () => {
      const name = suite.newName();
      const { fence } = await lease();
      const one = task(name);
      expect(await suite.queue.enqueueMany([one], fence, MARK)).toEqual(['enqueued']);
      expect(await mark(fence)).toBe(MARK);
      expect(await suite.queue.enqueueMany([one], fence, MARK + 1)).toEqual(['duplicate-id']);
      expect(await mark(fence)).toBe(MARK + 1);
      await suite.queue.enqueueMany([task(name)], fence);
      await suite.enqueue(task(name));
      expect(await mark(fence)).toBe(MARK + 1);
    },
    facts.timeoutMs,
  );

  it(
    'can be written alone, also back to an earlier time, and to 0',
    async () => {
      const { fence } = await lease();
      for (const value of [MARK + 50, MARK, 0, 8.64e15]) await setTo(fence, value);
    },
    facts.timeoutMs,
  );

  it(
    'comes with more tasks than one step takes',
    async () => {
      const name = suite.newName();
      const { fence } = await lease();
      await setTo(fence, MARK);
      const tasks = Array.from({ length: 1_234 }, () => task(name));
      await suite.queue.enqueueMany(tasks, fence, MARK + 7);
      expect(await mark(fence)).toBe(MARK + 7);
      const views = await suite.queue.inspector.queues();
      expect(views.find((view) => view.name === name)?.counts.pending).toBe(1_234);
    },
    facts.timeoutMs,
  );

  it(
    'is one of each lease',
    async () => {
      const { fence } = await lease();
      await setTo(fence, MARK);
      const other = { ...fence, key: `${fence.key}-of-others` };
      expect(await mark(other)).toBeNull();
    },
    facts.timeoutMs,
  );

  it(
    'is never written by who does not lead, with tasks or alone',
    async () => {
      const name = suite.newName();
      const taken = await lease();
      const { fence } = taken;
      await setTo(fence, MARK);
      const over = { key: fence.key, holder: fence.holder, isHeld: false };
      await expect(suite.queue.enqueueMany([task(name)], over, MARK + 1)).rejects.toMatchObject(LOST);
      await expect(suite.queue.enqueueMany([], over, MARK + 1)).rejects.toMatchObject(LOST);
      await taken.lose();
      const late = Array.from({ length: 600 }, () => task(name, { processAt: Date.now() + HOUR }));
      await expect(suite.queue.enqueueMany(late, fence, MARK + 1)).rejects.toMatchObject(LOST);
      await expect(suite.queue.enqueueMany([], fence, MARK + 1)).rejects.toMatchObject(LOST);
      expect(await mark(fence)).toBe(MARK);
    },
    facts.timeoutMs,
  );

  it(
    'is not written where the tasks are refused',
    async () => {
      const { fence } = await lease();
      await setTo(fence, MARK);
      const wrong = [task(suite.newName(), { maxRetries: -1 })];
      await expect(suite.queue.enqueueMany(wrong, fence, MARK + 1)).rejects.toMatchObject(INVALID);
      expect(await mark(fence)).toBe(MARK);
    },
    facts.timeoutMs,
  );

  it(
    'is refused without a fence, and so are its tasks',
    async () => {
      const { fence } = await lease();
      await setTo(fence, MARK);
      const name = suite.newName();
      await expect(suite.queue.enqueueMany([task(name)], undefined, MARK + 1)).rejects.toMatchObject({
        ...INVALID,
        message: expect.stringContaining('fence'),
      });
      expect(await mark(fence)).toBe(MARK);
      const views = await suite.queue.inspector.queues();
      expect(views.map((view) => view.name)).not.toContain(name);
    },
    facts.timeoutMs,
  );

  it.each([-1, 0.5, NaN, Infinity, 8.64e15 + 1])(
    'is no moment as %p',
    async (value) => {
      const { fence } = await lease();
      await expect(suite.queue.enqueueMany([], fence, value)).rejects.toMatchObject({
        ...INVALID,
        message: expect.stringMatching(/^watermark must be whole milliseconds/),
      });
    },
    facts.timeoutMs,
  );
}
