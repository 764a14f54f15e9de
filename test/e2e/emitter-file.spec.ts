import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { get } from '../support/app.js';
import { status } from '../support/bad-server.js';
import {
  EmitTarget,
  emittersFile,
  emitterTo,
  expectBalance,
  newFolder,
  startEmitters,
  startEmitting,
  type EmittingApp,
} from '../support/emit-target.js';
import { eventually } from '../support/eventually.js';
import { outputFiles, outputTexts } from '../support/output-folder.js';

let target: EmitTarget;
let app: EmittingApp | undefined;
beforeEach(async () => {
  target = await EmitTarget.listen();
});
afterEach(async () => {
  await app?.stop();
  app = undefined;
  await target.close();
});

describe('EMITTERS_FILE', () => {
  it('has several emitters at once, each with its own schedule, target and payload', async () => {
    const output = await newFolder();
    const file = await emittersFile([
      emitterTo(target, {
        name: 'each-second',
        every: undefined,
        cron: '* * * * * *',
        target: {
          http: { url: target.url, method: 'PUT', headers: { Authorization: 'Bearer ${TOKEN_OF_TEST}' } },
        },
        payload: { template: { at: '{{planned}}', ms: '{{planned_ms}}', of: '{{name}}', id: '{{uuid}}' } },
        signing_secret: '${SECRET_OF_TEST}',
      }),
      {
        name: 'to-topic',
        every: '200ms',
        target: { topic: { name: 'heartbeats', key: 'gateway-1', headers: { who: 'test' } } },
        payload: { template: { n: '{{count}}' } },
      },
      {
        name: 'to-exchange',
        every: '1h',
        target: { exchange: { routing_key: 'expense.created' } },
        payload: { file: './expenses.json' },
      },
      emitterTo(target, { name: 'resting', every: '100ms', paused: true }),
    ]);
    await writeFile(join(dirname(file), 'expenses.json'), '[{"action":"created","id":12345678901234567890}]');
    app = await startEmitting({
      EMITTERS_FILE: file,
      OUTPUT_FOLDER: output,
      TOKEN_OF_TEST: 'token-1',
      SECRET_OF_TEST: 'whsec_c2VjcmV0',
    });
    await eventually(() => expect(target.messages.length).toBeGreaterThan(2));

    for (const { method, headers, body, key, plannedAt } of target.messages) {
      expect([method, headers.authorization]).toEqual(['PUT', 'Bearer token-1']);
      expect([plannedAt % 1000, key]).toEqual([0, `each-second-${plannedAt}`]);
      expect(headers).toMatchObject({
        'webhook-id': key,
        'webhook-signature': expect.stringMatching(/^v1,/),
      });
      expect(JSON.parse(body)).toEqual({
        at: new Date(plannedAt).toISOString(),
        ms: plannedAt,
        of: 'each-second',
        id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      });
    }

    const partitions = await Promise.all(
      [0, 1, 2].map((partition) => get(`${app!.url}/topics/heartbeats/records?partition=${partition}`)),
    );
    const records = partitions.flatMap(({ body }) => body.records ?? []);
    expect(records.length).toBeGreaterThan(5);
    expect(records.map(({ value }) => value)).toEqual(records.map((_, i) => ({ n: i + 1 })));
    expect(records[0]).toMatchObject({
      key: 'gateway-1',
      headers: { who: 'test', 'idempotency-key': expect.stringMatching(/^to-topic-[0-9a-f]{8}-\d{13}$/) },
    });

    await eventually(async () => expect(await outputFiles(output)).toHaveLength(1));
    expect((await outputFiles(output))[0]).toMatch(/_expense\.created\.json$/);
    expect(await outputTexts(output)).toEqual(['{\n  "action": "created",\n  "id": 12345678901234567890\n}']);

    const { emitters } = (await get(`${app.url}/emitters`)).body;
    expect(emitters.map(({ name, state, target }: Record<string, string>) => [name, state, target])).toEqual([
      ['each-second', 'running', `PUT ${new URL(target.url).origin}`],
      ['to-topic', 'running', 'topic heartbeats'],
      ['to-exchange', 'running', 'exchange expenses_exchange'],
      ['resting', 'paused', `POST ${new URL(target.url).origin}`],
    ]);
    for (const { books } of emitters) expectBalance(books);
    expect(emitters[2].books).toMatchObject({ planned: 1, delivered: 1 });
    expect(emitters[3].books).toMatchObject({ sent: 0 });
    expect(app.log.filter(({ msg }) => msg.startsWith('HTTP metrics')).map(({ emitter }) => emitter)).toEqual(
      expect.not.arrayContaining(['to-topic', 'to-exchange']),
    );
    expect(JSON.stringify([app.log, emitters])).not.toMatch(/token-1|c2VjcmV0/);
  });

  it('beside the datetime message, which is sent by trigger only', async () => {
    app = await startEmitters([emitterTo(target, { every: '1h' })], {
      API_URL: target.at('/v1'),
      ENVIRONMENT: 'test',
      TZ: 'UTC',
    });
    const { body } = await app.call('trigger', {}, 'datetime');
    expect(body.end).toBe('delivered');
    const sent = target.messages.find(({ path }) => path === '/v1/api/messages');
    expect(JSON.parse(sent!.body)).toEqual({
      datetime: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d$/),
      environment: 'test',
    });
    expect(await app.show('datetime')).toMatchObject({ schedule: 'by trigger only', next_at: null });
  });
});

/** Ticks meet a target that does not answer: what is in flight at its most, and the books. */
async function overlapping(policy: Record<string, unknown>) {
  const held = target.hold();
  app = await startEmitters([emitterTo(target, { every: '50ms', ...policy })]);
  return held;
}

describe('ticks while the one before is in flight', () => {
  it.each([
    ['skip', { overlap: 'skip' }, 1],
    ['allow, up to max_in_flight', { overlap: 'allow', max_in_flight: 3 }, 3],
  ])('%s: no more than so many are sent, the others are skipped as overlap', async (_, policy, most) => {
    const { open } = await overlapping(policy);
    const { books } = await eventually(async () => {
      const shown = await app!.show();
      expect(shown.books.skipped.overlap).toBeGreaterThan(4);
      return shown;
    });
    expect(books).toMatchObject({ sent: most, in_flight: most, delivered: 0 });
    expect(target.messages).toHaveLength(most);
    expectBalance(books);
    open();
    await eventually(async () => expect((await app!.show()).books.delivered).toBeGreaterThan(most));
    expectBalance((await app!.show()).books);
  });

  it('queue: they wait their turn, one at a time and in order; above 100 they are skipped', async () => {
    const { open } = await overlapping({ every: '10ms', overlap: 'queue' });
    const { books } = await eventually(async () => {
      const shown = await app!.show();
      expect(shown.books.skipped.overlap).toBeGreaterThan(3);
      return shown;
    });
    expect(books).toMatchObject({ sent: 101, in_flight: 101 });
    expect(target.messages).toHaveLength(1);
    expectBalance(books);
    await app!.call('pause');
    open();
    const ended = await eventually(async () => {
      const shown = await app!.show();
      expect(shown.books).toMatchObject({ sent: 101, in_flight: 0, delivered: 101 });
      return shown;
    });
    const planned = target.messages.map(({ plannedAt }) => plannedAt);
    expect(planned).toEqual([...planned].sort((a, b) => a - b));
    expectBalance(ended.books);
  });
});

describe('metrics', () => {
  it('agree with the books', async () => {
    target.script([status(400), status(500), status(500), status(500)]);
    app = await startEmitters([emitterTo(target, { every: '50ms', overlap: 'queue' })]);
    await eventually(() => expect(target.messages.length).toBeGreaterThan(8));
    await app.call('pause');
    const { open } = target.hold();
    for (let i = 0; i < 3; i += 1) await app.call('trigger', { wait: false });
    await eventually(async () => {
      expect(target.messages.length).toBeGreaterThan(0);
      expect((await app!.show()).books).toMatchObject({ in_flight: 3, refused: 1, given_up: 1 });
    });
    await checkFigures(app);
    open();
    await eventually(async () => expect((await app!.show()).books.in_flight).toBe(0));
    await checkFigures(app);
  });
});

/** Pausing ticks come between two looks, so the figures may have to be looked at again. */
async function checkFigures({ url, show }: EmittingApp): Promise<void> {
  await eventually(async () => {
    const { books, dead_letters } = await show();
    const { text } = await get(`${url}/metrics`);
    const figure = (name: string, more = '') =>
      Number(
        text
          .split('\n')
          .find((line) => line.startsWith(`carillon_emitter_${name}{emitter="alpha"${more}}`))
          ?.split(' ')
          .at(-1) ?? 0,
      );
    expect({
      planned: figure('planned_total'),
      sent: figure('sent_total'),
      skipped: { ...books.skipped, paused: figure('skipped_total', ',reason="paused"') },
      delivered: figure('ends_total', ',end="delivered"'),
      refused: figure('ends_total', ',end="refused"'),
      given_up: figure('ends_total', ',end="given_up"'),
      in_flight: figure('in_flight'),
    }).toEqual(books);
    expect(figure('given_up_files')).toBe(dead_letters);
    expect(figure('latency_seconds_count')).toBe(books.delivered + books.refused + books.given_up);
    expect(figure('lateness_seconds_count')).toBeGreaterThan(0);
    expectBalance(books);
  });
}
