import { setTimeout as delay } from 'node:timers/promises';
import type {
  Consumer,
  Delivery,
  MessageExchange,
  Verdict,
} from '../../../src/ports/message-exchange.port.js';
import { failedOnce, REASON } from '../../contracts/message-exchange.support.js';
import { driverContext } from '../../support/driver-context.js';
import { eventually } from '../../support/eventually.js';
import { startScript } from './support/child.js';
import { openExchange } from './support/open.js';

const ROUNDS = 10;
const QUEUES = ['one', 'many'];

/** A line of support/exchanger.mjs. */
interface Said {
  published?: string;
  queue?: string;
  settled?: string[];
  delivered?: string;
  redelivered?: boolean;
  failures?: number;
  whole?: boolean;
}

/** What is known of one queue over all rounds, and what must not have happened. */
class Account {
  readonly delivered = new Map<string, number>();
  readonly settled = new Set<string>();
  readonly wrong: string[] = [];

  hear({ settled, delivered, ...line }: Said): void {
    for (const id of settled ?? []) this.settled.add(id);
    if (delivered === undefined) return;
    const failures = this.delivered.get(delivered);
    if (this.settled.has(delivered)) this.wrong.push(`${delivered} was settled and came again`);
    if (failures === line.failures && !line.redelivered)
      this.wrong.push(`${delivered} came again as if for the first time`);
    if (failures !== undefined && line.failures! < failures)
      this.wrong.push(`${delivered} forgot its progress`);
    if (!line.whole) this.wrong.push(`${delivered} is not whole`);
    this.delivered.set(delivered, line.failures!);
  }
}

/** Takes all that is left, as the children would have. */
function drain(exchange: MessageExchange, queue: string, account: Account): Consumer {
  const handle = (delivery: Delivery): Promise<Verdict> => {
    const { messageId, redelivered, progress, body } = delivery;
    const whole = body.toString().startsWith(`${messageId} `);
    account.hear({ delivered: messageId!, redelivered, failures: progress.failures, whole });
    const dies = messageId!.endsWith('9');
    return Promise.resolve(
      dies ? { kind: 'dead', progress: failedOnce(delivery), reason: REASON } : { kind: 'done' },
    );
  };
  const subscription = { exchange: 'events', queue, bindings: ['#'], prefetch: 100, retryDelaysMs: [20] };
  return exchange.consume(subscription, handle);
}

async function deadIdsOf({ deadLetters }: Consumer): Promise<string[]> {
  const ids: string[] = [];
  let after: string | null = null;
  do {
    const page = await deadLetters.list({ limit: 500, after });
    ids.push(...page.letters.map(({ messageId }) => messageId!));
    after = page.next;
  } while (after !== null);
  return ids.sort();
}

describe('a process killed with SIGKILL while it publishes and consumes', () => {
  it(`loses no confirmed message, delivers no settled one again, ${ROUNDS} times`, async () => {
    const context = await driverContext();
    const published: string[] = [];
    const accounts = new Map(QUEUES.map((queue) => [queue, new Account()]));
    for (let round = 0; round < ROUNDS; round++) {
      const child = startScript<Said>('exchanger.mjs', context.dataFolder, String(round));
      await child.ready;
      await delay(120 + 60 * (round % 4));
      await child.kill();
      for (const line of child.said) {
        if (line.published) published.push(line.published);
        if (line.queue) accounts.get(line.queue)!.hear(line);
      }
    }
    // The kills came in the middle of work.
    expect(published.length).toBeGreaterThan(1_000);
    for (const { settled } of accounts.values()) expect(settled.size).toBeGreaterThan(200);

    const { exchange, database, close } = await openExchange(context);
    const drained = [...accounts].map(([queue, account]) => {
      expect(published.filter((id) => !account.settled.has(id))).not.toEqual([]);
      return { account, consumer: drain(exchange, queue, account) };
    });
    const dead = () => Promise.all(drained.map(({ consumer }) => deadIdsOf(consumer)));
    // Nothing but dead letters is left in the file.
    await eventually(
      async () => expect(await database.ask('count', null)).toBe((await dead()).flat().length),
      30_000,
    );
    for (const { account, consumer } of drained) {
      const seen = [...account.delivered.keys()];
      expect(published.filter((id) => !account.delivered.has(id))).toEqual([]);
      // What has died is there once, however often the process did; nothing else has.
      expect(await deadIdsOf(consumer)).toEqual(seen.filter((id) => id.endsWith('9')).sort());
      expect(account.wrong).toEqual([]);
    }
    expect(await close()).toBeNull();
  }, 120_000);
});
