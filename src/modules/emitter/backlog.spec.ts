import { Backlog } from './backlog.js';

const tick = (plannedAt: number, latenessMs: number) => ({ plannedAt, latenessMs });

describe('Backlog', () => {
  it('hands out the oldest first, as late as it has become', () => {
    const backlog = new Backlog(10_000);
    backlog.add(tick(1, 500), 100);
    backlog.add(tick(2, 400), 100);
    expect(backlog.next(1100)).toEqual({ tick: tick(1, 1500), tooOld: 0 });
    expect(backlog.next(2100)).toEqual({ tick: tick(2, 2400), tooOld: 0 });
    expect(backlog.next(2100)).toEqual({ tick: null, tooOld: 0 });
  });

  it('tells how many have grown too old', () => {
    const backlog = new Backlog(1000);
    for (const lateness of [900, 800, 100]) backlog.add(tick(lateness, lateness), 0);
    expect(backlog.next(500)).toEqual({ tick: tick(100, 600), tooOld: 2 });
  });

  it('holds a thousand', () => {
    const backlog = new Backlog(1000);
    for (let i = 0; i < 1000; i++) expect(backlog.add(tick(i, 0), 0)).toBe(true);
    expect(backlog.add(tick(1000, 0), 0)).toBe(false);
    expect([backlog.size, backlog.clear(), backlog.size]).toEqual([1000, 1000, 0]);
  });
});
