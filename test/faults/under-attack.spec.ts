import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { BadServer } from '../support/bad-server.js';
import { eventually } from '../support/eventually.js';
import { runAttacks, type Report } from './attacks/attack.js';
import { bodies } from './attacks/bodies.js';
import { connections, garbage, slowRequests, wrongHosts, wrongMethods } from './attacks/edge.js';
import { GoodMonitor, GoodProducer } from './attacks/good-clients.js';
import { gzip } from './attacks/gzip.js';
import { heldReaders, stalledReaders } from './attacks/readers.js';
import { targets } from './attacks/targets.js';
import { chosenAttacks, isLong, SEED } from './settings.js';
import { lateSamples, ownMs } from './support/liveness.js';
import { TargetService, type Memory } from './support/target-service.js';

const ATTACKS = chosenAttacks([
  bodies(),
  gzip(),
  stalledReaders(),
  heldReaders(),
  wrongHosts(),
  wrongMethods(),
  garbage(),
  slowRequests(),
  connections(),
  targets(),
]);

/** Attacks before memory is measured for the first time: they fill the caches and the allocator. */
const WARM_UP_MS = isLong ? 60_000 : 6_000;
const ATTACK_MS = isLong ? 600_000 : 15_000;
/** The longest answer of `/health/live`. The short form runs beside other tests: it finds a loop that stands still. */
const MOST_MS = isLong ? 500 : 2_000;
/** In MiB. */
const MOST_GROWTH = 20;
/** After the attacks: readers time out, tasks are removed. */
const SETTLE_MS = 120_000;
/** The longest time without a result of the good monitor, which is checked each second. */
const LONGEST_GAP_MS = 30_000;
/** Clients that an attack has started end by then. */
const END_MS = 120_000;

describe(`all attacks at once (FAULTS_SEED=${SEED}, ${ATTACK_MS / 1_000} s)`, () => {
  let good: BadServer;
  let service: TargetService;
  let producer: GoodProducer;
  let monitor: GoodMonitor;
  let memoryBefore = 0;
  let reports: Report[] = [];
  let began = 0;

  beforeAll(
    async () => {
      good = await BadServer.listen();
      good.behave = (response) => response.end('all is good');
      service = await TargetService.start(good, { MODULES: 'all', STREAM_STALL_MS: '5000' });
      for (const { prepare } of ATTACKS) await prepare?.(service);
      await runAttacks(ATTACKS, service, { ms: WARM_UP_MS, phase: 'warm-up' });
      memoryBefore = await settledMemory(service);
      producer = new GoodProducer(service);
      monitor = await GoodMonitor.create(service, good);
      await service.liveness.read();
      began = Date.now();
      reports = await runAttacks(ATTACKS, service, { ms: ATTACK_MS, phase: 'attack' });
      await producer.stop();
    },
    WARM_UP_MS + ATTACK_MS + 2 * END_MS,
  );

  afterAll(async () => {
    await service?.kill();
    await good.close();
  });

  it('the process survives', async () => {
    expect(await service.failure()).toBeNull();
  });

  it('each attack gets the answers that it should', () => {
    console.log(reports.map(summary).join('\n'));
    expect(
      reports.filter(({ rounds, wrong, isUnanswered }) => rounds === 0 || wrong.length > 0 || isUnanswered),
    ).toEqual([]);
  });

  it(`/health/live is answered within ${MOST_MS} ms throughout`, async () => {
    const samples = await service.liveness.read();
    const longest = Math.round(Math.max(...samples.map(ownMs)));
    console.log(`${samples.length} answers of /health/live, the longest after ${longest} ms`);
    expect(samples.length).toBeGreaterThan(0);
    expect(lateSamples(samples, MOST_MS)).toEqual([]);
  });

  it('a good client is served throughout, and its records are stored', async () => {
    const { sent, refused, longestMs } = producer;
    console.log(`${sent} good records, the longest answer after ${Math.round(longestMs)} ms`);
    expect(refused).toEqual([]);
    expect(sent).toBeGreaterThan(0);
    expect(await producer.stored()).toBe(sent);
  });

  it('a good target is checked throughout, and is never down', async () => {
    const ended = Date.now();
    const results = await monitor.results();
    expect(results.filter(({ status }) => status === 'down')).toEqual([]);
    const times = results.filter(({ status }) => status === 'up').map(({ at }) => at);
    expect(longestGap([began, ...times, ended])).toBeLessThan(LONGEST_GAP_MS);
    expect(await service.harmed()).toEqual([]);
  });

  it(
    'memory is back',
    async () => {
      await eventually(async () => {
        expect(inUse(await service.memory())).toBeLessThan(memoryBefore + MOST_GROWTH);
      }, SETTLE_MS);
    },
    SETTLE_MS + 60_000,
  );

  it('SIGTERM ends it with 0, and its child processes', async () => {
    const children = childrenOf(service.running.child.pid!);
    expect(await service.end()).toBe(0);
    await eventually(() => expect(children.filter((child) => existsSync(`/proc/${child}`))).toEqual([]));
  }, 60_000);
});

/** Resident memory; in the short form without what the allocator keeps, which needs minutes to reach its size. */
function inUse({ rss, heapUsed, external }: Memory): number {
  return isLong ? rss : heapUsed + external;
}

/** Memory once it no longer falls. */
async function settledMemory(service: TargetService): Promise<number> {
  for (let last = Infinity; ;) {
    const now = inUse(await service.memory());
    if (now >= last - 1) return Math.min(now, last);
    last = now;
  }
}

function summary({ name, rounds, answered }: Report): string {
  const counts = [...answered].sort(([a], [b]) => a - b).map(([status, times]) => `${status}: ${times}`);
  return `${name}: ${rounds} rounds${counts.length > 0 ? `; answers by status: ${counts.join(', ')}` : ''}`;
}

function longestGap(times: readonly number[]): number {
  const sorted = [...times].sort((a, b) => a - b);
  return Math.max(...sorted.slice(1).map((time, index) => time - sorted[index]!));
}

/** Source: proc(5): the fourth field of stat is the parent. */
function childrenOf(pid: number): number[] {
  const parentOf = (child: string): number => {
    try {
      const stat = readFileSync(`/proc/${child}/stat`, 'latin1');
      return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
    } catch {
      return 0; // it has ended
    }
  };
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && parentOf(name) === pid)
    .map(Number);
}
