import { z } from 'zod';
import { eachAddress } from './clients/each-address.js';
import { isJsonObject } from './clients/json-object.js';
import { hostPort } from './clients/server-url.js';
import { defineCheck, type CheckOutcome } from './define-check.js';
import { valueAt } from './mongodb/json-path.js';
import { hasKnownLogin, MECHANISMS, readMongoUrl, withHost, type MongoUrl } from './mongodb/mongo-url.js';
import { firstSeed, seedsOf } from './mongodb/seeds.js';
import { runCommand } from './mongodb/run-command.js';
import { down, excerpt, stopwatch, up } from './outcomes.js';

const EXAMPLE = 'mongodb://user:password@host:27017/database';

export default defineCheck({
  type: 'mongodb',
  describe: 'Logs in to MongoDB and runs a command on the first server of the list that answers.',
  isolated: () => true,
  schema: z.object({
    connectionString: z
      .string()
      .trim()
      .max(4_096)
      .refine((text) => readMongoUrl(text) !== null, `must be a URL such as ${EXAMPLE}`)
      .refine(
        (text) => {
          const url = readMongoUrl(text);
          return url === null || hasKnownLogin(url);
        },
        `must have as authMechanism one of ${MECHANISMS.join(', ')}`,
      )
      .describe(`A URL such as ${EXAMPLE}, or mongodb+srv://.`),
    command: z
      .string()
      .max(10_000)
      .refine(isJsonObject, 'must be a JSON object such as {"ping": 1}')
      .optional()
      .describe('What to run, a JSON object. Default: {"ping": 1}.'),
    jsonPath: z.string().max(1_000).optional().describe('A field of the answer that must be there: $.ok.'),
    expectedValue: z.string().max(1_000).optional().describe('What the field must be.'),
  }),
  target: ({ connectionString }) => {
    const { host, port } = firstSeed(readMongoUrl(connectionString) as MongoUrl);
    return hostPort(host, port);
  },
  run: async (config, context) => {
    const { net, signal, timeoutMs } = context;
    const url = readMongoUrl(config.connectionString) as MongoUrl;
    const command = JSON.parse(config.command || '{"ping":1}') as Record<string, unknown>;
    const elapsed = stopwatch();
    const { hosts, params } = await seedsOf(url, signal);
    let failure: unknown;
    for (const { host, port } of hosts) {
      try {
        const answer = await eachAddress({ net, signal }, host, (address) =>
          runCommand(withHost({ ...url, params }, hostPort(address, port)), host, command, {
            signal,
            timeoutMs,
          }),
        );
        return judged(answer, config, elapsed());
      } catch (error) {
        signal.throwIfAborted();
        failure ??= error;
      }
    }
    throw failure;
  },
});

interface Expected {
  jsonPath?: string;
  expectedValue?: string;
}

function judged(answer: unknown, { jsonPath, expectedValue }: Expected, latencyMs: number): CheckOutcome {
  if (!jsonPath) return up('The command succeeded.', latencyMs);
  const value = valueAt(answer, jsonPath);
  if (value === undefined || value === null)
    return down(`The answer has no ${excerpt(jsonPath)}.`, latencyMs);
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  if (!expectedValue) return up(`${excerpt(jsonPath)} is there.`, latencyMs);
  const same = text === expectedValue || (text.trim() !== '' && Number(text) === Number(expectedValue));
  return (same ? up : down)(`${excerpt(jsonPath)} is ${excerpt(text)}.`, latencyMs);
}
