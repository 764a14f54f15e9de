import { beforeAll, describe, expect, it } from '@jest/globals';
import type { CheckDefinition } from './define-check.js';
import { discoverChecks } from './discover-checks.js';
import { mergeSecrets, withoutSecrets, type Path } from './secret-fields.js';
import { sentElsewhere } from './sent-elsewhere.js';

type Config = Record<string, unknown>;

let checks: ReadonlyMap<string, CheckDefinition>;
beforeAll(async () => {
  checks = await discoverChecks();
});

const OLD: Record<string, Config> = {
  http: {
    url: 'https://probe:one@Shop.example/health?x=1',
    authMethod: 'oauth2-cc',
    oauth_token_url: 'https://login.example/token',
    oauth_client_id: 'id',
    oauth_client_secret: 'two',
  },
  mongodb: { connectionString: 'mongodb://u:one@h1:1,h2:2/db' },
  redis: { databaseConnectionString: 'rediss://u:one@h:6379/0' },
  rabbitmq: { nodes: ['amqp://u:one@h1', 'http://u:two@h2:15672'], username: 'me', password: 'three' },
  'kafka-producer': {
    brokers: ['k1:9092', 'k2:9092'],
    topic: 't',
    message: 'm',
    sasl_options: { mechanism: 'PLAIN', username: 'u', password: 'one' },
  },
  sqlserver: { connectionString: 'Server=h;User Id=sa;Password=one', query: 'SELECT 1' },
  mqtt: { host: 'h', port: 1883, password: 'one' },
};

/** Whether the edit of what an answer showed keeps a secret for another place. */
function isMoved(type: string, change: (shown: Config) => Config): boolean {
  const old = OLD[type] as Config;
  const definition = checks.get(type);
  const kept: Path[] = [];
  const edited = change(structuredClone(withoutSecrets(definition, old)) as Config);
  const merged = mergeSecrets(definition, old, edited, kept);
  expect(kept).not.toEqual([]);
  return sentElsewhere(definition, old, merged);
}

const put = (key: string, from: string | RegExp, to: string) => (shown: Config) => ({
  ...shown,
  [key]: (shown[key] as string).replace(from, to),
});

describe('an edit that keeps a secret leads elsewhere', () => {
  it.each<[string, (shown: Config) => Config]>([
    ['http', put('url', 'Shop.example', 'evil.example')],
    ['http', put('url', 'Shop.example', 'Shop.example:8443')],
    ['http', put('url', 'https', 'http')],
    ['http', put('url', 'Shop.example', 'evil.example/@Shop.example')],
    ['http', put('oauth_token_url', 'login.example', 'evil.example')],
    ['http', put('oauth_token_url', 'login.example', 'Shop.example')],
    ['http', (shown) => ({ ...shown, url: 'https://evil.example/' })],
    ['mongodb', put('connectionString', 'h2:2', 'evil:2')],
    ['mongodb', put('connectionString', 'h1:1', 'h1:1,evil:1')],
    ['mongodb', put('connectionString', 'h2:2', 'h2:2#,evil')],
    ['redis', put('databaseConnectionString', '@h:', '@evil:')],
    ['redis', put('databaseConnectionString', 'rediss', 'redis')],
    ['rabbitmq', (shown) => ({ ...shown, nodes: [...(shown.nodes as string[]), 'amqp://evil'] })],
    ['kafka-producer', (shown) => ({ ...shown, brokers: ['k1:9092', 'evil:9092'] })],
    ['sqlserver', put('connectionString', '=h', '=evil')],
    ['mqtt', (shown) => ({ ...shown, host: 'evil' })],
  ])('%s, %s', (type, change) => expect(isMoved(type, change)).toBe(true));
});

describe('an edit that keeps a secret stays where it was', () => {
  it.each<[string, (shown: Config) => Config]>([
    ['http', (shown) => shown],
    ['http', put('url', /\/health.*/, '/other?y=2')],
    ['http', put('url', 'Shop.example', 'shop.example:443')],
    ['http', (shown) => ({ ...shown, method: 'HEAD', keyword: 'a:1', body: 'see https://else.example' })],
    ['mongodb', put('connectionString', 'h1:1,h2:2', 'h2:2,h1:1')],
    ['rabbitmq', (shown) => ({ ...shown, nodes: (shown.nodes as string[]).slice(0, 1) })],
    ['kafka-producer', (shown) => ({ ...shown, topic: 'other', brokers: ['k2:9092'] })],
    ['sqlserver', (shown) => shown],
    ['mqtt', ({ password: _, ...shown }) => shown],
  ])('%s, %s', (type, change) => expect(isMoved(type, change)).toBe(false));
});
