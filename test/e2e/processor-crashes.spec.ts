import { execFile } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { get } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { FolderWatcher } from '../support/folder-watcher.js';
import { outputTexts } from '../support/output-folder.js';
import { Publisher, withChannel } from '../support/publisher.js';
import { counter, processorEnvironment, ready, startProcessor } from '../support/rabbit-processor.js';
import {
  describeWithServers,
  SERVER_START_MS,
  startedRabbitmq,
  startPrivateRabbitmq,
  startRabbitmqBehindToxiproxy,
  type ProxiedRabbitmq,
  type RabbitmqServer,
} from '../support/servers/index.js';

const VERIFY = fileURLToPath(new URL('../../scripts/verify-files.mjs', import.meta.url));
const run = promisify(execFile);

interface Body {
  n: number;
  identified: boolean;
}

/** Publishes numbered messages until told to stop, every fourth without an id; answers how many were confirmed. */
function publishOn(publisher: Publisher, perSecond: number) {
  const stopping = new AbortController();
  const publish = async () => {
    let n = 0;
    while (!stopping.signal.aborted) {
      const group = Array.from({ length: Math.ceil(perSecond / 50) }, () => {
        const identified = n % 4 !== 3;
        const body = JSON.stringify({ n, identified, filling: 'x'.repeat(200) });
        return {
          routingKey: 'expense.created',
          body,
          messageId: identified ? `id-${n++}` : (n++, undefined),
        };
      });
      await publisher.publishAll(group);
      await delay(20);
    }
    return n;
  };
  const published = publish();
  return {
    stop: () => {
      stopping.abort();
      return published;
    },
  };
}

/** Every number is there; those with an identity exactly once. */
function expectEveryMessage(texts: Iterable<string>, count: number): void {
  const times = new Map<number, number>();
  const twice: number[] = [];
  for (const text of texts) {
    const { n, identified } = JSON.parse(text) as Body;
    const seen = (times.get(n) ?? 0) + 1;
    times.set(n, seen);
    if (seen > 1 && identified) twice.push(n);
  }
  const missing = Array.from({ length: count }, (_, n) => n).filter((n) => !times.has(n));
  expect({ missing, twice, unknown: times.size - count + missing.length }).toEqual({
    missing: [],
    twice: [],
    unknown: 0,
  });
}

/** Resolves when nothing waits in the queue or on its way back to it. */
async function drained(url: string, queue: string, processorUrl: string): Promise<void> {
  await eventually(async () => {
    expect(await counter(processorUrl, 'carillon_processor_in_flight')).toBe(0);
    for (const name of [queue, `${queue}.retry.50`, `${queue}.retry.500`]) {
      const { messageCount } = await withChannel(url, (channel) => channel.checkQueue(name));
      expect({ name, messageCount }).toEqual({ name, messageCount: 0 });
    }
    // The broker's counts lag; what is unacknowledged is in nobody's hands any more.
    expect(await counter(processorUrl, 'carillon_processor_in_flight')).toBe(0);
  }, 60_000);
}

async function expectVerified(folder: string): Promise<void> {
  const { stdout } = await run(process.execPath, [VERIFY, folder]);
  expect(stdout).toContain('0 missing');
}

describeWithServers(['rabbitmq'], 'a processor that is killed', () => {
  it('twenty times under load loses nothing, doubles no identity and shows no half file', async () => {
    const { url } = await startedRabbitmq();
    const env = await processorEnvironment(url);
    let processor = await startProcessor(env);
    const watcher = new FolderWatcher(env.OUTPUT_FOLDER);
    const publisher = new Publisher(url, env.RABBITMQ_EXCHANGE);
    const publishing = publishOn(publisher, 500);
    for (let kills = 0; kills < 20; kills++) {
      await delay(randomInt(20, 400));
      processor.child.kill('SIGKILL');
      expect(await processor.exited).toBe('SIGKILL');
      processor = await startProcessor(env);
    }
    const count = await publishing.stop();
    await publisher.close();
    await drained(url, env.RABBITMQ_QUEUE, processor.url);
    expect((await get(`${processor.url}/processor/dead-letters`)).body.total).toBe(0);
    const seen = await watcher.stop();
    expect(watcher.broken).toEqual([]);
    expect(count).toBeGreaterThan(2000);
    expectEveryMessage(seen.values(), count);
    await expectVerified(env.OUTPUT_FOLDER);
    processor.child.kill('SIGTERM');
    expect(await processor.exited).toBe(0);
  }, 240_000);
});

describeWithServers(['rabbitmq', 'toxiproxy'], 'a connection that is cut', () => {
  let proxied: ProxiedRabbitmq;
  beforeAll(async () => {
    proxied = await startRabbitmqBehindToxiproxy();
  }, SERVER_START_MS);
  afterAll(() => proxied?.release());

  it('five times under load loses nothing and doubles no identity', async () => {
    const env = await processorEnvironment(proxied.url);
    const processor = await startProcessor(env);
    const publisher = new Publisher(proxied.directUrl, env.RABBITMQ_EXCHANGE);
    const publishing = publishOn(publisher, 1000);
    for (let cuts = 0; cuts < 5; cuts++) {
      await delay(randomInt(100, 600));
      await proxied.proxy.disable();
      await delay(randomInt(10, 300));
      await proxied.proxy.reset();
      await ready(processor.url);
    }
    const count = await publishing.stop();
    await publisher.close();
    await drained(proxied.directUrl, env.RABBITMQ_QUEUE, processor.url);
    expectEveryMessage(await outputTexts(env.OUTPUT_FOLDER), count);
    processor.child.kill('SIGTERM');
    expect(await processor.exited).toBe(0);
  }, 120_000);
});

describeWithServers(['rabbitmq-private'], 'a broker that goes away', () => {
  let broker: RabbitmqServer;
  beforeAll(async () => {
    broker = await startPrivateRabbitmq();
  }, SERVER_START_MS);
  afterAll(() => broker?.release());

  it('stopped, then killed, and started again mid-stream: nothing is lost, and the processor goes on by itself', async () => {
    const env = await processorEnvironment(broker.url);
    const processor = await startProcessor(env);
    const publisher = new Publisher(broker.url, env.RABBITMQ_EXCHANGE);
    const publishing = publishOn(publisher, 500);
    for (const end of ['stop', 'kill'] as const) {
      await delay(1000);
      await broker[end]();
      expect((await get(`${processor.url}/health/ready`)).status).toBe(503);
      await broker.start();
      await ready(processor.url, 60_000);
    }
    const count = await publishing.stop();
    await publisher.close();
    await drained(broker.url, env.RABBITMQ_QUEUE, processor.url);
    expectEveryMessage(await outputTexts(env.OUTPUT_FOLDER), count);
    processor.child.kill('SIGTERM');
    expect(await processor.exited).toBe(0);
  }, 240_000);
});
