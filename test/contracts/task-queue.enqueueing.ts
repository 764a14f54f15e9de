import { setTimeout as delay } from 'node:timers/promises';
import { TASK_STATES, type NewTask } from '../../src/ports/task-queue.port.js';
import { HOUR, task, type Suite } from './task-queue.support.js';

const DUPLICATE = ['duplicate-id'];

/** What `enqueueMany` answers, and what lies there after it. */
export function enqueueing(suite: Suite): void {
  const { facts } = suite;
  const counts = async (name: string) => {
    const view = (await suite.queue.inspector.queues()).find((each) => each.name === name);
    return view?.counts;
  };

  it(
    'hands every field to the worker as it was given',
    async () => {
      const name = suite.newName();
      const { inbox } = suite.work(name);
      const sent = task(name, {
        payload: Buffer.from([0xff, 0, 0xc3, 0x28]),
        headers: { traceparent: '00-1-2-01', 'x-ü': '📦' },
        maxRetries: 7,
        timeoutMs: 300_000,
      });
      const before = Date.now();
      await suite.enqueue(sent);
      const [got] = await inbox.has(1);
      const { id, type, queue, payload, headers, maxRetries } = sent;
      expect(got).toMatchObject({ id, type, queue, headers, maxRetries, retried: 0 });
      expect(Buffer.compare(got!.payload, payload)).toBe(0);
      expect(got!.deadline).toBeGreaterThanOrEqual(before + 299_000);
      expect(got!.deadline).toBeLessThanOrEqual(Date.now() + 301_000);
    },
    facts.timeoutMs,
  );

  it.each([
    ['no', Buffer.alloc(0)],
    ['a large', Buffer.alloc(1_000_000, 'größer')],
  ])(
    'keeps %s payload, also when the caller changes its buffer afterwards',
    async (_size, given) => {
      const name = suite.newName();
      const payload = Buffer.from(given);
      await suite.enqueue(task(name, { payload }));
      payload.fill(0);
      const { inbox } = suite.work(name);
      const [got] = await inbox.has(1);
      expect(got!.payload.equals(given)).toBe(true);
      expect(got!.headers).toEqual({});
    },
    facts.timeoutMs,
  );

  it(
    'answers for each task in order, and takes one id once within a call',
    async () => {
      const [name, other] = [suite.newName(), suite.newName()];
      const [a, b] = [task(name), task(name)];
      expect(await suite.queue.enqueueMany([])).toEqual([]);
      expect(await suite.queue.enqueueMany([a, b, a, task(name), { ...a, queue: other }])).toEqual([
        'enqueued',
        'enqueued',
        'duplicate-id',
        'enqueued',
        'enqueued',
      ]);
      expect(await suite.queue.enqueueMany([b, task(name)])).toEqual(['duplicate-id', 'enqueued']);
      expect(await counts(name)).toMatchObject({ pending: 4 });
    },
    facts.timeoutMs,
  );

  it(
    'takes thousands at once, and hands them out in their order',
    async () => {
      const name = suite.newName();
      const tasks = Array.from({ length: 1_234 }, () => task(name));
      await suite.enqueue(...tasks);
      const { inbox } = suite.work(name, undefined, { concurrency: 1 });
      await inbox.has(tasks.length);
      expect(inbox.ids).toEqual(tasks.map(({ id }) => id));
    },
    facts.timeoutMs,
  );

  it.each(TASK_STATES)(
    'changes nothing where a task of the id is %s',
    async (state) => {
      const name = suite.newName();
      const first = await suite.bring(state, name);
      const before = await suite.queue.inspector.get(name, first.id);
      const second = { ...task(name), id: first.id };
      expect(await suite.queue.enqueueMany([second])).toEqual(DUPLICATE);
      expect(await suite.queue.enqueueMany([{ ...second, processAt: Date.now() + HOUR }])).toEqual(DUPLICATE);
      expect(await suite.queue.inspector.get(name, first.id)).toEqual(before);
    },
    facts.timeoutMs,
  );

  it(
    'frees the id when the task is done, and when its retention is over',
    async () => {
      const name = suite.newName();
      const { inbox } = suite.work(name);
      const [atOnce, later] = [task(name), task(name, { retentionMs: 1_000 })];
      await suite.enqueue(atOnce, later);
      await inbox.has(2);
      await suite.isGone(name, atOnce.id);
      await suite.becomes(name, later.id, 'completed');
      expect(await suite.queue.enqueueMany([atOnce, later])).toEqual(['enqueued', 'duplicate-id']);
      await suite.isGone(name, later.id);
      await suite.enqueue(later);
    },
    facts.timeoutMs,
  );

  it(
    'keeps a scheduled task until its time',
    async () => {
      const name = suite.newName();
      const { inbox } = suite.work(name);
      const times = new Map<string, number>();
      const at = Date.now() + 2_000;
      const later = task(name, { processAt: at });
      const now = task(name, { processAt: Date.now() - 1_000 });
      await suite.enqueue(later, now);
      expect(await suite.queue.inspector.get(name, later.id)).toMatchObject({ state: 'scheduled' });
      const noting = inbox.until(() => {
        for (const id of inbox.ids) if (!times.has(id)) times.set(id, Date.now());
        expect(times.size).toBe(2);
      });
      await noting;
      expect(inbox.ids).toEqual([now.id, later.id]);
      expect(times.get(later.id)).toBeGreaterThanOrEqual(at);
    },
    facts.timeoutMs,
  );

  it(
    'with a fence that is lost enqueues nothing at all',
    async () => {
      const name = suite.newName();
      const lease = await suite.opened().newLease();
      expect(await suite.queue.enqueueMany([task(name)], lease.fence)).toEqual(['enqueued']);
      await lease.lose();
      const late = Array.from({ length: 600 }, () => task(name));
      const LOST = { code: 'LEASE_LOST', retryable: false };
      await expect(suite.queue.enqueueMany(late, lease.fence)).rejects.toMatchObject(LOST);
      const scheduled = task(name, { processAt: Date.now() + HOUR, uniqueForMs: HOUR });
      await expect(suite.queue.enqueueMany([scheduled], lease.fence)).rejects.toMatchObject(LOST);
      expect(await counts(name)).toMatchObject({ pending: 1, scheduled: 0 });
      expect(await suite.queue.enqueueMany([scheduled])).toEqual(['enqueued']);
    },
    facts.timeoutMs,
  );

  it(
    'with a fence whose time is up by its own clock enqueues nothing either',
    async () => {
      const name = suite.newName();
      const { fence } = await suite.opened().newLease();
      const over = { key: fence.key, holder: fence.holder, isHeld: false };
      await expect(suite.queue.enqueueMany([task(name)], over)).rejects.toMatchObject({ code: 'LEASE_LOST' });
      expect(await counts(name)).toBeUndefined();
    },
    facts.timeoutMs,
  );

  const wrong: [what: string, fields: Partial<NewTask>][] = [
    ['no id', { id: '' }],
    ['an id that is no text', { id: '\ud800' }],
    ['no type', { type: '' }],
    ['a type that is no text', { type: 'a\udfff' }],
    ['no queue', { queue: '' }],
    ['a negative number of retries', { maxRetries: -1 }],
    ['half a retry', { maxRetries: 0.5 }],
    ['no timeout', { timeoutMs: 0 }],
    ['a timeout that is no number', { timeoutMs: NaN }],
    ['a negative retention', { retentionMs: -1 }],
    ['an endless retention', { retentionMs: Infinity }],
    ['a time that is no number', { processAt: NaN }],
    ['a deadline before time began', { deadlineAt: -1 }],
    ['a deadline of 0', { deadlineAt: 0 }],
    ['a payload that is a text', { payload: 'text' as never }],
    ['an id that is a number', { id: 5 as never }],
    ['an id that is left out', { id: undefined }],
    ['an id of 4,097 bytes', { id: `${'ü'.repeat(2_048)}x` }],
    ['retries that are left out', { maxRetries: undefined }],
    ['a header that is a number', { headers: { a: 5 as never } }],
    ['unique for no time', { uniqueForMs: 0 }],
    ['a header that is no text', { headers: { a: '\ud800' } }],
  ];
  it.each(wrong)(
    'refuses %s, and all that came with it',
    async (_what, fields) => {
      const name = suite.newName();
      await expect(
        suite.queue.enqueueMany([task(name), task(name, fields), task(name)]),
      ).rejects.toMatchObject({ code: 'VALIDATION_FAILED', retryable: false });
      await delay(10);
      expect(await counts(name)).toBeUndefined();
    },
    facts.timeoutMs,
  );
}
