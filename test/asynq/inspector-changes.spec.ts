import { randomUUID } from 'node:crypto';
import { Inspector } from '../../src/asynq/inspector.js';
import { STATES } from '../../src/asynq/inspector-views.js';
import { uniqueKey, wakeChannel } from '../../src/asynq/keys.js';
import { eventually } from '../support/eventually.js';
import { describeWithServers } from '../support/servers/index.js';
import { HOUR, Inspected, keyOf, newQueue, task } from './inspected.js';

describeWithServers(['redis'], 'what the inspector changes', () => {
  let here: Inspected;
  beforeAll(async () => void (here = await Inspected.open(43)));
  beforeEach(() => void (here.damaged.length = 0));
  afterAll(() => here?.redis.quit());

  it.each([
    { number: 0, size: 1 },
    { number: 1, size: 0 },
    { number: 1.5, size: 1 },
    { number: 1, size: 1001 },
    { number: 2 ** 53, size: 1000 },
  ])('refuses the page %j', async (page) => {
    await expect(here.inspector.list('q', 'pending', page)).rejects.toMatchObject({
      name: 'InvalidInputError',
    });
  });

  const CHANGES = { run: 'pending', archive: 'archived', delete: null } as const;
  const FROM: Record<keyof typeof CHANGES, string[]> = {
    run: ['scheduled', 'retry', 'archived', 'aggregating'],
    archive: ['pending', 'scheduled', 'retry', 'aggregating'],
    delete: ['pending', 'scheduled', 'retry', 'archived', 'completed', 'aggregating'],
  };
  const CASES = (Object.keys(CHANGES) as (keyof typeof CHANGES)[]).flatMap((change) =>
    ([...STATES, 'aggregating'] as const).map((state) => [change, state] as const),
  );

  it.each(CASES)('%s of a task that is %s', async (change, state) => {
    const queue = newQueue();
    const one = await here.bring(state, queue, { uniqueForMs: HOUR });
    const lock = uniqueKey(queue, 'work', one.payload);
    const before = await here.inspector.get(queue, one.id);
    const possible = FROM[change].includes(state);
    expect(await here.inspector.change(change, queue, one.id)).toBe(possible ? 'done' : 'wrong-state');
    if (!possible) {
      expect(await here.inspector.get(queue, one.id)).toEqual(before);
      return;
    }
    const to = CHANGES[change];
    expect(await here.whereIs(queue, one.id)).toEqual(to ? [to] : []);
    expect(await here.redis.get(lock)).toBe(to ? one.id : null);
    if (to === null) expect(await here.redis.exists(keyOf(queue, `t:${one.id}`))).toBe(0);
    else expect(await here.inspector.get(queue, one.id)).toMatchObject({ state: to, nextAt: null });
    if (state === 'aggregating')
      expect(await here.redis.exists(keyOf(queue, 'groups'), keyOf(queue, 'g:g'))).toBe(0);
    const since = await here.redis.hget(keyOf(queue, `t:${one.id}`), 'pending_since');
    expect(since !== null).toBe(to === 'pending');
  });

  it('leaves a lock that another task holds', async () => {
    const queue = newQueue();
    const one = await here.enqueued(queue, { uniqueForMs: HOUR });
    const lock = uniqueKey(queue, 'work', one.payload);
    await here.redis.set(lock, 'another');
    expect(await here.inspector.change('delete', queue, one.id)).toBe('done');
    expect(await here.redis.get(lock)).toBe('another');
  });

  it('knows no queue and no task that never was', async () => {
    const queue = newQueue();
    for (const change of ['run', 'archive', 'delete'] as const)
      expect(await here.inspector.change(change, queue, 'x')).toBe('queue-unknown');
    expect(await here.inspector.get(queue, 'x')).toBe('queue-unknown');
    expect(await here.inspector.cancel(queue, 'x')).toBe('queue-unknown');
    expect(await here.inspector.pause(queue)).toBe(false);
    expect(await here.inspector.resume(queue)).toBe(false);
    expect(await here.inspector.changeAll({ change: 'run', state: 'retry' }, queue)).toBeNull();
    await here.enqueued(queue);
    for (const change of ['run', 'archive', 'delete'] as const)
      expect(await here.inspector.change(change, queue, 'x')).toBe('task-unknown');
    expect(await here.inspector.get(queue, 'x')).toBe('task-unknown');
    expect(await here.inspector.cancel(queue, 'x')).toBe('task-unknown');
  });

  it('cancels an active task only', async () => {
    const queue = newQueue();
    const [active, pending] = [await here.bring('active', queue), await here.bring('pending', queue)];
    const { heard, stop } = await here.listen('asynq:cancel');
    expect(await here.inspector.cancel(queue, pending.id)).toBe('wrong-state');
    expect(await here.inspector.cancel(queue, active.id)).toBe('done');
    await eventually(() => expect(heard).toContain(active.id));
    expect(heard).not.toContain(pending.id);
    await stop();
  });

  it('pauses and resumes, each more than once', async () => {
    const queue = newQueue();
    await here.enqueued(queue);
    expect([await here.inspector.pause(queue), await here.inspector.pause(queue)]).toEqual([true, true]);
    expect(Number(await here.redis.get(keyOf(queue, 'paused')))).toBeGreaterThan(1_700_000_000);
    expect((await here.inspector.queue(queue))!.isPaused).toBe(true);
    const { heard, stop } = await here.listen(wakeChannel(43));
    expect([await here.inspector.resume(queue), await here.inspector.resume(queue)]).toEqual([true, true]);
    expect((await here.inspector.queue(queue))!.isPaused).toBe(false);
    await eventually(() => expect(heard).toContain(queue));
    await stop();
  });

  it.each(['run', 'archive', 'delete'] as const)('%s of all of a state', async (change) => {
    const queue = newQueue();
    const processAt = Date.now() + HOUR;
    const tasks = Array.from({ length: 250 }, (_, i) =>
      task(queue, { processAt: processAt + i * 1000, uniqueForMs: HOUR, payload: Buffer.from(randomUUID()) }),
    );
    await here.client.enqueueMany(tasks);
    const other = await here.bring('retry', queue);
    await here.redis.del(keyOf(queue, `t:${tasks[3]!.id}`));
    expect(await here.inspector.changeAll({ change, state: 'scheduled' }, queue)).toBe(249);
    expect(here.damaged).toEqual([[queue, null, '1 ids without a readable task']]);
    const { counts } = (await here.inspector.queue(queue))!;
    const to = { run: { pending: 249 }, archive: { archived: 249 }, delete: {} }[change];
    expect(counts).toMatchObject({ pending: 0, archived: 0, ...to, scheduled: 0, retry: 1 });
    expect(await here.whereIs(queue, other.id)).toEqual(['retry']);
    if (change === 'run') {
      const [first] = (await here.inspector.list(queue, 'pending', { number: 1, size: 1 }))!;
      expect(first).toMatchObject({ id: tasks[0]!.id, state: 'pending' });
    }
    const locks = await here.redis.keys(keyOf(queue, 'unique:*'));
    expect(locks).toHaveLength(change === 'delete' ? 1 : 250);
  });

  it('archives and deletes all pending tasks, and refuses other pairs', async () => {
    const queue = newQueue();
    await here.client.enqueueMany(Array.from({ length: 150 }, () => task(queue)));
    expect(await here.inspector.changeAll({ change: 'archive', state: 'pending' }, queue)).toBe(150);
    expect(await here.inspector.changeAll({ change: 'delete', state: 'archived' }, queue)).toBe(150);
    await here.client.enqueueMany(Array.from({ length: 150 }, () => task(queue)));
    expect(await here.inspector.changeAll({ change: 'delete', state: 'pending' }, queue)).toBe(150);
    expect(await here.redis.keys(keyOf(queue, '*'))).toEqual([]);
    for (const [change, state] of [
      ['run', 'pending'],
      ['archive', 'archived'],
      ['delete', 'active'],
    ] as const)
      await expect(here.inspector.changeAll({ change, state }, queue)).rejects.toMatchObject({
        name: 'InvalidInputError',
      });
  });

  it('changes nothing of a state that is empty when it is asked, nor what comes later', async () => {
    const queue = newQueue();
    await here.enqueued(queue, { processAt: Date.now() + HOUR });
    expect(await here.inspector.changeAll({ change: 'archive', state: 'pending' }, queue)).toBe(0);
    // Between the question how many there are and the change.
    const late = Object.assign(Object.create(here.redis) as typeof here.redis, {
      zcard: async (key: string) => {
        const count = await here.redis.zcard(key);
        await here.bring('retry', queue);
        return count;
      },
    });
    const inspector = new Inspector(late, () => undefined);
    expect(await inspector.changeAll({ change: 'delete', state: 'retry' }, queue)).toBe(0);
    expect((await here.inspector.queue(queue))!.counts).toMatchObject({ retry: 1, scheduled: 1 });
  });

  it('trims the archive with its tasks: what is older than 90 days, and beyond 10,000', async () => {
    const queue = newQueue();
    const old = await here.bring('archived', queue, { uniqueForMs: HOUR, payload: Buffer.from('old') });
    await here.redis.zadd(keyOf(queue, 'archived'), Math.floor(Date.now() / 1000) - 91 * 86_400, old.id);
    const oldest = await here.bring('archived', queue);
    await here.redis.zadd(keyOf(queue, 'archived'), Math.floor(Date.now() / 1000) - 3_600, oldest.id);
    const now = Math.floor(Date.now() / 1000);
    const filler = Array.from({ length: 9_999 }, (_, i) => [now, `filler-${i}`]).flat();
    await here.redis.zadd(keyOf(queue, 'archived'), ...filler);
    const one = await here.enqueued(queue);
    expect(await here.inspector.change('archive', queue, one.id)).toBe('done');
    expect(await here.redis.zcard(keyOf(queue, 'archived'))).toBe(10_000);
    expect(await here.inspector.get(queue, one.id)).toMatchObject({ state: 'archived' });
    expect([await here.inspector.get(queue, old.id), await here.inspector.get(queue, oldest.id)]).toEqual([
      'task-unknown',
      'task-unknown',
    ]);
    expect(await here.redis.exists(uniqueKey(queue, 'work', Buffer.from('old')))).toBe(0);
  });
});
