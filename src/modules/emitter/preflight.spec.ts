import { beforeEach, describe, expect, it } from '@jest/globals';
import { listeningLogger } from '../../../test/emitter/emitting.js';
import { ManualClock } from '../../../test/support/manual-clock.js';
import type { HttpRequest, HttpResult } from '../../core/http-message.js';
import { Preflight } from './preflight.js';

const answer = (status: number): HttpResult => ({
  kind: 'answer',
  status,
  headers: {},
  body: Buffer.alloc(0),
  bodyComplete: true,
  retryAfterMs: null,
  latencyMs: 1,
});
const REFUSED: HttpResult = {
  kind: 'failed',
  code: 'CONNECTION_REFUSED',
  reason: 'nothing listens at a.example:80 (ECONNREFUSED)',
  mayHaveArrived: false,
  latencyMs: 1,
};

let clock: ManualClock;
let listening: ReturnType<typeof listeningLogger>;
let asked: { at: number; request: HttpRequest }[];
/** What each probe comes to; then nothing listens. */
let script: HttpResult[];
let stop: AbortController;

beforeEach(() => {
  clock = new ManualClock(0);
  listening = listeningLogger();
  [asked, script, stop] = [[], [], new AbortController()];
});

function preflight(emitter = 'propagator', random = () => 0): Preflight {
  const sender = {
    send: (request: HttpRequest) => {
      asked.push({ at: clock.monotonic(), request });
      return Promise.resolve(script.shift() ?? REFUSED);
    },
  };
  const url = new URL('http://user:hunter2@a.example/health?token=hunter2');
  return new Preflight(emitter, url, { sender, clock, logger: listening.logger, random });
}

const settle = () => new Promise((resolve) => setImmediate(resolve));

describe('a preflight', () => {
  it('asks with GET until it gets a 2xx, at first quickly', async () => {
    script = [REFUSED, answer(503), answer(404), answer(301), answer(204)];
    const flight = preflight();
    const passed = flight.passes(stop.signal);
    await settle();
    await clock.advance(10_000);
    expect(await passed).toBe(true);
    expect(asked.map(({ at }) => at)).toEqual([0, 200, 700, 1700, 2700]);
    expect(asked[0]?.request).toMatchObject({ method: 'GET', body: null });
    expect(flight.trouble).toBeNull();
  });

  it('goes on for ever, ever more slowly, with jitter, up to half a minute', async () => {
    void preflight('propagator', () => 0).passes(stop.signal);
    await settle();
    await clock.advance(3_600_000);
    const gaps = asked.slice(1).map(({ at }, i) => at - asked[i]!.at);
    expect(gaps.slice(0, 10)).toEqual([200, 500, 1000, 1000, 1000, 2000, 4000, 8000, 15_000, 15_000]);
    stop.abort();
    clock = new ManualClock(0);
    [asked, stop] = [[], new AbortController()];
    void preflight('propagator', () => 0.999_999).passes(stop.signal);
    await settle();
    await clock.advance(3_600_000);
    expect(Math.max(...asked.slice(1).map(({ at }, i) => at - asked[i]!.at))).toBe(30_000);
    stop.abort();
  });

  it('says so at the start, each minute and when it is over', async () => {
    script = Array<HttpResult>(12).fill(REFUSED).concat(answer(200));
    const passed = preflight().passes(stop.signal);
    await settle();
    await clock.advance(120_000);
    await passed;
    const said = listening.lines.map(({ msg }) => msg);
    expect(said[0]).toBe('HEALTH_CHECK_ENDPOINT (http://a.example) is asked before the first tick.');
    expect(said[1]).toMatch(/^HEALTH_CHECK_ENDPOINT does not answer 2xx.*: .*nothing listens/);
    expect(said[2]).toMatch(/\(\d+ times in \d+ s\)/);
    expect(said.slice(3)).toEqual([
      expect.stringMatching(/over after/),
      'HEALTH_CHECK_ENDPOINT answers; the ticks begin.',
    ]);
    expect(said.join()).not.toContain('hunter2');
  });

  it.each([
    ['propagator', 'HEALTH_CHECK_ENDPOINT must answer 2xx first, but it answered 503.'],
    ['beta', 'The preflight of emitter beta must answer 2xx first, but it answered 503.'],
  ])('tells its trouble by the name it was configured by: %s', async (emitter, message) => {
    script = [answer(503)];
    const flight = preflight(emitter);
    expect(flight.trouble).toBeNull();
    void flight.passes(stop.signal);
    await settle();
    expect(flight.trouble).toMatchObject({ code: 'TARGET_UNAVAILABLE', message });
    stop.abort();
  });

  it('ends at once on stop, in the midst of its wait', async () => {
    const passed = preflight().passes(stop.signal);
    await settle();
    stop.abort();
    expect(await passed).toBe(false);
    expect(asked).toHaveLength(1);
    expect(await preflight().passes(stop.signal)).toBe(false);
    expect(asked).toHaveLength(1);
  });

  it('hands its signal on, so that a probe under way is cut off', async () => {
    void preflight().passes(stop.signal);
    await settle();
    expect(asked[0]?.request.signal).toBe(stop.signal);
    stop.abort();
  });
});
