import { z } from 'zod';
import { defineCheck, type CheckContext, type CheckOutcome } from './define-check.js';
import { hostPort, readServerUrl, serverUrl } from './clients/server-url.js';
import { observerTrouble, outcomeOfError } from './outcome-of-error.js';
import { down } from './outcomes.js';
import { askManagement } from './rabbitmq/ask-management.js';
import { logIn } from './rabbitmq/log-in.js';

const SCHEMES = ['http', 'https', 'amqp', 'amqps'];
const PORTS: Readonly<Record<string, number>> = { http: 80, https: 443, amqp: 5672, amqps: 5671 };

const node = z
  .string()
  .trim()
  .max(2_000)
  .refine(
    (text) => serverUrl(text, SCHEMES, 0) !== null,
    'must be the URL of a management API (https://host:15672) or of the broker (amqp://host:5672/vhost)',
  );

function readNode(text: string) {
  const scheme = text.slice(0, text.indexOf(':')).toLowerCase();
  return readServerUrl(text, SCHEMES, PORTS[scheme] ?? 0);
}

export default defineCheck({
  type: 'rabbitmq',
  describe:
    'Asks the management API of the nodes, in turn, whether an alarm is on; the first that answers well is enough. A node that is an amqp:// URL is logged in to instead.',
  isolated: () => true,
  schema: z.object({
    nodes: z
      .array(node)
      .min(1)
      .max(10)
      .describe('URLs of management APIs (https://host:15672), or of brokers (amqp://host:5672/vhost).'),
    username: z.string().max(255).default('guest').describe('The user.'),
    password: z.string().max(1_000).default('guest').describe('The password.'),
  }),
  secrets: ['password'],
  target: ({ nodes: [first = ''] }) => {
    const { host, port } = readNode(first);
    return hostPort(host, port);
  },
  run: async ({ nodes, username, password }, context) => {
    const outcomes: CheckOutcome[] = [];
    for (const text of nodes) {
      const outcome = await askNode(text, { username, password }, context);
      if (outcome.found === 'up') return outcome;
      outcomes.push(outcome);
      context.signal.throwIfAborted();
    }
    const told = outcomes.find(({ found }) => found === 'down') ?? outcomes[0]!;
    return nodes.length === 1
      ? told
      : { ...told, message: `No node of ${nodes.length} is well. ${told.message}` };
  },
});

async function askNode(
  text: string,
  login: { username: string; password: string },
  context: CheckContext,
): Promise<CheckOutcome> {
  const url = readNode(text);
  const place = hostPort(url.host, url.port);
  try {
    return await (url.scheme.startsWith('http') ? askManagement : logIn)(url, login, context);
  } catch (error) {
    // Also what only the observer can know goes on to the next node; alone it is told as it is.
    if (observerTrouble(error) === null && context.signal.aborted) return down(`${place} does not answer.`);
    return outcomeOfError(error, place);
  }
}
