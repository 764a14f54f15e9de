import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { defineDriver, type DriverDefinition } from '../drivers/define-driver.js';
import { Port } from '../ports/port.js';
import { ConfigError } from './config-error.js';
import { loadConfig } from './load-config.js';
import { optionalText, text } from './variable.js';

abstract class Store extends Port {}

const common = { port: Store, open: () => Promise.reject(new Error('not opened here')) };
const SYNC = { DB_SYNC: text('own', 'sync') };
const drivers = [
  defineDriver({ ...common, name: 'embedded', address: [], variables: z.object(SYNC) }),
  defineDriver({
    ...common,
    name: 'sql',
    address: ['DB_TYPE'],
    values: ['postgres', 'postgresql', 'sqlite'],
    variables: z.object({ ...SYNC, DB_TYPE: text('', 'type'), DB_SCHEMA: optionalText('schema') }),
  }),
  defineDriver({
    ...common,
    name: 'mongodb',
    address: ['DB_TYPE'],
    values: ['mongodb', 'mongo'],
    variables: z.object({ ...SYNC, DB_AUTH_SOURCE: optionalText('who knows the user') }),
  }),
] as DriverDefinition[];
const parts = { scheduler: { needs: () => [Store] } };

const load = (env: Record<string, string>) => loadConfig(env, { parts, drivers });
const chosen = (env: Record<string, string>) => load(env).drivers.map(({ driver }) => driver.name);
const mistakes = (env: Record<string, string>) => {
  try {
    load(env);
  } catch (error) {
    return (error as ConfigError).mistakes;
  }
  return [];
};

describe('chooseDrivers, where several share a variable', () => {
  it.each([
    ['postgres', 'sql'],
    ['postgresql', 'sql'],
    ['SQLite', 'sql'],
    ['mongo', 'mongodb'],
    [' MongoDB ', 'mongodb'],
    ['embedded', 'embedded'],
    ['EMBEDDED', 'embedded'],
    [' ', 'embedded'],
  ])('takes DB_TYPE=%s as %s', (type, name) => {
    expect(chosen({ DB_TYPE: type })).toEqual([name]);
    expect(mistakes({ DB_TYPE: type })).toEqual([]);
  });

  it('refuses another value, naming those that there are, also in production', () => {
    const wanted = ['DB_TYPE must be one of postgres, postgresql, sqlite, mongodb, mongo, embedded'];
    for (const type of ['oracle', 'postgres ql', 'sql', 'mongodb,sqlite', '__proto__']) {
      expect(mistakes({ DB_TYPE: type })).toEqual(wanted);
      expect(mistakes({ DB_TYPE: type, NODE_ENV: 'production' })).toEqual(wanted);
    }
  });

  it('reads the variables of the one that is meant alone', () => {
    const [{ options }] = load({ DB_TYPE: 'mongo', DB_SCHEMA: 'x', DB_AUTH_SOURCE: 'y' })
      .drivers as unknown as [{ options: unknown }];
    expect(options).toEqual({ DB_SYNC: 'own', DB_AUTH_SOURCE: 'y' });
  });

  it('takes no default in production unless it is asked to', () => {
    const rule = 'DB_TYPE must name the server of Store in production, or say embedded';
    expect(mistakes({ NODE_ENV: 'production' })).toEqual([rule]);
    expect(chosen({ NODE_ENV: 'production', DB_TYPE: 'Embedded' })).toEqual(['embedded']);
    expect(chosen({ NODE_ENV: 'production', DB_TYPE: 'Postgres' })).toEqual(['sql']);
  });

  it('says of variables of a database without DB_TYPE what to add, but not of those that the default reads', () => {
    const without = (name: string) =>
      `${name} has no effect without DB_TYPE: add a line such as DB_TYPE=postgres`;
    expect(load({ DB_NAME: 'peekaping' }).warnings).toEqual([without('DB_NAME')]);
    const all = {
      DB_USER: 'u',
      DB_PASS: 'p',
      DB_HOST: 'h',
      DB_AUTH_SOURCE: 'a',
      DB_SCHEMA: 's',
      DB_SYNC: 'off',
    };
    expect(load(all).warnings).toEqual(
      ['DB_AUTH_SOURCE', 'DB_HOST', 'DB_PASS', 'DB_SCHEMA', 'DB_USER'].map(without),
    );
    expect(load({ DB_PORT: 'tcp://10.0.0.1:5432' }).warnings).toEqual([]);
    expect(load({ ...all, DB_TYPE: 'sqlite' }).warnings).toEqual([]);
    expect(load({ ...all, DB_TYPE: 'embedded' }).warnings).toEqual([]);
    expect(mistakes({ NODE_ENV: 'production', DB_NAME: 'x' })).toContain(without('DB_NAME'));
  });
});
