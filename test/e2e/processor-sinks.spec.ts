import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { get, post, startApp, type RunningApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { outputFiles } from '../support/output-folder.js';

/** A target that answers each request with the next status of a script, then 201. */
class Target {
  readonly seen: { headers: IncomingMessage['headers']; body: string }[] = [];
  script: { status: number; headers?: Record<string, string> }[] = [];
  private readonly server: Server = createServer((request, response) => this.answer(request, response));

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    const { port } = this.server.address() as { port: number };
    return `http://user:hunter2@127.0.0.1:${port}/hook?a=1`;
  }

  stop(): void {
    this.server.closeAllConnections();
    this.server.close();
  }

  private answer(request: IncomingMessage, response: ServerResponse): void {
    let body = '';
    request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
    request.on('end', () => {
      this.seen.push({ headers: request.headers, body });
      const { status, headers } = this.script.shift() ?? { status: 201 };
      response.writeHead(status, headers).end('{}');
    });
  }
}

describe('the sinks', () => {
  const target = new Target();
  let app: RunningApp;
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'carillon-output-'));
    app = await startApp({
      OUTPUT_FOLDER: folder,
      PROCESSOR_SINKS: 'file,http,topic',
      PROCESSOR_HTTP_URL: await target.start(),
      PROCESSOR_TOPIC: 'expenses',
      PROCESSOR_ATTEMPTS: '3',
      PROCESSOR_RETRY_DELAYS_MS: '20,1100',
    });
  });
  afterAll(async () => {
    await app.stop();
    target.stop();
  });
  const publish = async (text: string, id: string) => {
    target.seen.length = 0;
    const { status } = await post(`${app.url}/events/expense.created`, text, { 'x-message-id': id });
    expect(status).toBe(200);
  };
  const inTopic = async () => {
    const { body } = await get(`${app.url}/topics/expenses`);
    const ends = (body.partitions ?? []) as { next: number }[];
    return ends.reduce((sum, { next }) => sum + next, 0);
  };
  const total = async () => (await get(`${app.url}/processor/dead-letters`)).body.total as number;

  it('each get the message; an attempt that failed is repeated only where it failed, under one key', async () => {
    target.script = [{ status: 500 }, { status: 429, headers: { 'retry-after': '1' } }];
    await publish('{"n": 1.0}', 'one');
    await eventually(() => expect(target.seen).toHaveLength(3));
    expect(new Set(target.seen.map(({ headers }) => headers['idempotency-key']))).toEqual(new Set(['one']));
    expect(target.seen[2]).toMatchObject({
      body: '{"n": 1.0}',
      headers: {
        'content-type': 'application/json',
        authorization: `Basic ${Buffer.from('user:hunter2').toString('base64')}`,
        'x-routing-key': 'expense.created',
      },
    });
    expect(await outputFiles(folder)).toHaveLength(1);
    await eventually(async () => expect(await inTopic()).toBe(1));
    expect(await total()).toBe(0);
  });

  it('a refusal makes a dead letter at once; sent again, only who has not got it is asked', async () => {
    target.script = [{ status: 400 }];
    await publish('{"n": 2}', 'two');
    const [letter] = await eventually(async () => {
      const { dead_letters } = (await get(`${app.url}/processor/dead-letters`)).body;
      expect(dead_letters).toHaveLength(1);
      return dead_letters;
    });
    expect(letter).toMatchObject({
      reason: { code: 'TARGET_REFUSED', message: 'The target of PROCESSOR_HTTP_URL answered 400.' },
      attempts: 1,
    });
    expect(target.seen).toHaveLength(1);
    await eventually(async () => expect(await inTopic()).toBe(2));
    expect(await outputFiles(folder)).toHaveLength(2);
    await post(`${app.url}/processor/dead-letters/resend`, {});
    await eventually(() => expect(target.seen).toHaveLength(2));
    expect(target.seen[1]?.headers['idempotency-key']).toBe('two');
    await eventually(async () => expect(await total()).toBe(0));
    expect([await inTopic(), (await outputFiles(folder)).length]).toEqual([2, 2]);
  });

  it('what fails in every attempt becomes a dead letter that tells how often', async () => {
    target.script = Array.from({ length: 3 }, () => ({ status: 503 }));
    await publish('{"n": 3}', 'three');
    await eventually(async () => expect(await total()).toBe(1));
    const [letter] = (await get(`${app.url}/processor/dead-letters`)).body.dead_letters;
    expect(letter).toMatchObject({ reason: { code: 'TARGET_UNAVAILABLE' }, attempts: 3 });
    expect(target.seen).toHaveLength(3);
    expect(JSON.stringify(letter)).not.toContain('hunter2');
  });
});
