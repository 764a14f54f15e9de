import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { defineCheck, type CheckDefinition } from '../../../../checks/define-check.js';
import { AppError } from '../../../../core/errors.js';
import type { FieldError } from '../../../../http/validation.js';
import type { Monitor } from '../../../../ports/monitor-store.port.js';
import { readBody } from './read-body.js';
import { readPart, readWhole, type FieldRules } from './read-fields.js';

const check = (type: string, secrets: string[] = []) =>
  defineCheck({
    type,
    describe: type,
    schema: z.object({ url: z.string(), pass: z.string().optional(), pushToken: z.string().optional() }),
    secrets: secrets as 'pass'[],
    target: () => null,
    run: () => Promise.reject(new Error('never')),
  }) as unknown as CheckDefinition;

const rules: FieldRules = {
  checks: new Map([
    ['web', check('web', ['pass'])],
    ['push', check('push')],
  ]),
  timezone: 'UTC',
  isId: (id) => /^[0-9a-f-]{36}$/.test(id),
};
const good = { name: 'shop', type: 'web', interval: 60, config: { url: 'https://a.example' } };
const whole = async (body: object, old: Monitor | null = null) => readWhole(await readBody(body), rules, old);
const part = async (body: object, old: Monitor) => readPart(await readBody(body), rules, old);

/** Where the mistakes are. */
async function mistakes(read: Promise<unknown>): Promise<string[]> {
  const error = await read.then(
    () => new Error('it was taken'),
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof AppError)) throw error as Error;
  expect(error.code).toBe('VALIDATION_FAILED');
  return (error.detail as FieldError[]).map(({ loc }) => loc.slice(1).join('.'));
}

async function stored(body: object): Promise<Monitor> {
  return { ...(await whole(body)), id: 'id', status: 2, createdAt: 0, updatedAt: 0 };
}

describe('a whole monitor', () => {
  it('has the defaults', async () => {
    expect(await whole(good)).toEqual({
      ...good,
      timeout: 48,
      maxRetries: 0,
      retryInterval: 60,
      resendInterval: 0,
      active: true,
      proxyId: null,
      pushToken: null,
      cron: null,
      timezone: null,
      priority: 'default',
      tags: [],
      maintenanceUntil: null,
    });
  });

  it.each([
    [1, 1],
    [2, 1],
    [3, 2],
    [5, 4],
    [2_592_000, 2_073_600],
  ])('with an interval of %i s has a timeout of %i s', async (interval, timeout) => {
    expect(await whole({ ...good, interval })).toMatchObject({ interval, timeout });
  });

  it('names all that is missing at once', async () => {
    expect(await mistakes(whole({}))).toEqual(['name', 'type', 'interval', 'config']);
  });

  it.each([
    ['interval', { interval: 0 }],
    ['interval', { interval: -5 }],
    ['interval', { interval: 1.5 }],
    ['interval', { interval: '60' }],
    ['interval', { interval: null }],
    ['interval', { interval: 2_592_001 }],
    ['timeout', { timeout: 60 }],
    ['timeout', { timeout: 61 }],
    ['timeout', { timeout: 0 }],
    ['timeout', { interval: 1, timeout: 2 }],
    ['max_retries', { max_retries: -1 }],
    ['cron', { cron: 'every minute' }],
    ['cron', { cron: '0 0 30 2 *' }],
    ['cron', { cron: '' }],
    ['timezone', { cron: '0 0 * * *', timezone: 'Europe/Nowhere' }],
    ['timezone', { timezone: 'Europe/Nowhere' }],
    ['type', { type: 'nonsense' }],
    ['type', { type: 'ping' }],
    ['type', { type: '__proto__' }],
    ['config', { config: [] }],
    ['config', { config: '[1]' }],
    ['config', { config: '{' }],
    ['config', { config: null }],
    ['config.url', { config: {} }],
    ['config.url', { config: { url: 5 } }],
    ['config.urll', { config: { url: 'x', urll: 'y' } }],
    ['config.pass', { config: { url: 'x', pass: '********' } }],
    ['priority', { priority: 'high' }],
    ['tags', { tags: 'eu' }],
    ['tags', { tags: [''] }],
    ['tags', { tags: Array.from({ length: 21 }, (_, i) => String(i)) }],
    ['name', { name: '' }],
    ['name', { name: ' ' }],
    ['name', { name: 'a\u0000b' }],
    ['name', { name: 'x'.repeat(151) }],
    ['maintenance_until', { maintenance_until: '2026-01-31 12:00' }],
    ['proxy_id', { proxy_id: 'mine' }],
    ['push_token', { push_token: 'a/b/c/d/e' }],
    ['active', { active: null }],
    ['intervall', { intervall: 5 }],
  ])('is refused for its %s: %j', async (where, change) => {
    expect(await mistakes(whole({ ...good, ...change }))).toEqual([where]);
  });

  it('says of a type of Peekaping’s what to do, and of any other which there are', async () => {
    await expect(whole({ ...good, type: 'ping' })).rejects.toThrow(/raw sockets.*web, push/);
    await expect(whole({ ...good, type: 'x' })).rejects.toThrow(
      /no check of this type; there are: web, push/,
    );
  });

  it('takes the config as a text, Peekaping’s empty proxy, a zone, a moment, tags once each', async () => {
    const read = await whole({
      ...good,
      config: '{"url":"x"}',
      proxy_id: '',
      cron: '0 9 * * 1-5',
      timezone: 'Europe/Prague',
      maintenance_until: '2026-01-31T12:00:00+01:00',
      tags: ['a', 'b', 'a'],
    });
    expect(read).toMatchObject({ config: { url: 'x' }, proxyId: null, timezone: 'Europe/Prague' });
    expect(read).toMatchObject({ maintenanceUntil: Date.UTC(2026, 0, 31, 11), tags: ['a', 'b'] });
  });

  it('may be what an answer showed', async () => {
    const shown = { status: 1, status_text: 'up', created_at: 'x', updated_at: 'y', state: null, uptime: {} };
    expect(await whole({ ...good, ...shown })).toEqual(await whole(good));
  });

  it('of type push has a token: the given one, the one it had, the one in its config, or a new one', async () => {
    const push = { ...good, type: 'push' };
    const { pushToken: first } = await whole(push);
    const { pushToken: second } = await whole(push);
    expect(first).toMatch(/^[\w-]{32}$/);
    expect(second).not.toBe(first);
    expect(await whole({ ...push, push_token: 'given-token' })).toMatchObject({ pushToken: 'given-token' });
    const config = { url: 'x', pushToken: 'of-the-config' };
    expect(await whole({ ...push, config })).toMatchObject({ pushToken: 'of-the-config' });
    const old = await stored(push);
    expect(await whole(push, old)).toMatchObject({ pushToken: old.pushToken });
    expect(await part({ push_token: null }, old)).toEqual({ pushToken: old.pushToken });
    const web = await stored(good);
    expect(web.pushToken).toBeNull();
    expect((await part({ type: 'push', config: { url: 'x' } }, web)).pushToken).toMatch(/^[\w-]{32}$/);
  });
});

describe('a body that means harm', () => {
  const nested = (levels: number) => `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`;

  it.each([
    ['deep', JSON.parse(nested(100_000))],
    ['deep as a text', nested(10_000)],
    ['long', { url: 'x'.repeat(60_000) }],
    ['with NUL', { url: 'a\u0000b' }],
    ['with NUL in a key', { url: 'a', ['b\u0000']: 1 }],
    ['with half a pair', { url: '\ud800' }],
  ])('a config that is %s', async (_, config) => {
    expect(await mistakes(whole({ ...good, config }))).toEqual(['config']);
  });

  it.each(['tags', 'name', 'no_such_field'])('a %s that is deep', async (name) => {
    const deep: unknown = JSON.parse(`${'['.repeat(100_000)}${']'.repeat(100_000)}`);
    expect(await mistakes(whole({ ...good, [name]: deep }))).toEqual([name]);
  });

  it.each([[null], [[]], ['text'], [5]])('%j instead of an object', async (body) => {
    await expect(readBody(body)).rejects.toMatchObject({ code: 'VALIDATION_FAILED' });
  });
});

describe('a part of a monitor', () => {
  it('is what was given, and nothing else', async () => {
    const old = await stored(good);
    expect(await part({}, old)).toEqual({});
    expect(await part({ name: 'new', active: false }, old)).toEqual({ name: 'new', active: false });
  });

  it('must fit to what stays', async () => {
    const old = await stored(good);
    expect(await mistakes(part({ interval: 48 }, old))).toEqual(['interval']);
    expect(await mistakes(part({ timeout: 60 }, old))).toEqual(['timeout']);
    expect(await mistakes(part({ type: 'push' }, old))).toEqual(['config']);
    expect(await part({ interval: 10, timeout: 8 }, old)).toEqual({ interval: 10, timeout: 8 });
    expect(await part({ timezone: null, cron: null }, old)).toEqual({ timezone: null, cron: null });
    const cron = await stored({ ...good, cron: '0 9 * * *' });
    expect(await mistakes(part({ timezone: 'Mars/Olympus' }, cron))).toEqual(['timezone']);
  });

  it('leaves alone what others wrote, however odd, until that is edited', async () => {
    const odd = { ...(await stored(good)), type: 'ping', timeout: 90, config: { host: 'h', password: 'p' } };
    expect(await part({ name: 'new' }, odd)).toEqual({ name: 'new' });
    expect(await part({ config: { host: 'h' } }, odd)).toEqual({
      type: 'ping',
      config: { host: 'h', password: 'p' },
    });
    expect(await mistakes(part({ interval: 70 }, odd))).toEqual(['interval']);
  });

  it('keeps a secret that is left out or given as its marker, drops one that is null, while the type stays', async () => {
    const old = await stored({ ...good, config: { url: 'x', pass: 'secret' } });
    const configs = [{ url: 'y' }, { url: 'y', pass: '********' }];
    for (const config of configs) {
      expect(await part({ config }, old)).toMatchObject({ config: { url: 'y', pass: 'secret' } });
      expect(await whole({ ...good, config }, old)).toMatchObject({ config: { url: 'y', pass: 'secret' } });
    }
    const gone = await part({ config: { url: 'y', pass: null } }, old);
    expect(JSON.stringify(gone)).not.toContain('secret');
    const other = { type: 'push', config: { url: 'y', pass: '********' } };
    expect(await mistakes(part(other, old))).toEqual(['config.pass']);
  });

  it('whose target changes does not take a kept secret there: it is to be written again', async () => {
    const old = await stored({ ...good, config: { url: 'https://a.example', pass: 'secret' } });
    const url = 'https://b.example';
    for (const config of [{ url }, { url, pass: '********' }]) {
      expect(await mistakes(part({ config }, old))).toEqual(['config.pass']);
      expect(await mistakes(whole({ ...good, config }, old))).toEqual(['config.pass']);
    }
    for (const pass of ['anew', 'secret', '', null])
      expect(await part({ config: { url, pass } }, old)).toMatchObject({ config: { url, pass } });
    const inside = await stored({ ...good, config: { url: 'https://u:secret@a.example' } });
    const config = { url: 'https://u:********@b.example' };
    expect(await mistakes(part({ config }, inside))).toEqual(['config.url']);
  });
});
