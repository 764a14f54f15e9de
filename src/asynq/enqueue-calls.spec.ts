import { callsOf } from './enqueue-calls.js';
import { prepareTask, type EnqueueTask } from './enqueue-task.js';

const task = (id: string, more: Partial<EnqueueTask> = {}) =>
  prepareTask({ id, type: 't', queue: 'q', payload: Buffer.from('p'), ...more }, 0, 1_000);

describe('script calls', () => {
  it('are of 500 tasks at most, in order', () => {
    const tasks = Array.from({ length: 1001 }, (_, i) => task(String(i)));
    const calls = [...callsOf(tasks)];
    expect(calls.map(({ count }) => count)).toEqual([500, 500, 1]);
    expect(calls[1]!.runs.slice(0, 4)).toEqual(['q', '', 500, '500']);
    expect(calls[2]!.runs.slice(0, 4)).toEqual(['q', '', 1, '1000']);
    expect([...callsOf([])]).toEqual([]);
  });

  it('end after the task that is beyond 8 MiB', () => {
    const tasks = Array.from({ length: 5 }, (_, i) =>
      task(String(i), { payload: Buffer.alloc(3 * 2 ** 20) }),
    );
    expect([...callsOf(tasks)].map(({ count }) => count)).toEqual([3, 2]);
  });

  it('tell the queue and the form once for neighbours that share them', () => {
    const lock = { uniqueForMs: 5_000 };
    const later = { processAt: 61_000 };
    const tasks = [
      task('a'),
      task('b'),
      task('c', { queue: 'r' }),
      task('d', { queue: 'r', ...later }),
      task('e', lock),
      task('f', { ...lock, ...later }),
    ];
    const { runs } = [...callsOf(tasks)][0]!;
    const short = runs.map((each) => (Buffer.isBuffer(each) ? '*' : each));
    const key = tasks[4]!.message.uniqueKey;
    expect(short).toEqual([
      ...['q', '', 2, 'a', '*', 'b', '*'],
      ...['r', '', 1, 'c', '*'],
      ...['r', 's', 1, 'd', '*', 61],
      ...['q', 'u', 1, 'e', '*', key, 5],
      ...['q', 'su', 1, 'f', '*', 61, key, 65],
    ]);
  });

  it('keep messages that were written before their room grew', () => {
    const tasks = Array.from({ length: 3 }, (_, i) => task(String(i), { payload: Buffer.alloc(50_000, i) }));
    const { runs } = [...callsOf(tasks)][0]!;
    const messages = runs.filter((each) => Buffer.isBuffer(each));
    messages.forEach((bytes, i) => expect(bytes.includes(Buffer.alloc(50_000, i))).toBe(true));
  });
});
