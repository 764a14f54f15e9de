import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { MessageExchange } from '../../src/ports/message-exchange.port.js';
import { get, post, startApp, type RunningApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { outputFiles, outputTexts } from '../support/output-folder.js';

const newFolder = () => mkdtemp(join(tmpdir(), 'carillon-output-'));
const NAME = /^\d{8}_\d{6}_\d{6}_expense\.created\.json$/;

let app: RunningApp;
let folder: string;
beforeAll(async () => {
  folder = await newFolder();
  app = await startApp({
    MODULES: 'processor,health',
    OUTPUT_FOLDER: folder,
    PROCESSOR_BINDINGS: 'expense.#',
    PROCESSOR_RETRY_DELAYS_MS: '20,50',
    PROCESSOR_MAX_BYTES: '1000',
  });
});
afterAll(() => app.stop());

/** As a publisher with AMQP would: any bytes. */
function publishRaw(body: Buffer, routingKey = 'expense.poison', messageId: string | null = null) {
  return app.app.get(MessageExchange).publish({
    exchange: 'expenses_exchange',
    routingKey,
    body,
    messageId,
    contentType: null,
    headers: { who: 'test' },
    timestamp: Date.now(),
  });
}

async function letters() {
  return (await get(`${app.url}/processor/dead-letters`)).body;
}

describe('POST /events', () => {
  it('becomes a file named by the contract, indented, its numbers as they were sent', async () => {
    const sent =
      '{"action":"created","entity":"expense","data":{"id":12345678901234567890,"amount":12.50},"timestamp":"x"}';
    const { status, body } = await post(`${app.url}/events/expense.created`, sent);
    expect(status).toBe(200);
    expect(body).toEqual({
      success: true,
      message: 'Event published',
      exchange: 'expenses_exchange',
      routing_key: 'expense.created',
      message_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
    const [name] = await eventually(async () => {
      const files = await outputFiles(folder);
      expect(files).toHaveLength(1);
      return files;
    });
    expect(name).toMatch(NAME);
    expect((await outputTexts(folder))[0]).toBe(
      '{\n  "action": "created",\n  "entity": "expense",\n  "data": {\n    "id": 12345678901234567890,\n    "amount": 12.50\n  },\n  "timestamp": "x"\n}',
    );
    expect((await readdir(folder)).filter((entry) => entry.startsWith('.'))).toEqual(['.carillon']);
  });

  it('takes any JSON value and any routing key that is bound, without leaving the folder', async () => {
    const before = (await outputFiles(folder)).length;
    const keys = ['expense...%2F..%2Fetc', 'expense.%00', 'expense.%C3%A9t%C3%A9', 'expense.a%2Fb'];
    for (const key of keys) expect((await post(`${app.url}/events/${key}`, 'null')).status).toBe(200);
    await eventually(async () => expect(await outputFiles(folder)).toHaveLength(before + keys.length));
    for (const name of await outputFiles(folder)) expect(name).toMatch(/^[\w.%-]+\.json$/);
  });

  it('answers UNROUTABLE when no queue is bound, and refuses what is wrong', async () => {
    const unbound = await post(`${app.url}/events/nobody.listens`, '1');
    expect([unbound.status, unbound.body.code]).toEqual([404, 'UNROUTABLE']);
    const long = await post(`${app.url}/events/expense.${'x'.repeat(250)}`, '1');
    expect([long.status, long.body.code]).toEqual([422, 'VALIDATION_FAILED']);
    const broken = await post(`${app.url}/events/expense.x`, '{');
    expect([broken.status, broken.body.code]).toEqual([400, 'MALFORMED_JSON']);
    const id = await post(`${app.url}/events/expense.x`, '1', { 'x-message-id': 'é' });
    expect([id.status, id.body.code]).toEqual([422, 'VALIDATION_FAILED']);
  });

  it('makes one file of a message id, and two of equal messages without one', async () => {
    const before = (await outputFiles(folder)).length;
    for (let i = 0; i < 3; i++)
      await post(`${app.url}/events/expense.same`, '{"n":1}', { 'x-message-id': 'same-1' });
    for (let i = 0; i < 2; i++) await publishRaw(Buffer.from('{"n":1}'), 'expense.same');
    await post(`${app.url}/events/expense.last`, '{}');
    await eventually(async () => {
      const files = await outputFiles(folder);
      expect(files.some((name) => name.includes('expense.last'))).toBe(true);
      expect(files).toHaveLength(before + 4);
    });
  });
});

describe('dead letters', () => {
  it('hold what cannot be processed, with the reason, among good messages', async () => {
    const before = (await outputFiles(folder)).length;
    await publishRaw(Buffer.from('{"password": hunter2}'), 'expense.poison', 'p-1');
    await publishRaw(Buffer.from([0x22, 0xff, 0x22]));
    await publishRaw(Buffer.from('"good"'), 'expense.good');
    await publishRaw(Buffer.from(''));
    await publishRaw(Buffer.from(`"${'x'.repeat(1000)}"`));
    const { total, dead_letters, next } = await eventually(async () => {
      const page = await letters();
      expect(page.total).toBe(4);
      return page;
    });
    await eventually(async () => expect(await outputFiles(folder)).toHaveLength(before + 1));
    expect([total, next]).toEqual([4, null]);
    expect(dead_letters.map(({ reason }: { reason: { code: string } }) => reason.code).sort()).toEqual([
      'MESSAGE_TOO_LARGE',
      'PAYLOAD_NOT_JSON',
      'PAYLOAD_NOT_JSON',
      'PAYLOAD_NOT_UTF8',
    ]);
    const poison = dead_letters.find(({ message_id }: { message_id: string }) => message_id === 'p-1');
    expect(poison).toMatchObject({
      routing_key: 'expense.poison',
      attempts: 1,
      bytes: 21,
      first_seen: expect.stringMatching(/Z$/),
      given_up: expect.stringMatching(/Z$/),
    });
    expect(JSON.stringify(poison)).not.toContain('hunter2');
    const shown = await get(`${app.url}/processor/dead-letters/${poison.id}`);
    expect(shown.body).toMatchObject({ payload: '{"password": hunter2}', headers: { who: 'test' } });
    expect((await get(`${app.url}/metrics`)).text).toContain(
      'carillon_processor_dead_lettered_total{code="PAYLOAD_NOT_UTF8"} 1',
    );
  });

  it('are shown in pages', async () => {
    const first = (await get(`${app.url}/processor/dead-letters?limit=3`)).body;
    expect(first.dead_letters).toHaveLength(3);
    const rest = (await get(`${app.url}/processor/dead-letters?limit=3&after=${first.next}`)).body;
    expect(rest.dead_letters).toHaveLength(1);
    const wrong = await get(`${app.url}/processor/dead-letters?limit=0`);
    expect([wrong.status, wrong.body.detail[0].loc]).toEqual([422, ['query', 'limit']]);
  });

  it('are sent again: a dry run sends nothing, and a misspelt field does nothing', async () => {
    const dry = await post(`${app.url}/processor/dead-letters/resend`, { dry_run: true });
    expect(dry.body).toMatchObject({ dry_run: true, resent: 0, missing: [], more: false });
    expect(dry.body.ids).toHaveLength(4);
    const typo = await post(`${app.url}/processor/dead-letters/resend`, { dryrun: true });
    expect([typo.status, typo.body.detail[0].loc]).toEqual([422, ['body', 'dryrun']]);
    for (const empty of [{ ids: null }, { dry_run: null }])
      expect((await post(`${app.url}/processor/dead-letters/resend`, empty)).status).toBe(422);
    expect((await letters()).total).toBe(4);
    const real = await post(`${app.url}/processor/dead-letters/resend`, {});
    expect(real.body).toMatchObject({ resent: 4 });
    // They are as wrong as before, and come back.
    await eventually(async () => expect((await letters()).total).toBe(4));
    const metrics = (await get(`${app.url}/metrics`)).text;
    expect(metrics).toContain('carillon_processor_dead_lettered_total{code="PAYLOAD_NOT_UTF8"} 2');
  });

  it('are sent again and discarded one by one', async () => {
    const [first, ...others] = (await letters()).dead_letters;
    const one = await post(`${app.url}/processor/dead-letters/${first.id}/resend`, {});
    expect(one.body).toMatchObject({ resent: 1, ids: [first.id] });
    for (const { id } of others) {
      const gone = await fetch(`${app.url}/processor/dead-letters/${id}`, { method: 'DELETE' });
      expect(gone.status).toBe(204);
    }
    await eventually(async () => expect((await letters()).total).toBe(1));
    const unknown = await get(`${app.url}/processor/dead-letters/${others[0].id}`);
    expect([unknown.status, unknown.body.code]).toEqual([404, 'DEAD_LETTER_UNKNOWN']);
  });
});

describe('an output folder that cannot be used', () => {
  it('stops consuming, shows in /health, takes nobody’s message, and goes on by itself', async () => {
    const parent = await newFolder();
    const output = join(parent, 'messages');
    await writeFile(output, 'a file where the folder should be');
    const sick = await startApp({ MODULES: 'processor,health', OUTPUT_FOLDER: output });
    try {
      const { status, body } = await get(`${sick.url}/health`);
      expect([status, body.status]).toEqual([503, 'unhealthy']);
      expect(body.troubles).toEqual([
        { part: 'processor', code: 'OUTPUT_UNUSABLE', message: expect.stringContaining('OUTPUT_FOLDER') },
      ]);
      expect((await get(`${sick.url}/health/ready`)).status).toBe(503);
      expect((await post(`${sick.url}/events/expense.created`, '{"kept":true}')).status).toBe(200);
      await rm(output);
      await eventually(async () => {
        expect((await get(`${sick.url}/health/ready`)).status).toBe(200);
        expect(await outputTexts(output)).toEqual(['{\n  "kept": true\n}']);
      }, 15_000);
    } finally {
      await sick.stop();
    }
  });

  it('never takes a gateway out of rotation', async () => {
    const parent = await newFolder();
    await writeFile(join(parent, 'messages'), '');
    const both = await startApp({ OUTPUT_FOLDER: join(parent, 'messages') });
    try {
      const { status, body } = await get(`${both.url}/health`);
      expect([status, body.status]).toEqual([200, 'degraded']);
      expect((await get(`${both.url}/health/ready`)).status).toBe(200);
    } finally {
      await both.stop();
    }
  });
});
