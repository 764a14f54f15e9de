import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { answerOf, get } from '../support/app.js';
import { status } from '../support/bad-server.js';
import {
  EmitTarget,
  emitterTo,
  expectBalance,
  startEmitters,
  type EmittingApp,
} from '../support/emit-target.js';
import { eventually } from '../support/eventually.js';

let target: EmitTarget;
beforeEach(async () => {
  target = await EmitTarget.listen();
});
afterEach(() => target.close());

describe('pause and resume', () => {
  it('skips ticks and counts them, and goes on along the old grid', async () => {
    const app = await startEmitters([emitterTo(target, { every: '100ms' })]);
    try {
      await eventually(() => expect(target.messages.length).toBeGreaterThan(2));
      const paused = await app.call('pause');
      expect([paused.status, paused.body.state]).toEqual([200, 'paused']);
      const sent = paused.body.books.sent as number;
      const books = await eventually(async () => {
        const shown = await app.show();
        expect(shown.books.skipped.paused).toBeGreaterThan(4);
        return shown.books;
      });
      expect(books.sent).toBe(sent);
      expect(target.messages).toHaveLength(sent);
      expectBalance(books);
      expect((await app.call('pause')).body.state).toBe('paused');

      expect((await app.call('resume')).body.state).toBe('running');
      await eventually(() => expect(target.messages.length).toBeGreaterThan(sent + 3));
      const [first, ...later] = target.messages;
      for (const { plannedAt } of later) expect((plannedAt - first!.plannedAt) % 100).toBe(0);
      expectBalance((await app.show()).books);
    } finally {
      await app.stop();
    }
  });

  it('leaves what is in flight alone', async () => {
    const { open } = target.hold();
    const app = await startEmitters([emitterTo(target, { every: '1h' })]);
    try {
      await eventually(() => expect(target.messages).toHaveLength(1));
      expect((await app.call('pause')).body.books).toMatchObject({ in_flight: 1, delivered: 0 });
      open();
      await eventually(async () =>
        expect((await app.show()).books).toMatchObject({ in_flight: 0, delivered: 1 }),
      );
    } finally {
      await app.stop();
    }
  });
});

describe('trigger', () => {
  let app: EmittingApp | undefined;
  afterEach(() => app?.stop());

  it('sends one message and answers how it ended', async () => {
    app = await startEmitters([emitterTo(target)]);
    const { status: code, body } = await app.call('trigger');
    expect([code, body]).toEqual([
      200,
      {
        key: target.messages[0]!.key,
        end: 'delivered',
        reason: 'answered 201',
        status: 201,
        attempts: 1,
        elapsed_ms: expect.any(Number),
      },
    ]);
    target.script([status(422)]);
    expect((await app.call('trigger')).body).toMatchObject({ end: 'refused', status: 422, attempts: 1 });
    target.script([], status(500));
    expect((await app.call('trigger')).body).toMatchObject({ end: 'given_up', status: 500, attempts: 3 });
    const { books } = await app.show();
    expect(books).toMatchObject({ planned: 3, sent: 3, delivered: 1, refused: 1, given_up: 1 });
    expectBalance(books);
  });

  it('without waiting answers at once', async () => {
    const { open } = target.hold();
    app = await startEmitters([emitterTo(target)]);
    const { status: code, body } = await app.call('trigger', { wait: false });
    expect([code, body.end]).toEqual([200, null]);
    expect((await app.show()).books).toMatchObject({ in_flight: 1 });
    open();
    await eventually(async () => expect((await app!.show()).books).toMatchObject({ delivered: 1 }));
    expect(target.messages[0]!.key).toBe(body.key);
  });

  it('works while the emitter is paused', async () => {
    app = await startEmitters([emitterTo(target, { every: '1h', paused: true })]);
    const before = await app.show();
    expect(before).toMatchObject({ state: 'paused', books: { planned: 1, sent: 0, skipped: { paused: 1 } } });
    expect((await app.call('trigger')).body.end).toBe('delivered');
    expect((await app.show()).state).toBe('paused');
    expect(target.messages).toHaveLength(1);
  });

  it('is refused while as much is in flight as may be', async () => {
    const { open } = target.hold();
    app = await startEmitters([emitterTo(target, { overlap: 'skip' })]);
    const first = app.call('trigger');
    await eventually(() => expect(target.messages).toHaveLength(1));
    const second = await app.call('trigger');
    expect([second.status, second.body.code, second.body.retryable]).toEqual([409, 'EMITTER_BUSY', true]);
    open();
    expect((await first).body.end).toBe('delivered');
    const { books } = await app.show();
    expect(books).toMatchObject({ planned: 2, sent: 1, skipped: { overlap: 1 } });
    expectBalance(books);
  });

  it('is refused while the circuit is open', async () => {
    target.script([], status(503));
    app = await startEmitters([emitterTo(target, { retry: { attempts: 1 } })], {
      EMITTER_CIRCUIT_FAILURES: '1',
      EMITTER_CIRCUIT_OPEN_MS: '60000',
    });
    expect((await app.call('trigger')).body.end).toBe('given_up');
    const refused = await app.call('trigger');
    expect([refused.status, refused.body.code]).toEqual([503, 'TARGET_UNAVAILABLE']);
    expect(target.messages).toHaveLength(1);
    expect(await app.show()).toMatchObject({ circuit_open: true, books: { skipped: { circuit: 1 } } });
  });
});

describe('a wrong request', () => {
  let app: EmittingApp;
  let own: EmitTarget;
  beforeAll(async () => {
    own = await EmitTarget.listen();
    app = await startEmitters([emitterTo(own)]);
  });
  afterAll(async () => {
    await app.stop();
    await own.close();
  });

  it.each(['pause', 'resume', 'trigger', 'dead-letters/resend'])(
    '%s does nothing with an unknown emitter, field, or content type',
    async (action) => {
      const unknown = await app.call(action, {}, 'nobody');
      expect([unknown.status, unknown.body.code]).toEqual([404, 'EMITTER_UNKNOWN']);
      const typo = await app.call(action, { wiat: false });
      expect([typo.status, typo.body.code, typo.body.detail[0].loc]).toEqual([
        422,
        'VALIDATION_FAILED',
        ['body', 'wiat'],
      ]);
      const list = await app.call(action, []);
      expect([list.status, list.body.code]).toEqual([422, 'VALIDATION_FAILED']);
      const untyped = await answerOf(await fetch(`${app.url}/emitters/alpha/${action}`, { method: 'POST' }));
      expect([untyped.status, untyped.body.code]).toEqual([415, 'UNSUPPORTED_MEDIA_TYPE']);
    },
  );

  it('trigger takes a boolean only', async () => {
    for (const wait of [null, 'false', 0]) expect((await app.call('trigger', { wait })).status).toBe(422);
  });

  it('asks for an emitter that is not there', async () => {
    for (const path of ['nobody', 'nobody/dead-letters', '..%2Falpha', 'ALPHA']) {
      const { status: code, body } = await get(`${app.url}/emitters/${path}`);
      expect([code, body.code]).toEqual([404, 'EMITTER_UNKNOWN']);
    }
  });

  it('has sent nothing', async () => {
    expect(own.messages).toEqual([]);
    expect(await app.show()).toMatchObject({ state: 'running', books: { planned: 0 } });
  });
});

describe('without an emitter', () => {
  it('the part is idle and says so in one line', async () => {
    const app = await startEmitters([]);
    try {
      expect((await get(`${app.url}/emitters`)).body).toEqual({ emitters: [] });
      const lines = app.log.filter(({ msg }) => /emitter/i.test(msg));
      expect(lines.map(({ msg }) => msg)).toEqual([expect.stringContaining('The emitter is idle: set ')]);
      expect((await get(`${app.url}/health`)).body.status).toBe('healthy');
    } finally {
      await app.stop();
    }
  });
});
