import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, it } from '@jest/globals';
import { get, post } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { startProcess, type RunningProcess } from '../support/process.js';

const MIB = 1024 * 1024;
/**
 * How much more resident memory readers may cost that read nothing, MiB. It holds what the allocator has not given back, too;
 * without their bounds followers needed 260 to 270, and exports all of the heap.
 */
const MOST_MORE_MIB = 180;

let service: RunningProcess;
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  service.child.kill('SIGKILL');
  await service.exited;
}, 30_000);

async function start(stallMs: number): Promise<void> {
  service = await startProcess(
    {
      NODE_OPTIONS: '--max-old-space-size=512',
      STREAM_STALL_MS: String(stallMs),
      MODULES: 'producer,batch,leader,scheduler,worker,health',
    },
    60_000,
  );
}

/** Connections that ask for the paths, one after the other, and read nothing of what comes. */
async function unread(count: number, ...paths: string[]): Promise<void> {
  const { port } = new URL(service.url);
  const requests = paths.map((path) => `GET ${path} HTTP/1.1\r\nhost: localhost\r\n\r\n`).join('');
  await Promise.all(
    Array.from({ length: count }, async () => {
      const socket = connect(Number(port), '127.0.0.1');
      sockets.push(socket.on('error', () => undefined));
      await once(socket, 'connect');
      socket.pause();
      socket.write(requests);
    }),
  );
}

/** Resident memory, MiB. */
async function memory(): Promise<number> {
  const status = await readFile(`/proc/${service.child.pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024;
}

/** The sum of a metric over all of its labels that contain `labels`. */
async function metric(name: string, labels = ''): Promise<number> {
  const { text } = await get(`${service.url}/metrics`);
  const lines = text.split('\n').filter((line) => line.startsWith(name) && line.includes(labels));
  return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}

const refused = (route: string) =>
  metric('carillon_http_request_seconds_count', `route="${route}",status="503"`);

/** Answers soon and rightly while `work` goes on. */
async function servesDuring(work: () => Promise<unknown>): Promise<void> {
  let isOver = false;
  const asking = (async () => {
    while (!isOver) {
      expect((await get(`${service.url}/health/live`)).status).toBe(200);
      await delay(20);
    }
  })();
  await work().finally(() => (isOver = true));
  await asking;
}

async function largeMonitors(count: number): Promise<void> {
  const monitor = {
    type: 'http',
    interval: 60,
    timeout: 10,
    active: false,
    config: { url: 'http://127.0.0.1:1/', body: 'x'.repeat(58_000) },
  };
  for (let at = 0; at < count; at += 50) {
    const some = Array.from({ length: 50 }, (_, n) => ({ ...monitor, name: `large ${at + n}` }));
    expect((await post(`${service.url}/monitors/import`, some)).status).toBe(200);
  }
}

const flood = (topic: string, count: number, chars: number) =>
  Array.from({ length: count }, (_, n) => ({ topic, key: 'k', message: { n, pad: 'x'.repeat(chars) } }));

/** Follows a topic and counts its events until it is told to leave. */
async function goodFollower(topic: string): Promise<{ events: () => number; leave: () => Promise<void> }> {
  const abort = new AbortController();
  const response = await fetch(`${service.url}/topics/${topic}/tail`, { signal: abort.signal });
  let events = 0;
  const reading = (async () => {
    let end = '';
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
      const text = end + Buffer.from(chunk).toString('latin1');
      events += text.split('\nid: ').length - 1;
      end = text.slice(-4);
    }
  })().catch(() => undefined);
  const leave = async () => {
    abort.abort();
    await reading;
  };
  return { events: () => events, leave };
}

describe('64 followers that stand still', () => {
  it.each([
    ['15 KB', 100, 15_000, MOST_MORE_MIB],
    ['400 KB', 10, 400_000, 220],
  ])(
    'of records of %s hold little, and are cut off',
    async (_, count, chars, mostMore) => {
      await start(10_000);
      const batch = flood('flood', count, chars);
      const write = async () => expect((await post(`${service.url}/produce/batch`, batch)).status).toBe(200);
      for (let n = 0; n < 30; n += 1) await write();
      const before = await memory();
      await unread(63, '/topics/flood/tail');
      const good = await goodFollower('flood');
      await eventually(async () => expect(await metric('carillon_producer_followers')).toBe(64));
      expect((await get(`${service.url}/topics/flood/tail`)).status).toBe(503);
      let most = 0;
      await servesDuring(async () => {
        for (let n = 0; n < 30; n += 1) {
          await write();
          most = Math.max(most, await memory());
        }
      });
      expect(most - before).toBeLessThan(mostMore);
      await eventually(() => expect(good.events()).toBe(30 * count), 60_000);
      await eventually(async () => expect(await metric('carillon_producer_followers')).toBe(1), 60_000);
      expect(await metric('carillon_http_stalled_total')).toBe(63);
      expect(await refused('/topics/:topic/tail')).toBe(1);
      await good.leave();
    },
    180_000,
  );
});

describe('large answers that nobody reads', () => {
  it('50 exports at once: eight are written, until they are cut off, and the process lives', async () => {
    await start(3000);
    await largeMonitors(1000);
    const before = await memory();
    let most = 0;
    await servesDuring(async () => {
      await unread(50, '/monitors/export');
      await eventually(async () => {
        most = Math.max(most, await memory());
        expect(await refused('/monitors/export')).toBe(42);
        expect(await metric('carillon_monitors_exports')).toBe(0);
      }, 60_000);
    });
    expect(most - before).toBeLessThan(MOST_MORE_MIB);
    expect(await metric('carillon_http_stalled_total')).toBe(8);
    const lines = await get(`${service.url}/monitors/export?format=ndjson`);
    expect([lines.status, lines.text.split('\n').length]).toEqual([200, 1001]);
  }, 180_000);

  it.each([
    ['/monitors', '/monitors?limit=1000'],
    ['/topics/:topic/records', '/topics/pages/records?partition=0&limit=1000'],
  ])(
    'pages of %s, twenty and twenty behind them, are bounded over all of them',
    async (_, path) => {
      await start(3000);
      await largeMonitors(150);
      const records = flood('pages', 20, 40_000).map((record) => ({ ...record, key: null, partition: 0 }));
      for (let n = 0; n < 10; n += 1)
        expect((await post(`${service.url}/produce/batch`, records)).status).toBe(200);
      const before = await memory();
      let most = 0;
      await servesDuring(async () => {
        // What the first answer leaves in the connection holds up the second.
        await unread(20, path, path);
        await eventually(async () => {
          most = Math.max(most, await memory());
          expect(await metric('carillon_http_unread_answer_bytes')).toBeLessThanOrEqual(64 * MIB);
          expect(await metric('carillon_http_stalled_total')).toBeGreaterThan(0);
          expect(await metric('carillon_http_unread_answer_bytes')).toBe(0);
        }, 60_000);
      });
      expect(most - before).toBeLessThan(MOST_MORE_MIB + 64);
      expect((await get(service.url + path)).text.length).toBeGreaterThan(MIB);
    },
    180_000,
  );

  it('an export that is not read holds up no stop, and ends without the end of its JSON', async () => {
    await start(600_000);
    await largeMonitors(400);
    await unread(1, '/monitors/export');
    await eventually(async () => expect(await metric('carillon_monitors_exports')).toBe(1));
    service.child.kill('SIGTERM');
    expect(await service.exited).toBe(0);
    const [socket] = sockets;
    let text = '';
    socket!.on('data', (chunk: Buffer) => (text = (text + chunk.toString('latin1')).slice(-1000)));
    await once(socket!.resume(), 'close');
    expect(text).toContain('xxx');
    expect(text).not.toContain(']');
  }, 120_000);

  it('plain ones end with their connections, and one that is read slowly does not', async () => {
    await start(1000);
    const paths = Array.from({ length: 400 }, () => '/metrics');
    await unread(10, ...paths);
    const { port } = new URL(service.url);
    const slow = connect(Number(port), '127.0.0.1');
    sockets.push(slow);
    slow.write(`${paths.map((path) => `GET ${path} HTTP/1.1\r\nhost: localhost\r\n`).join('\r\n')}\r\n`);
    slow.write(`GET /health/live HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n`);
    const began = performance.now();
    let last = '';
    for await (const chunk of slow as AsyncIterable<Buffer>) {
      last = (last + chunk.toString('latin1')).slice(-200);
      await delay(performance.now() - began < 6000 ? 100 : 0);
    }
    expect(last).toContain('{"status":"alive"}');
    await eventually(async () => expect(await metric('carillon_http_stalled_total')).toBe(10), 30_000);
    await eventually(async () => expect(await metric('carillon_http_connections')).toBeLessThan(5), 30_000);
  }, 120_000);
});
