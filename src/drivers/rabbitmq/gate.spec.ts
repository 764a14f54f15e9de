import { Gate } from './gate.js';

describe('Gate', () => {
  const gateOf = (most: number, handed: number[] = []) => ({
    handed,
    gate: new Gate<number>(most, (item) => handed.push(item)),
  });

  it('hands on so many at once, the others in their order', () => {
    const { gate, handed } = gateOf(2);
    for (const item of [1, 2, 3, 4]) gate.add(item);
    expect(handed).toEqual([1, 2]);
    gate.done();
    expect(handed).toEqual([1, 2, 3]);
    expect(gate.inHand).toBe(2);
  });

  it('hands on nothing while it is closed', () => {
    const { gate, handed } = gateOf(2);
    gate.add(1);
    gate.close();
    gate.add(2);
    gate.done();
    expect(handed).toEqual([1]);
    gate.open();
    expect(handed).toEqual([1, 2]);
  });

  it('forgets what waits', () => {
    const { gate, handed } = gateOf(1);
    gate.add(1);
    gate.add(2);
    gate.clear();
    gate.done();
    expect(handed).toEqual([1]);
    expect(gate.inHand).toBe(0);
  });

  it('survives any number that are done at once', () => {
    let handed = 0;
    const gate: Gate<number> = new Gate(1, () => {
      handed += 1;
      gate.done();
    });
    gate.close();
    for (let i = 0; i < 100_000; i += 1) gate.add(i);
    gate.open();
    expect(handed).toBe(100_000);
  });
});
