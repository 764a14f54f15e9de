import { enqueueing } from './task-queue.enqueueing.js';
import { inspecting } from './task-queue.inspecting.js';
import { mending } from './task-queue.mending.js';
import { retrying } from './task-queue.retrying.js';
import { stopping } from './task-queue.stopping.js';
import { unique } from './task-queue.unique.js';
import { watermark } from './task-queue.watermark.js';
import { working } from './task-queue.working.js';
import { Suite, task, type OpenTaskQueue, type TaskQueueFacts } from './task-queue.support.js';

const DEFAULTS: TaskQueueFacts = { timeoutMs: 60_000, patienceMs: 20_000 };

/**
 * The promises of TaskQueue as tests; every driver runs them.
 *
 * `open` may be called several times, also while an earlier port is open. Every test uses queues of its own. A driver
 * that looks for due tasks only now and then should be opened so that it does so each second.
 */
export function describeTaskQueue(
  driver: string,
  open: () => Promise<OpenTaskQueue>,
  options: Partial<TaskQueueFacts> = {},
): void {
  const facts = { ...DEFAULTS, ...options };

  describe(`TaskQueue (${driver})`, () => {
    let shared: OpenTaskQueue;
    const suite = new Suite(() => shared, open, facts);
    beforeAll(async () => {
      shared = await open();
    }, facts.timeoutMs);
    afterEach(() => suite.stopAll(), facts.timeoutMs);
    afterAll(() => shared.close(), facts.timeoutMs);

    describe('as a port', () => asPort(driver, suite));
    describe('enqueueing', () => enqueueing(suite));
    describe('the watermark', () => watermark(suite));
    describe('unique tasks', () => unique(suite));
    describe('working', () => working(suite));
    describe('retrying', () => retrying(suite));
    describe('inspecting', () => inspecting(suite));
    describe('mending by hand', () => mending(suite));
    describe('stopping', () => stopping(suite));
  });
}

function asPort(driver: string, suite: Suite): void {
  it(
    'names its driver, answers a ping, and says how its workers are',
    async () => {
      expect(suite.queue.driver).toBe(driver);
      await expect(suite.queue.ping()).resolves.toBeUndefined();
      const name = suite.newName();
      const { worker, inbox } = suite.work(name);
      await suite.enqueue(task(name));
      await inbox.has(1);
      await inbox.until(() => expect(worker).toMatchObject({ inHand: 0, trouble: null }));
    },
    suite.facts.timeoutMs,
  );
}
