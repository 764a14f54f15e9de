import { pino } from 'pino';
import { ManualClock } from '../../../test/support/manual-clock.js';
import type { DeadLetters, Verdict } from '../../ports/message-exchange.port.js';
import { EmbeddedConsumer } from './consumer.js';
import type { Database } from './database.js';
import { packRows } from './message-codec.js';
import type { Exchanges, Fetch, Op } from './protocol.js';
import { Trouble } from './trouble.js';

const turn = () => new Promise((resolve) => setImmediate(resolve));
const turns = async () => {
  for (let i = 0; i < 10; i++) await turn();
};

/** A queue without end, whose worker refuses the questions named in `refuses`. */
class EndlessQueue implements Pick<Database, 'ask'> {
  readonly refuses = new Set<Op>();
  readonly asked: Op[] = [];
  readonly done: number[] = [];
  private id = 0;

  async ask<O extends Op>(op: O, ask: Exchanges[O]['ask']): Promise<Exchanges[O]['answer']> {
    this.asked.push(op);
    await turn();
    if (this.refuses.has(op)) throw new Trouble('failed', 'a test says so');
    if (op !== 'serve') return null;
    const { verdicts, fetch } = ask as Exchanges['serve']['ask'];
    this.done.push(...(verdicts?.done ?? []));
    return fetch ? this.fetch(fetch.limit) : null;
  }

  private fetch(limit: number): Fetch {
    const body = Buffer.alloc(0);
    const rows = Array.from({ length: limit }, () => (this.id += 1));
    return {
      rows: packRows(
        rows.map((id) => [id, 'e', Buffer.from('k'), null, null, null, body, null]),
        0,
      ),
      last: this.id,
      more: true,
      nextDue: null,
    };
  }
}

function consume(queue: EndlessQueue, prefetch: number, handle: () => Promise<Verdict>) {
  const clock = new ManualClock();
  const consumer = new EmbeddedConsumer(queue, {
    subscription: { exchange: 'e', queue: 'q', bindings: ['#'], prefetch, retryDelaysMs: [10] },
    queue: 'q',
    deadLetters: {} as DeadLetters,
    handle,
    clock,
    logger: pino({ level: 'silent' }),
  });
  return { consumer, clock };
}

describe('EmbeddedConsumer', () => {
  it('takes no more than its prefetch while verdicts cannot be written', async () => {
    const queue = new EndlessQueue();
    let handled = 0;
    const doors: (() => void)[] = [];
    const { consumer, clock } = consume(queue, 5, async () => {
      handled += 1;
      await new Promise<void>((resolve) => doors.push(resolve));
      return { kind: 'done' };
    });
    await turns();
    queue.refuses.add('serve');
    // Some verdicts come while others are being refused.
    for (const open of doors.splice(0)) {
      open();
      for (let i = 0; i < 10; i++) await Promise.resolve();
    }
    for (let i = 0; i < 20; i++) {
      await turns();
      await clock.advance(5_000);
    }
    expect(handled).toBe(5);
    expect(consumer).toMatchObject({ state: 'connecting', trouble: { code: 'EXCHANGE_UNAVAILABLE' } });
    queue.refuses.clear();
    await clock.advance(5_000);
    await turns();
    expect(handled).toBe(10);
    expect(queue.done.sort()).toEqual([1, 2, 3, 4, 5]);
    expect(await consumer.stop(0)).toBe(5);
  });

  it('waits longer and longer between tries, unless it is told that the worker is back', async () => {
    const queue = new EndlessQueue();
    queue.refuses.add('declare');
    const { consumer, clock } = consume(queue, 1, () => new Promise<never>(() => undefined));
    for (let i = 0; i < 600; i++) {
      await turns();
      await clock.advance(100);
    }
    await turns();
    // A minute: about ten until the pauses are up to five seconds long, then one in 2.5 seconds.
    const tries = queue.asked.length;
    expect(tries).toBeGreaterThan(10);
    expect(tries).toBeLessThan(100);
    queue.refuses.clear();
    consumer.tryAgain();
    await turns();
    expect(consumer.state).toBe('consuming');
    expect(queue.asked.slice(tries)).toEqual(['declare', 'serve']);
    expect(await consumer.stop(0)).toBe(1);
  });
});
