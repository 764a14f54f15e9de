import { Resolver } from 'node:dns/promises';
import { isIP } from 'node:net';
import { z } from 'zod';
import { closedAfter } from './clients/closed-after.js';
import { hostField, portField } from './clients/fields.js';
import { hostPort } from './clients/server-url.js';
import { defineCheck } from './define-check.js';
import { answersOf, RECORD_TYPES } from './dns/answers.js';
import { down, excerpt, stopwatch, up } from './outcomes.js';

/** Over UDP a question or its answer may get lost. */
const TRIES = 3;

const WORDS: Readonly<Record<string, string>> = {
  ENOTFOUND: 'says that there is no such name',
  ENODATA: 'says that the name has no such record',
  ETIMEOUT: 'does not answer',
  ECONNREFUSED: 'refuses the connection',
  ESERVFAIL: 'failed',
  EREFUSED: 'refuses to answer',
  EFORMERR: 'does not understand the question',
  ENOTIMP: 'does not know that type of record',
  EBADRESP: 'answers what is no DNS',
};

export default defineCheck({
  type: 'dns',
  describe: 'Asks a DNS server for records of a name, and whether one of them is as expected.',
  schema: z.object({
    host: hostField('The name to ask for; with PTR an address.'),
    resolver_server: z
      .string()
      .trim()
      .refine((text) => isIP(text) !== 0, 'must be an IP address')
      .describe('The address of the DNS server.'),
    port: portField('The port of the DNS server.').default(53),
    resolve_type: z
      .string()
      .toUpperCase()
      .pipe(z.enum(RECORD_TYPES))
      .default('A')
      .describe(`One of ${RECORD_TYPES.join(', ')}.`),
    expected_value: z
      .string()
      .max(1_000)
      .optional()
      .describe('One of the records must be this, in any case.'),
  }),
  target: ({ resolver_server: server, port }) => hostPort(server, port),
  run: async (config, { net, signal, timeoutMs }) => {
    const { host, resolver_server: server, port, resolve_type: type, expected_value: expected } = config;
    const addresses = await net.resolve(server, signal);
    const resolver = new Resolver({ timeout: Math.max(100, Math.floor(timeoutMs / TRIES)), tries: TRIES });
    resolver.setServers(addresses.slice(0, 1).map(({ address }) => hostPort(address, port)));
    const elapsed = stopwatch();
    try {
      const answers = await closedAfter(
        signal,
        () => resolver.cancel(),
        () => answersOf(resolver, type, host),
      );
      const latency = elapsed();
      const words = `${type}: ${excerpt(answers.join(', '), 500)}`;
      if (answers.length === 0) return down(`${host} has no ${type} record.`, latency);
      if (!expected || answers.some((answer) => same(answer, expected))) return up(words, latency);
      return down(`None is ${excerpt(expected)}. ${words}`, latency);
    } catch (error) {
      const { code = '' } = error as NodeJS.ErrnoException;
      const said = WORDS[code];
      if (said === undefined) throw error;
      return down(`${hostPort(server, port)} ${said} (${host} ${type}, ${code}).`);
    }
  },
});

function same(answer: string, expected: string): boolean {
  const bare = (text: string): string => text.trim().replace(/\.$/, '').toLowerCase();
  return bare(answer) === bare(expected);
}
