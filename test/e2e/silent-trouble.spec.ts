import { rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { get, post, startApp, type LogLine, type RunningApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { aMonitor } from '../support/monitors-app.js';
import { smallDisk } from '../support/small-disk.js';
import { describeWithServers, startPrivateRedis } from '../support/servers/index.js';

const WAIT_MS = 60_000;
const TEST_MS = 3 * WAIT_MS;

let app: RunningApp | undefined;
const log: LogLine[] = [];
afterEach(async () => {
  await app?.stop();
  app = undefined;
  log.length = 0;
});

const said = (words: string) => log.filter(({ msg }) => msg.includes(words));
const metric = async (line: string) => (await get(`${app!.url}/metrics`)).text.includes(line);

const disk = smallDisk('size=24m');

(disk ? describe : describe.skip)('a data disk that is full', () => {
  afterAll(() => disk!.remove());

  /** Leaves no room, and answers how to make some again. */
  function fill(): () => void {
    const filler = join(disk!.folder, 'filler');
    const { bavail, bsize } = statfsSync(disk!.folder);
    writeFileSync(filler, Buffer.alloc(Math.max(0, bavail * bsize)));
    return () => rmSync(filler);
  }

  /** Starts the parts, fills the disk, writes until it is told, makes room, and waits until it is over. */
  async function suffer(modules: string, file: string, part: string, write: () => Promise<unknown>) {
    app = await startApp({ MODULES: modules, DATA_FOLDER: disk!.folder }, { log });
    expect((await get(`${app.url}/health`)).body).toMatchObject({ status: 'healthy', troubles: [] });
    const free = fill();
    try {
      const { body, status } = await eventually(async () => {
        await write();
        const health = await get(`${app!.url}/health`);
        expect(health.body.troubles).toContainEqual({
          part,
          code: 'STORAGE_FULL',
          message: expect.stringContaining(file),
        });
        return health;
      }, WAIT_MS);
      expect(await metric(`carillon_storage_trouble{file="${file}"} 1`)).toBe(true);
      expect(said(`${file} takes no writes: the disk`)).toHaveLength(1);
      return { status, state: body.status as string, ready: (await get(`${app.url}/health/ready`)).status };
    } finally {
      free();
      await eventually(async () => {
        const { body } = await get(`${app!.url}/health`);
        expect(body).toMatchObject({ status: 'healthy', troubles: [] });
      }, WAIT_MS);
      expect(said(`${file} takes no writes: over`)).toHaveLength(1);
      expect(await metric(`carillon_storage_trouble{file="${file}"} 0`)).toBe(true);
    }
  }

  const send = () => post(`${app!.url}/produce`, { topic: 't', message: 'x'.repeat(200_000) });

  it(
    'takes a gateway out of rotation, as its every write fails, and is over by itself',
    async () => {
      const told = await suffer('producer,health', 'carillon.db', 'producer', send);
      expect(told).toEqual({ status: 503, state: 'unhealthy', ready: 503 });
    },
    TEST_MS,
  );

  it(
    'shows for messages of the exchange',
    async () => {
      const publish = () => post(`${app!.url}/events/expense.x`, { text: 'x'.repeat(200_000) });
      await suffer('processor,health', 'carillon.db', 'processor', publish);
    },
    TEST_MS,
  );

  it(
    'shows for monitors, whose reads succeed',
    async () => {
      const create = async () => {
        await post(`${app!.url}/monitors`, aMonitor({ name: 'x'.repeat(100), config: CONFIG }));
        await get(`${app!.url}/monitors`);
      };
      await suffer('leader,scheduler,worker,health', 'monitors.db', 'scheduler', create);
    },
    TEST_MS,
  );

  it(
    'leaves a gateway in rotation when another part’s disk is full',
    async () => {
      const create = () => post(`${app!.url}/monitors`, aMonitor({ config: CONFIG }));
      const modules = 'producer,leader,scheduler,worker,health';
      const told = await suffer(modules, 'monitors.db', 'scheduler', create);
      expect(told).toEqual({ status: 200, state: 'degraded', ready: 200 });
    },
    TEST_MS,
  );
});

const CONFIG = { host: '127.0.0.1', port: 9 };

async function pauseAndResume(env: Record<string, string>): Promise<void> {
  app = await startApp(
    { MODULES: 'leader,scheduler,worker,health', CHECK_ALLOW: '127.0.0.1', ...env },
    { log },
  );
  const { body: monitor } = await post(`${app.url}/monitors`, aMonitor({ priority: 'critical' }));
  await post(`${app.url}/monitors/${monitor.id}/run`, {});
  await eventually(async () => {
    expect((await post(`${app!.url}/queues/critical/pause`, {})).status).toBe(200);
  }, WAIT_MS);
  await eventually(async () => {
    const { body } = await get(`${app!.url}/health`);
    expect(body).toMatchObject({ status: 'degraded' });
    expect(body.troubles).toEqual([
      { part: 'scheduler', code: 'QUEUE_PAUSED', message: expect.stringContaining('critical') },
    ]);
  }, WAIT_MS);
  expect((await get(`${app.url}/health/ready`)).status).toBe(200);
  expect(await metric('carillon_task_queue_paused{queue="critical"} 1')).toBe(true);
  expect(said('Task queue critical is paused: none')).toHaveLength(1);
  await post(`${app.url}/queues/critical/resume`, {});
  await eventually(async () => {
    expect((await get(`${app!.url}/health`)).body).toMatchObject({ status: 'healthy', troubles: [] });
  }, WAIT_MS);
  expect(said('Task queue critical is paused: over')).toHaveLength(1);
  expect(await metric('carillon_task_queue_paused{queue="critical"} 0')).toBe(true);
}

describe('a queue that is paused', () => {
  it('shows, and does not stop the process: embedded', () => pauseAndResume({}), TEST_MS);
});

describeWithServers(['redis-private'], 'a queue that is paused', () => {
  it(
    'shows, and does not stop the process: on Redis',
    async () => {
      const redis = await startPrivateRedis();
      try {
        await pauseAndResume({ REDIS_HOST: '127.0.0.1', REDIS_PORT: String(redis.port) });
      } finally {
        await app?.stop();
        app = undefined;
        await redis.release();
      }
    },
    TEST_MS,
  );
});
