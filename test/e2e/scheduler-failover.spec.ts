import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from '@jest/globals';
import { post } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { BooksWatch } from '../support/failover/books-watch.js';
import { Fleet } from '../support/failover/fleet.js';
import { compare, tasksIn, withoutFirst, type Found, type Planned } from '../support/failover/ledger.js';
import { strike } from '../support/failover/misfortune.js';
import { Random } from '../support/failover/random.js';
import { describeWithServers, startPrivateRedis, type RedisServer } from '../support/servers/index.js';

/** How long leaders fall: FAILOVER_SECONDS=20 for a glance. The seed is printed: FAILOVER_SEED has it again. */
const SECONDS = Number(process.env.FAILOVER_SECONDS ?? 180);
const SEED = Number(process.env.FAILOVER_SEED ?? Date.now() % 2 ** 31);
const MONITORS = 1000;
const REPLICAS = 3;
const LEASE_MS = 2000;
const LEADER_KEY = `failover:${randomUUID()}`;
const WATERMARK = `carillon:scheduler:watermark:${LEADER_KEY}`;

let server: RedisServer | undefined;
let fleet: Fleet | undefined;
let folder: string | undefined;

describeWithServers(['redis-private', 'toxiproxy'], 'schedulers whose leaders fall', () => {
  afterEach(async () => {
    await fleet?.close();
    await server?.release();
    if (folder) await rm(folder, { recursive: true, force: true });
  }, 30_000);

  it(
    `make one task of every planned tick of ${MONITORS} monitors, and never two, for ${SECONDS} s`,
    async () => {
      folder = await mkdtemp(join(tmpdir(), 'carillon-failover-'));
      server = await startPrivateRedis();
      fleet = await Fleet.start(REPLICAS, server, {
        MODULES: 'scheduler,leader,health',
        DB_TYPE: 'sqlite',
        DB_NAME: join(folder, 'monitors.db'),
        LEADER_KEY,
        LEADER_TTL_MS: String(LEASE_MS),
        SCHEDULER_CATCH_UP: 'all',
      });
      const books = new BooksWatch(fleet);
      const monitors = await createMonitors((await fleet.leader()).service.url);
      const context = { fleet, random: new Random(SEED), leaseMs: LEASE_MS, done: [] as string[] };
      await eventually(async () => expect(await watermark()).toBeGreaterThan(monitors.at(-1)!.createdAt));
      // The watermark knows nothing of a monitor that no event told the leader of yet: its successor finds one that is
      // older than the watermark, whose first check is not made up for.
      await eventually(async () => expect(await withoutFirst(fleet!.redis, monitors)).toEqual([]));

      await strike(context, SECONDS * 1000);
      const end = Date.now();
      await eventually(async () => expect(await watermark()).toBeGreaterThan(end + 1000), 60_000);
      await books.end();
      await fleet.stop();

      const upTo = await watermark();
      const tasks = await tasksIn(fleet.redis);
      const { planned, ...wrong } = compare(monitors, tasks, upTo);
      tell({
        seed: SEED,
        planned_ticks: planned,
        tasks: tasks.length,
        takeovers: fleet.takeovers,
        misfortunes: counted(context.done),
        duplicates_refused: books.sum('duplicate'),
        books_looked_at: books.samples,
        ...figuresOf(tasks),
      });
      expect(first(wrong)).toEqual({ missing: [], offGrid: [], double: [] });
      expect(books.wrong.slice(0, 10)).toEqual([]);
      expect(planned).toBeGreaterThan(MONITORS * (SECONDS / 5));
      expect(books.samples).toBeGreaterThan(SECONDS);
      expect(fleet.takeovers).toBeGreaterThan(SECONDS / 20);
    },
    (SECONDS + 180) * 1000,
  );
});

async function watermark(): Promise<number> {
  return Number(await fleet!.redis.get(WATERMARK));
}

/** Of 1 to 5 s, through the API; each gets its first check at once. */
async function createMonitors(url: string): Promise<Planned[]> {
  const monitors: Planned[] = [];
  const createNext = async (): Promise<void> => {
    for (let n = (asked += 1); n <= MONITORS; n = asked += 1) {
      const interval = 1 + (n % 5);
      const fields = { name: `monitor ${n}`, type: 'tcp', interval, config: { host: '127.0.0.1', port: 9 } };
      const { status, body } = await post(`${url}/monitors`, fields);
      expect([status, body]).toMatchObject([201, { interval }]);
      const { id, created_at } = body as { id: string; created_at: string };
      monitors.push({ id, interval: interval * 1000, createdAt: Date.parse(created_at) });
    }
  };
  let asked = 0;
  await Promise.all(Array.from({ length: 8 }, createNext));
  return monitors.sort((a, b) => a.createdAt - b.createdAt);
}

function figuresOf(tasks: readonly Found[]) {
  const late = tasks.map(({ enqueuedAt, plannedAt }) => enqueuedAt - plannedAt).sort((a, b) => a - b);
  const times = tasks.map(({ enqueuedAt }) => enqueuedAt).sort((a, b) => a - b);
  const at = (share: number) => late[Math.min(late.length - 1, Math.floor(late.length * share))];
  return {
    longest_hole_ms: times.reduce((most, time, i) => Math.max(most, i === 0 ? 0 : time - times[i - 1]!), 0),
    lateness_ms: { p50: at(0.5), p90: at(0.9), p99: at(0.99), max: late.at(-1) },
    enqueued_early: late.filter((ms) => ms < 0).length,
  };
}

function counted(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

function first(lists: Record<string, string[]>): Record<string, string[]> {
  return Object.fromEntries(Object.entries(lists).map(([name, list]) => [name, list.slice(0, 10)]));
}

/** Past Jest, which would add a stack to it. */
function tell(figures: object): void {
  process.stdout.write(`failover: ${JSON.stringify(figures, null, 2)}\n`);
}
