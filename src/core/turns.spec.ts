import { Turns } from './turns.js';

/** Work that ends when the test says so. */
function works(turns: Turns, count: number) {
  const begun: number[] = [];
  const ends: ((error?: Error) => void)[] = [];
  const runs = Array.from({ length: count }, (_, i) =>
    turns.run(
      () =>
        new Promise<number>((resolve, reject) => {
          begun.push(i);
          ends[i] = (error) => (error ? reject(error) : resolve(i));
        }),
    ),
  );
  return { begun, ends, runs };
}

const settle = () => new Promise((resolve) => setImmediate(resolve));

describe('Turns', () => {
  it('lets so many run at a time, in order, whatever becomes of them', async () => {
    const { begun, ends, runs } = works(new Turns(2), 4);
    await settle();
    expect(begun).toEqual([0, 1]);
    ends[1]!(new Error('failed'));
    await expect(runs[1]).rejects.toThrow('failed');
    await settle();
    expect(begun).toEqual([0, 1, 2]);
    ends[0]!();
    ends[2]!();
    await settle();
    ends[3]!();
    await expect(Promise.all([runs[0], runs[2], runs[3]])).resolves.toEqual([0, 2, 3]);
  });

  it('refuses whoever waits once it is closed; what has begun goes on', async () => {
    const turns = new Turns(1);
    const { ends, runs } = works(turns, 2);
    await settle();
    turns.close(new Error('closed'));
    await expect(runs[1]).rejects.toThrow('closed');
    await expect(turns.run(() => Promise.resolve())).rejects.toThrow('closed');
    ends[0]!();
    await expect(runs[0]).resolves.toBe(0);
  });

  it('refuses whoever waits longer than it has patience, and goes on with the next', async () => {
    const turns = new Turns(1);
    const { ends, runs } = works(turns, 1);
    await settle();
    const patience = { ms: 1, late: () => new Error('late') };
    await expect(turns.run(() => Promise.resolve(1), patience)).rejects.toThrow('late');
    const next = turns.run(() => Promise.resolve(2), { ...patience, ms: 60_000 });
    ends[0]!();
    await expect(runs[0]).resolves.toBe(0);
    await expect(next).resolves.toBe(2);
  });
});
