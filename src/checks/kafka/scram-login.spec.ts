import type { AuthenticationProviderArgs } from 'kafkajs';
import { scramLogin } from './scram-login.js';

it.each(['50000000', '4294967295', ' 900000', '+900000', '1e9'])(
  'works for no broker that asks for %s iterations',
  async (i) => {
    const provider = await scramLogin('SCRAM-SHA-256', { username: 'u', password: 'p' });
    const asked: unknown[] = [];
    const logger = { debug: () => undefined, error: () => undefined };
    const saslAuthenticate = (given: { request: unknown }) => {
      asked.push(given);
      return Promise.resolve({ r: 'x', s: 'c2FsdA==', i });
    };
    const args = { host: 'h', port: 1, logger, saslAuthenticate } as unknown as AuthenticationProviderArgs;
    await expect(provider(args).authenticate()).rejects.toThrow('iterations');
    expect(asked).toHaveLength(1);
  },
);
