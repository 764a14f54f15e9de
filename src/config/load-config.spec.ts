import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { defineDriver, type DriverDefinition } from '../drivers/define-driver.js';
import { Port } from '../ports/port.js';
import { ConfigError } from './config-error.js';
import { loadConfig } from './load-config.js';
import { int } from './variable.js';

abstract class Log extends Port {}

const open = () => Promise.reject(new Error('not opened here'));
const drivers = [
  defineDriver({
    name: 'embedded',
    port: Log,
    address: [],
    variables: z.object({ SIZE: int({ min: 1, max: 9, default: 5 }, 'size') }),
    open,
  }),
  defineDriver({
    name: 'kafka',
    port: Log,
    address: ['KAFKA_BOOTSTRAP_SERVERS'],
    variables: z.object({ KAFKA_N: int({ min: 1, max: 9, default: 5 }, 'n') }),
    open,
  }),
] as DriverDefinition[];
const parts = {
  producer: { needs: () => [Log] },
  leader: { needs: () => [] },
  scheduler: { needs: () => [], requires: ['leader'] },
  health: { needs: () => [] },
};
const load = (env: Record<string, string>) => loadConfig(env, { parts, drivers });

function mistakes(env: Record<string, string>): string {
  try {
    load(env);
  } catch (error) {
    return (error as ConfigError).message;
  }
  throw new Error('there was no mistake');
}

describe('loadConfig', () => {
  it('runs everything on embedded drivers by default', () => {
    const config = load({});
    expect(config.parts).toEqual(['producer', 'leader', 'scheduler', 'health']);
    expect(config.drivers.map(({ driver, options }) => [driver.name, options])).toEqual([
      ['embedded', { SIZE: 5 }],
    ]);
    expect(config).toMatchObject({
      production: false,
      http: { host: '127.0.0.1', port: 8001 },
      readyRequires: ['producer'],
      warnings: [],
    });
  });

  it('chooses the driver by its address, and reads only its variables', () => {
    const [chosen] = load({ KAFKA_BOOTSTRAP_SERVERS: 'k:9092', KAFKA_N: '7', SIZE: 'wrong' }).drivers;
    expect([chosen?.driver.name, chosen?.options]).toEqual(['kafka', { KAFKA_N: 7 }]);
    expect(load({ KAFKA_BOOTSTRAP_SERVERS: 'Embedded' }).drivers[0]?.driver.name).toBe('embedded');
    expect(load({ KAFKA_BOOTSTRAP_SERVERS: ' ' }).drivers[0]?.driver.name).toBe('embedded');
  });

  it('opens only what the parts need', () => {
    expect(load({ MODULES: 'health' }).drivers).toEqual([]);
    expect(load({ MODULES: 'health', READY_REQUIRES: 'health' }).readyRequires).toEqual(['health']);
  });

  it('reads MODE=prod as production, where nothing falls back in silence', () => {
    expect(mistakes({ MODE: 'prod' })).toContain(
      'KAFKA_BOOTSTRAP_SERVERS must name the server of Log in production, or say embedded',
    );
    expect(load({ MODE: 'prod', KAFKA_BOOTSTRAP_SERVERS: 'embedded' }).production).toBe(true);
    expect(load({ MODE: 'prod', MODULES: 'health' }).production).toBe(true);
    expect(load({ MODE: 'dev' }).production).toBe(false);
  });

  it('lets the embedded driver serve in production where the server is optional', () => {
    const env = { MODE: 'prod', MODULES: 'producer' };
    const optional = drivers.map((driver) => ({ ...driver, optional: true }));
    const chosen = (more: Record<string, string>) =>
      loadConfig({ ...env, ...more }, { parts, drivers: optional }).drivers.map(({ driver }) => driver.name);
    expect(chosen({})).toEqual(['embedded']);
    expect(chosen({ KAFKA_BOOTSTRAP_SERVERS: 'k:9092' })).toEqual(['kafka']);
    expect(chosen({ KAFKA_BOOTSTRAP_SERVERS: 'embedded' })).toEqual(['embedded']);
  });

  it('lists all mistakes at once, by name and rule', () => {
    const text = mistakes({
      PORT: 'x',
      LOG_LEVEL: 'loud',
      MODULES: 'producer,scheduler,nope',
      KAFKA_BOOTSTRAP_SERVERS: 'k',
      KAFKA_N: '10',
    });
    expect(text.split('\n')).toHaveLength(6);
    expect(text).toContain('PORT must be a whole number from 0 to 65535');
    expect(text).toContain('LOG_LEVEL must be one of debug, info, warn, warning, error');
    expect(text).toContain(
      'MODULES names a part that does not exist: write all, or some of producer,leader,scheduler,health',
    );
    expect(text).toContain('MODULES has scheduler, which cannot run without leader: add it');
  });

  it('says of a server’s variable without its address what to add', () => {
    expect(load({ REDIS_PASSWORD: 'x' }).warnings).toEqual([
      'REDIS_PASSWORD has no effect without REDIS_HOST or REDIS_URL or REDIS_SENTINELS: add a line such as REDIS_HOST=localhost',
    ]);
    expect(load({ REDIS_PASSWORD: 'x', REDIS_URL: 'redis://r' }).warnings).toEqual([]);
    expect(load({ REDIS_PASSWORD: 'x', REDIS_SENTINELS: 's' }).warnings).toEqual([]);
    expect(mistakes({ MODE: 'prod', MODULES: 'health', DB_HOST: 'x' })).toContain('DB_TYPE');
    expect(load({ KAFKA_N: '3' }).warnings).toHaveLength(1);
    const kubernetes = {
      REDIS_PORT: 'tcp://10.0.0.1:6379',
      REDIS_SERVICE_HOST: '10.0.0.1',
      KAFKA_PORT: 'tcp://10.0.0.2:9092',
    };
    expect(load({ ...kubernetes, KAFKA_CLIENT_ID: 'mine' }).warnings).toEqual([]);
  });

  it('warns of ALLOWED_HOSTS=*, in production as well', () => {
    for (const [ALLOWED_HOSTS, NODE_ENV] of [
      ['*', 'test'],
      ['a.b,*', 'production'],
    ] as const) {
      const { warnings } = load({ ALLOWED_HOSTS, NODE_ENV, MODULES: 'health' });
      expect(warnings).toEqual([expect.stringMatching(/^ALLOWED_HOSTS=\* .*DNS rebinding/)]);
    }
    expect(load({ ALLOWED_HOSTS: 'a.b' }).warnings).toEqual([]);
    expect(mistakes({ ALLOWED_HOSTS: '*.a.b' })).toContain('ALLOWED_HOSTS must be host names');
  });

  it.each<Record<string, string>>([
    { NODE_ENV: 'produktion' },
    { MODE: 'produciton' },
    { MODULES: ',' },
    { TZ: 'Mars/Phobos' },
    { ALLOWED_HOSTS: 'http://a.b' },
    { ALLOWED_HOSTS: 'a.b:80' },
    { READY_REQUIRES: 'nope' },
    { BODY_LIMIT: '1e6' },
    { BODIES_LIMIT: '20000000' },
  ])('refuses %p', (env) => {
    const [name] = Object.keys(env) as [string];
    expect(mistakes(env)).toContain(name);
  });

  it('takes every way to say production', () => {
    for (const env of [
      { NODE_ENV: 'prod' } as Record<string, string>,
      { NODE_ENV: 'Production' },
      { MODE: 'PROD' },
    ]) {
      expect(load({ ...env, MODULES: 'health' }).production).toBe(true);
    }
    expect(load({ TZ: 'Europe/Vienna', ALLOWED_HOSTS: 'a.b, c' }).http.allowedHosts).toEqual(['a.b', 'c']);
  });

  it('reads the processor as its contract has it by default', () => {
    expect(load({}).processor).toMatchObject({
      exchange: 'expenses_exchange',
      queue: null,
      bindings: ['expense.*'],
      sinks: ['file'],
      file: { folder: expect.stringMatching(/\/messages$/), fsync: true, shard: 'none', time: 'local' },
    });
    const { processor } = load({
      PROCESSOR_BINDINGS: 'a.#, b.*,a.#',
      PROCESSOR_SINKS: 'HTTP,file',
      PROCESSOR_HTTP_URL: 'https://u:p@example.org/x',
      PROCESSOR_RETRY_DELAYS_MS: '10, 20',
      RABBITMQ_QUEUE: 'q',
    });
    expect(processor).toMatchObject({
      queue: 'q',
      bindings: ['a.#', 'b.*'],
      sinks: ['file', 'http'],
      retryDelaysMs: [10, 20],
    });
  });

  it.each<[Record<string, string>, string]>([
    [{ PROCESSOR_SINKS: 'http' }, 'PROCESSOR_HTTP_URL must say where'],
    [{ PROCESSOR_SINKS: 'disk' }, 'PROCESSOR_SINKS must be some of file, http, topic'],
    [{ PROCESSOR_SINKS: ',' }, 'PROCESSOR_SINKS'],
    [{ PROCESSOR_HTTP_URL: 'ftp://secret@x' }, 'PROCESSOR_HTTP_URL must be an http:// or https:// URL'],
    [{ PROCESSOR_BINDINGS: ' , ' }, 'PROCESSOR_BINDINGS'],
    [{ PROCESSOR_BINDINGS: 'x'.repeat(256) }, 'PROCESSOR_BINDINGS'],
    [{ PROCESSOR_RETRY_DELAYS_MS: '20,10' }, 'PROCESSOR_RETRY_DELAYS_MS'],
    [{ PROCESSOR_RETRY_DELAYS_MS: '1' }, 'PROCESSOR_RETRY_DELAYS_MS'],
    [{ RABBITMQ_EXCHANGE: 'é'.repeat(128) }, 'RABBITMQ_EXCHANGE must be at most 255 bytes'],
    [{ RABBITMQ_QUEUE: 'q'.repeat(201) }, 'RABBITMQ_QUEUE must be at most 200 bytes'],
    [{ RABBITMQ_QUEUE: 'amq.x' }, 'RABBITMQ_QUEUE must not begin with amq.'],
    [{ PROCESSOR_TOPIC: 'a b' }, 'PROCESSOR_TOPIC'],
    [{ HTTP_PROXY: 'http://' }, 'HTTP_PROXY'],
  ])('refuses %j, without its value', (env, text) => {
    const told = mistakes(env);
    expect(told).toContain(text);
    expect(told).not.toContain('secret');
  });

  it('reads the proxies in lower case too; those in upper case win', () => {
    const proxies = {
      http_proxy: 'http://low:1',
      https_proxy: 'low:2',
      HTTPS_PROXY: 'up:3',
      no_proxy: 'a.b',
    };
    const { http, https, no } = load(proxies).proxies;
    expect([http?.host, https?.host, no]).toEqual(['low:1', 'up:3', 'a.b']);
  });

  it('names the source of messages as documented', () => {
    expect(load({}).gateway.source).toBe('python-producer-api');
    expect(load({ KAFKA_CLIENT_ID: 'mine' }).gateway.source).toBe('mine');
    expect(load({ KAFKA_CLIENT_ID: 'mine', MESSAGE_SOURCE: 'ours' }).gateway.source).toBe('ours');
    expect(load({ LOG_LEVEL: 'WARNING' }).log.level).toBe('warn');
  });
});
