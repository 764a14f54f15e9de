import { z } from 'zod';
import { lookOnce } from '../../test/support/look-once.js';
import { AppError } from '../core/errors.js';
import { defineCheck, type CheckContext, type CheckOutcome } from './define-check.js';
import { up } from './outcomes.js';

function checkThat(
  run: (config: { url: string; pass?: string }, context: CheckContext) => Promise<CheckOutcome>,
) {
  return defineCheck({
    type: 'any',
    describe: 'Any.',
    schema: z.object({ url: z.string(), pass: z.string().optional() }),
    secrets: ['pass'],
    target: () => 'shop.example:443',
    run,
  });
}

const config = { url: 'http://shop.example' };

describe('runCheck', () => {
  it('passes over keys and nulls that the type does not know', async () => {
    const check = checkThat((read) => Promise.resolve(up(JSON.stringify(read))));
    const outcome = await lookOnce(check, { ...config, pass: null, something: 1 });
    expect(outcome).toEqual({ found: 'up', message: JSON.stringify(config), latencyMs: null });
  });

  it('knows nothing when the config cannot be used, and says what is wrong with it', async () => {
    const check = checkThat(() => Promise.reject(new Error('must not run')));
    expect(await lookOnce(check, { url: 5 })).toMatchObject({
      found: 'unknown',
      message: expect.stringContaining('url: '),
    });
  });

  it('is down at the deadline, whatever the check does then', async () => {
    let rejectLate = (_: Error): void => undefined;
    const check = checkThat(() => new Promise((_, reject) => (rejectLate = reject)));
    expect(await lookOnce(check, config, { timeoutMs: 30 })).toEqual({
      found: 'down',
      message: 'no answer within 30 ms',
      latencyMs: null,
    });
    const unhandled: unknown[] = [];
    const note = (error: unknown): unknown => unhandled.push(error);
    process.on('unhandledRejection', note);
    rejectLate(new Error('too late'));
    await new Promise((resolve) => setImmediate(resolve));
    process.off('unhandledRejection', note);
    expect(unhandled).toEqual([]);
  });

  it('does not begin after the deadline', async () => {
    let ran = false;
    const check = checkThat(() => {
      ran = true;
      return Promise.resolve(up('late'));
    });
    expect(await lookOnce(check, config, { signal: AbortSignal.abort() })).toMatchObject({ found: 'down' });
    expect(ran).toBe(false);
  });

  it('knows nothing when the process stops', async () => {
    const stop = new AbortController();
    const looking = lookOnce(
      checkThat(() => new Promise(() => undefined)),
      config,
      { signal: stop.signal },
    );
    stop.abort(new AppError('SHUTTING_DOWN', 'This process stops.'));
    expect(await looking).toMatchObject({ found: 'unknown', message: expect.stringContaining('stops') });
  });

  it('translates what is thrown, at once or later', async () => {
    const refused = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
    const down = { found: 'down', message: 'shop.example:443 refuses the connection (ECONNREFUSED).' };
    const atOnce = checkThat(() => {
      throw refused;
    });
    expect(await lookOnce(atOnce, config)).toMatchObject(down);
    expect(
      await lookOnce(
        checkThat(() => Promise.reject(refused)),
        config,
      ),
    ).toMatchObject(down);
  });

  it('lets no secret of the config into the message, and cuts a long one', async () => {
    const secrets = { url: 'http://me:open sesame@shop.example', pass: 'swordfish' };
    const told = checkThat((read) =>
      Promise.resolve(up(`${read.url} ${read.pass} swordfish${'.'.repeat(2_000)}`)),
    );
    const { message } = await lookOnce(told, secrets);
    expect(message).toHaveLength(1_000);
    expect(message).not.toContain('swordfish');
    const encoded = checkThat(() => Promise.reject(new Error('login p@ss for redis://x:p%40ss@h refused')));
    expect(await lookOnce(encoded, { url: 'redis://x:p%40ss@h' })).toMatchObject({
      message: 'login ******** for redis://x:********@h refused',
    });
  });

  it('lets no login that a target sends back into the message', async () => {
    const login = 'Basic bWU6c3dvcmRmaXNoLWFuZC1tb3Jl';
    const told = checkThat(() => Promise.resolve(up(`gives ${login}, basic authentication`)));
    expect((await lookOnce(told, config)).message).toBe('gives Basic ********, basic authentication');
  });

  it('answers also where a config makes no target', async () => {
    const check = checkThat(() => Promise.reject(new Error('no way')));
    const target = (): string => {
      throw new Error('no target');
    };
    expect(await lookOnce({ ...check, target }, config)).toMatchObject({ found: 'down', message: 'no way' });
  });
});
