import { lookOnce } from '../../test/support/look-once.js';
import type { Push } from '../ports/monitor-store.port.js';
import check, { graceMs } from './push.check.js';

const NOW = 1_000_000_000;

function look(push: Partial<Push> | null, createdAt = 0) {
  return lookOnce(
    check,
    {},
    {
      monitor: { id: 'm', name: 'n', type: 'push', interval: 100, createdAt },
      now: () => NOW,
      lastPush: () =>
        Promise.resolve(push && { at: NOW, found: 'up' as const, message: '', latencyMs: null, ...push }),
    },
  );
}

describe('the check push', () => {
  it('is up while the last call is younger than the interval and a tenth of it', async () => {
    expect(await look({ at: NOW - 110_000, message: 'done', latencyMs: 12 })).toEqual({
      found: 'up',
      message: 'Called 110 s ago: done',
      latencyMs: 12,
    });
    expect(await look({ at: NOW - 110_001 })).toMatchObject({ found: 'down' });
    expect(await look({ at: NOW + 5_000 })).toMatchObject({ found: 'up', message: 'Called 0 s ago' });
  });

  it('is down when the job says so, until it is silent for longer', async () => {
    expect(await look({ found: 'down', message: 'disk full' })).toMatchObject({
      found: 'down',
      message: 'The job says that it failed: disk full',
    });
  });

  it('waits for the first call as long', async () => {
    expect(await look(null, NOW - 110_000)).toMatchObject({ found: 'unknown' });
    expect(await look(null, NOW - 110_001)).toMatchObject({ found: 'down' });
  });

  it('gives from 2 s to 60 s of grace', () => {
    expect([1_000, 60_000, 86_400_000].map(graceMs)).toEqual([2_000, 6_000, 60_000]);
  });
});
