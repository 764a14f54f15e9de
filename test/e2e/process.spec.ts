import { spawn } from 'node:child_process';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { get, post } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { runToEnd, startProcess } from '../support/process.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

describe('SIGTERM', () => {
  it('turns /health/ready to 503 first, answers what is in flight, and exits 0', async () => {
    const service = await startProcess({ SHUTDOWN_DELAY_MS: '700' });
    const url = new URL('/produce', service.url);
    const body = '{"topic":"t","message":1}';
    const headers = { 'content-type': 'application/json', 'content-length': body.length };
    const slow = request(url, { method: 'POST', headers });
    slow.write(body.slice(0, 5));
    service.child.kill('SIGTERM');
    await eventually(async () => expect((await get(`${service.url}/health/ready`)).status).toBe(503));
    expect((await get(`${service.url}/health/live`)).status).toBe(200);
    expect((await post(`${service.url}/produce`, { topic: 't', message: 0 })).status).toBe(200);
    slow.end(body.slice(5));
    const [answer] = (await once(slow, 'response')) as [{ statusCode: number; resume(): void }];
    answer.resume();
    expect(answer.statusCode).toBe(200);
    expect(await service.exited).toBe(0);
  });

  it('exits at once when nothing is in flight, whatever connections idle', async () => {
    const service = await startProcess();
    await get(`${service.url}/health/live`);
    const before = Date.now();
    service.child.kill('SIGTERM');
    expect(await service.exited).toBe(0);
    expect(Date.now() - before).toBeLessThan(2000);
  });

  it('exits 1 and says what was left when SHUTDOWN_TIMEOUT_MS runs out', async () => {
    const service = await startProcess({ SHUTDOWN_TIMEOUT_MS: '300' });
    const headers = { 'content-type': 'application/json', 'content-length': 100 };
    const hanging = request(new URL('/produce', service.url), { method: 'POST', headers });
    hanging.on('error', () => undefined).write('{');
    await eventually(async () => {
      const { text } = await get(`${service.url}/health/live`);
      expect(text).toContain('alive');
    });
    service.child.kill('SIGTERM');
    expect(await service.exited).toBe(1);
    expect(service.log.join('\n')).toMatch(/1 requests? had no answer/);
  });
});

describe('npm start', () => {
  it('stops gracefully on Ctrl+C, which the terminal and npm both pass on', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'carillon-npm-'));
    const npm = spawn('npm', ['start', '--silent'], {
      cwd: ROOT,
      env: { ...process.env, PORT: '0', DATA_FOLDER: folder },
      stdio: ['ignore', 'pipe', 'inherit'],
      detached: true,
    });
    let output = '';
    npm.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    const closed = once(npm, 'close');
    await eventually(() => expect(output).toContain('listens on'), 20_000);
    process.kill(-(npm.pid as number), 'SIGINT');
    await closed;
    expect(output).toContain('"Stopped."');
  }, 40_000);

  const npmStart = (env: Record<string, string>) => {
    const { npm_execpath: _, ...inherited } = process.env;
    return spawn('npm', ['start', '--silent'], {
      cwd: ROOT,
      env: { ...inherited, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  };

  it('is one Node process: SIGTERM reaches it, and its exit code comes back', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'carillon-npm-'));
    const npm = npmStart({ PORT: '0', DATA_FOLDER: folder });
    const exited = once(npm, 'exit');
    let output = '';
    npm.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    await eventually(() => expect(output).toContain('listens on'), 20_000);
    npm.kill('SIGTERM');
    expect(await exited).toEqual([0, null]);
    expect(output).toContain('"Stopped."');
  }, 40_000);

  it('answers 78 for a wrong configuration', async () => {
    const [code] = (await once(npmStart({ PORT: 'x' }), 'exit')) as [number];
    expect(code).toBe(78);
  }, 40_000);
});

describe('kill -9', () => {
  it('loses no record that was answered 200', async () => {
    let folder: string | undefined;
    const answered: { partition: number; offset: number; n: number }[] = [];
    for (let round = 0; round < 3; round += 1) {
      const service = await startProcess(folder ? { DATA_FOLDER: folder } : {});
      folder = service.folder;
      const client = async (id: number) => {
        for (let k = 0; ; k += 1) {
          const n = round * 1_000_000 + id * 10_000 + k;
          const { status, body } = await post(`${service.url}/produce`, { topic: 'kill', message: n });
          if (status === 200) answered.push({ partition: body.partition, offset: body.offset, n });
        }
      };
      const clients = Array.from({ length: 16 }, (_, id) => client(id).catch(() => undefined));
      const enough = answered.length + 300;
      await eventually(() => expect(answered.length).toBeGreaterThan(enough));
      service.child.kill('SIGKILL');
      await Promise.all([...clients, service.exited]);
    }
    const last = await startProcess({ DATA_FOLDER: folder as string });
    const stored = new Map<string, number>();
    for (const partition of [0, 1, 2]) {
      for (let offset = 0; ;) {
        const { body } = await get(
          `${last.url}/topics/kill/records?partition=${partition}&offset=${offset}&limit=1000`,
        );
        for (const record of body.records) stored.set(`${partition}-${record.offset}`, record.value);
        if (body.next_offset === offset) break;
        offset = body.next_offset;
      }
    }
    const missing = answered.filter(({ partition, offset, n }) => stored.get(`${partition}-${offset}`) !== n);
    expect(missing).toEqual([]);
    last.child.kill('SIGTERM');
    await last.exited;
  }, 60_000);
});

describe('a wrong configuration', () => {
  it('lists every mistake by name, never a value, and exits 78', async () => {
    const { code, stderr } = await runToEnd({
      PORT: '99999-secret',
      MODULES: 'producer,secretpart',
      LOG_LEVEL: 'secretlevel',
      BATCH_MAX_RECORDS: '0',
    });
    expect(code).toBe(78);
    for (const name of ['PORT', 'MODULES', 'LOG_LEVEL', 'BATCH_MAX_RECORDS']) expect(stderr).toContain(name);
    expect(stderr).not.toContain('secret');
  });

  it('in production names the server that is missing, unless the variable says embedded', async () => {
    const { code, stderr } = await runToEnd({ NODE_ENV: 'production' });
    const servers = ['KAFKA_BOOTSTRAP_SERVERS', 'RABBITMQ_URL', 'REDIS_HOST', 'DB_TYPE'];
    const named = servers.filter((name) => stderr.includes(name));
    expect({ code, named }).toEqual({ code: 78, named: servers });
    const service = await startProcess({
      MODE: 'prod',
      KAFKA_BOOTSTRAP_SERVERS: 'embedded',
      RABBITMQ_URL: 'embedded',
      REDIS_HOST: 'embedded',
      DB_TYPE: 'embedded',
    });
    expect((await get(`${service.url}/health`)).body.ports[0]).toMatchObject({ driver: 'embedded' });
    service.child.kill('SIGTERM');
    await service.exited;
  });

  it('a second process on one DATA_FOLDER is an error that names the first', async () => {
    const service = await startProcess();
    const { code, stderr } = await runToEnd({ DATA_FOLDER: service.folder });
    expect(code).not.toBe(0);
    expect(stderr).toContain(String(service.child.pid));
    expect(stderr).toContain('DATA_FOLDER');
    service.child.kill('SIGTERM');
    expect(await service.exited).toBe(0);
  });

  it('a port that is taken is an error that says so', async () => {
    const service = await startProcess();
    const { code, stderr } = await runToEnd({ PORT: new URL(service.url).port });
    expect(code).toBe(1);
    expect(stderr).toContain('PORT');
    service.child.kill('SIGTERM');
    await service.exited;
  });
});

describe('the environment', () => {
  it('is read from .env too; the real one wins', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'carillon-env-'));
    await writeFile(join(folder, '.env'), 'MODULES=health\nMESSAGE_SOURCE=file\nLOG_LEVEL=debug\n');
    const service = await startProcess({ DATA_FOLDER: folder, MODULES: 'producer,health' });
    const { body } = await get(`${service.url}/health`);
    expect(body.parts).toEqual(['producer', 'health']);
    const written = await post(`${service.url}/produce`, { topic: 'env', message: {}, partition: 0 });
    expect(written.status).toBe(200);
    const { body: page } = await get(`${service.url}/topics/env/records`);
    expect(page.records[0].value.source).toBe('file');
    expect(service.log.some((line) => line.includes('"level":20'))).toBe(true);
    service.child.kill('SIGTERM');
    await service.exited;
  });

  it('a server’s variable without its address is a warning with the line to add; in production an error', async () => {
    const service = await startProcess({ RABBITMQ_VHOST: 'x', RABBITMQ_QUEUE: 'q' });
    expect(service.log.join('\n')).toMatch(
      /RABBITMQ_VHOST has no effect without RABBITMQ_URL: add a line such as RABBITMQ_URL=/,
    );
    expect(service.log.join('\n')).toContain('RABBITMQ_QUEUE names what the embedded driver holds');
    service.child.kill('SIGTERM');
    await service.exited;
    const { code, stderr } = await runToEnd({
      NODE_ENV: 'production',
      KAFKA_BOOTSTRAP_SERVERS: 'embedded',
      RABBITMQ_VHOST: 'x',
    });
    expect(code).toBe(78);
    expect(stderr).toContain('RABBITMQ_URL');
  });

  it('the log is one JSON object a line', async () => {
    const service = await startProcess();
    service.child.kill('SIGTERM');
    await service.exited;
    expect(service.log.length).toBeGreaterThan(2);
    for (const line of service.log)
      expect(JSON.parse(line)).toMatchObject({ level: expect.any(Number), msg: expect.any(String) });
    expect(await readFile(join(service.folder, 'carillon.db')).then((bytes) => bytes.length)).toBeGreaterThan(
      0,
    );
  });
});
