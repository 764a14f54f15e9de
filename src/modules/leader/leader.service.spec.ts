import { describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import type { AppError } from '../../core/errors.js';
import { LeaderLease, type LeaderView, type OnTerm, type Term } from '../../ports/leader-lease.port.js';
import { LeaderMetrics } from './leader.metrics.js';
import { LeaderService } from './leader.service.js';

/** Leads from its first campaign on, as the embedded driver does. */
class LeadingLease extends LeaderLease {
  readonly driver = 'test';
  readonly holder = 'host:1:0a0b0c0d';
  readonly trouble: AppError | null = null;
  term: Term | null = null;

  campaign(onTerm: OnTerm): void {
    const fence = { key: 'k', holder: this.holder, isHeld: true };
    this.term = { number: 7, since: 0, lost: new AbortController().signal, leftMs: Infinity, fence };
    onTerm(this.term);
  }

  look(): Promise<LeaderView> {
    return Promise.resolve({ holder: this.holder, term: 7, since: 0, leftMs: null });
  }

  resign(): Promise<void> {
    return Promise.resolve();
  }

  ping(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<null> {
    return Promise.resolve(null);
  }
}

describe('the parts that are told of terms', () => {
  it('are told whatever another one throws, also those that come later', async () => {
    const lease = new LeadingLease();
    const said: string[] = [];
    const logger = pino({ level: 'error' }, { write: (line: string) => void said.push(line) });
    const service = new LeaderService(lease, logger, new LeaderMetrics(new Registry()));
    const told: Term[] = [];
    service.onTerm(() => {
      throw new Error('broken part');
    });
    service.onTerm((term) => told.push(term));
    await service.start();
    service.onTerm((term) => told.push(term));
    await Promise.resolve();
    expect(told).toEqual([lease.term, lease.term]);
    expect(said).toHaveLength(1);
    expect(said[0]).toContain('broken part');
  });
});
