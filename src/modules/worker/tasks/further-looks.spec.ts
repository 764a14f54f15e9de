import { expect, it } from '@jest/globals';
import { AppError } from '../../../core/errors.js';
import type { Monitor, StoredResult } from '../../../ports/monitor-store.port.js';
import type { NewTask } from '../../../ports/task-queue.port.js';
import { FurtherLooks } from './further-looks.js';
import { Rhythms } from './rhythm.js';
import { knownTask } from './task-kind.js';

const TICK = 1_700_000_000_000;
const monitor = {
  interval: 60,
  cron: null,
  retryInterval: 5,
  active: true,
  priority: 'default',
} as Monitor;

function opened(enqueue: (tasks: readonly NewTask[]) => Promise<void>) {
  const ends: [string, number][] = [];
  const said: string[] = [];
  const looks = new FurtherLooks({
    queue: { enqueueMany: (tasks) => enqueue(tasks).then(() => tasks.map(() => 'enqueued' as const)) },
    rhythms: new Rhythms('UTC'),
    task: {
      type: 'check',
      queues: { critical: 'c', default: 'd', low: 'l' },
      maxRetries: 3,
      timeoutMs: 1_000,
      retentionMs: 1_000,
    },
    failures: { failed: (error) => void said.push(String(error)), succeeded: () => undefined },
    onEnd: (outcome, tasks) => void ends.push([outcome, tasks]),
  });
  const after = (id: string) => {
    const known = knownTask(`${id}:${TICK}`, { monitorId: id, scheduledAt: TICK }, TICK);
    looks.after(known, { status: 'pending', at: TICK + 10 } as StoredResult, { ...monitor, id });
  };
  return { looks, after, ends, said };
}

it('what comes while one call is under way is the next one', async () => {
  const batches: number[] = [];
  let open = () => undefined as void;
  const gate = new Promise<void>((resolve) => (open = resolve));
  const { looks, after, ends } = opened((tasks) => {
    batches.push(tasks.length);
    return gate;
  });
  for (const id of ['a', 'b', 'c']) after(id);
  await Promise.resolve();
  expect(batches).toEqual([3]);
  for (const id of ['d', 'e']) after(id);
  open();
  await looks.idle();
  expect(batches).toEqual([3, 2]);
  expect(ends).toEqual([
    ['OK', 3],
    ['OK', 2],
  ]);
});

it('one that comes right when a call ends is not left lying', async () => {
  for (let turns = 0; turns < 15; turns += 1) {
    const { looks, after, ends } = opened(() => Promise.resolve());
    after('a');
    for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
    after('b');
    await looks.idle();
    expect([turns, ends.reduce((sum, [, tasks]) => sum + tasks, 0)]).toEqual([turns, 2]);
  }
});

it('a queue that is away costs the looks, is counted and said, and harms nobody', async () => {
  const { looks, after, ends, said } = opened(() =>
    Promise.reject(new AppError('TASK_QUEUE_UNAVAILABLE', 'Redis does not answer.')),
  );
  after('a');
  await looks.idle();
  expect(ends).toEqual([['TASK_QUEUE_UNAVAILABLE', 1]]);
  expect(said).toEqual(['Redis does not answer']);
});
