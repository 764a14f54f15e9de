import { describe, expect, it } from '@jest/globals';
import { useAlpha } from '../support/alpha-emitter.js';
import { get } from '../support/app.js';
import { hang, reset, status } from '../support/bad-server.js';
import { expectBalance } from '../support/emit-target.js';
import { eventually } from '../support/eventually.js';

const alpha = useAlpha();

describe('retries', () => {
  it('of a 500, a broken connection and a 429 have one key and one body, and heed Retry-After', async () => {
    alpha.target.script([status(500), reset, status(429, { 'retry-after': '1' })]);
    const { call, show } = await alpha.start({
      retry: { attempts: 4, delay: 'fixed', base_ms: 20, max_elapsed_s: 10 },
    });
    const begun = performance.now();
    const { body } = await call('trigger');
    expect(performance.now() - begun).toBeGreaterThan(990);
    expect(body).toMatchObject({ end: 'delivered', status: 201, attempts: 4 });
    expect(alpha.target.messages).toHaveLength(4);
    for (const { key, body: sent } of alpha.target.messages)
      expect([key, sent]).toEqual([body.key, '{"n":1}']);
    const { books, dead_letters } = await show();
    expect([books, dead_letters]).toMatchObject([{ planned: 1, sent: 1, delivered: 1 }, 0]);
  });

  it('are not for a 400: it is refused, and kept', async () => {
    alpha.target.script([status(400)]);
    const { call, show } = await alpha.start();
    const { body } = await call('trigger');
    expect(body).toMatchObject({ end: 'refused', status: 400, attempts: 1 });
    expect(alpha.target.messages).toHaveLength(1);
    const shown = await show();
    expect(shown.dead_letters).toBe(1);
    expectBalance(shown.books);
    expect(await alpha.letters()).toEqual({
      total: 1,
      dead_letters: [
        {
          id: expect.stringMatching(new RegExp(`^\\d{8}T\\d{9}Z_${body.key}$`)),
          emitter: 'alpha',
          key: body.key,
          planned_at: expect.stringMatching(/Z$/),
          given_up_at: expect.stringMatching(/Z$/),
          end: 'refused',
          reason: 'answered 400',
          attempts: 1,
          status: 400,
          may_have_arrived: true,
        },
      ],
      next: null,
    });
  });

  it('end where the next tick is due, and the next tick is sent all the same', async () => {
    alpha.target.script([status(503, { 'retry-after': '60' })]);
    const { show } = await alpha.start({ every: '300ms', retry: { attempts: 5 } });
    await eventually(async () => expect((await show()).books.delivered).toBeGreaterThan(1));
    const { dead_letters: page } = await alpha.letters();
    expect(page).toMatchObject([{ attempts: 1, reason: expect.stringContaining('no time is left') }]);
    expect(alpha.target.messages[1]!.plannedAt - alpha.target.messages[0]!.plannedAt).toBe(300);
  });
});

describe('a target that is down', () => {
  it('opens its circuit: ticks are skipped until it is back; then all is delivered again', async () => {
    await alpha.target.close();
    const { show, url } = await alpha.start(
      { every: '100ms', retry: { attempts: 1 } },
      { EMITTER_CIRCUIT_FAILURES: '3', EMITTER_CIRCUIT_OPEN_MS: '400' },
    );
    const open = await eventually(async () => {
      const shown = await show();
      expect(shown.books.skipped.circuit).toBeGreaterThan(2);
      return shown;
    });
    expect(open.books).toMatchObject({ delivered: 0, refused: 0 });
    expect(open.books.given_up).toBeGreaterThanOrEqual(3);
    expectBalance(open.books);
    await alpha.target.comeBack();
    const closed = await eventually(async () => {
      const shown = await show();
      expect(shown.books.delivered).toBeGreaterThan(3);
      return shown;
    });
    expect(closed.circuit_open).toBe(false);
    expectBalance(closed.books);
    expect(closed.dead_letters).toBe(closed.books.given_up);
    const { text } = await get(`${url}/metrics`);
    expect(text).toContain(`carillon_emitter_circuit_state{target="${new URL(alpha.target.url).origin}"} 0`);
  });

  it('hanging is bounded by the timeout', async () => {
    alpha.target.script([hang]);
    const { call } = await alpha.start({ timeout_ms: 200, retry: { attempts: 1 } });
    const { body } = await call('trigger');
    expect(body).toMatchObject({ end: 'given_up', status: null, reason: expect.stringContaining('TIMEOUT') });
    expect((await call('trigger')).body.end).toBe('delivered');
  });
});
