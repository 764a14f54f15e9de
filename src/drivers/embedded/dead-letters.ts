import { AppError } from '../../core/errors.js';
import { withDeadline } from '../../core/with-deadline.js';
import type {
  DeadLetter,
  DeadLetterPage,
  DeadLetters,
  ResendResult,
} from '../../ports/message-exchange.port.js';
import type { Database } from './database.js';
import { askErrorOf, writeErrorOf } from './exchange-errors.js';
import { unpackLetters } from './message-codec.js';
import { READING, type Exchanges, type Op } from './protocol.js';
import { Trouble } from './trouble.js';

const PAGE_BYTES = 16 * 1024 * 1024;
/** Letters that one call sends again at most, and the bytes that one transaction moves. */
const MOST_RESENT = 10_000;
const RESEND_BYTES = 16 * 1024 * 1024;

export interface DeadLettersOptions {
  queue: string;
  timeoutMs: number;
  /** Told when something was sent again. */
  onResent: () => void;
}

/** The dead letters of one queue of the file. */
export class EmbeddedDeadLetters implements DeadLetters {
  private turn: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly database: Pick<Database, 'ask'>,
    private readonly options: DeadLettersOptions,
  ) {}

  list({ limit, after }: { limit: number; after: string | null }): Promise<DeadLetterPage> {
    return this.inTurn(async () => {
      const { letters, total, more } = await this.page(after === null ? 0 : placeAt(after), limit);
      return { total, letters, next: more ? letters.at(-1)!.id : null };
    });
  }

  get(id: string): Promise<DeadLetter> {
    return this.inTurn(async () => {
      const number = numberOf(id);
      const { letters } = number === null ? { letters: [] } : await this.page(number - 1, 1);
      const [letter] = letters;
      if (letter?.id !== id) throw unknown(id);
      return letter;
    });
  }

  resend({ ids, dryRun }: { ids: readonly string[] | null; dryRun: boolean }): Promise<ResendResult> {
    return this.inTurn(async () => {
      const asked = ids === null ? await this.allIds() : [...new Set(ids)];
      const some = asked.slice(0, MOST_RESENT);
      const numbers = some.map(numberOf).filter((number) => number !== null);
      const { found, looked } = dryRun ? await this.present(numbers) : await this.sendAgain(numbers);
      const sent = new Set(found.map(String));
      const notLooked = new Set(numbers.slice(looked).map(String));
      return {
        ids: [...sent],
        missing: ids === null ? [] : some.filter((id) => !sent.has(id) && !notLooked.has(id)),
        more: asked.length > some.length || notLooked.size > 0,
      };
    });
  }

  discard(id: string): Promise<void> {
    return this.inTurn(async () => {
      const { queue } = this.options;
      const number = numberOf(id);
      if (number === null || !(await this.ask('discard', { queue, id: number }))) throw unknown(id);
    });
  }

  private async page(after: number, limit: number) {
    const { queue } = this.options;
    const { rows, total, more } = await this.ask('letters', { queue, after, limit, maxBytes: PAGE_BYTES });
    return { letters: [...unpackLetters(rows)], total, more };
  }

  /** One more than can be sent again at once, so that it shows. */
  private async allIds(): Promise<string[]> {
    const { queue } = this.options;
    return (await this.ask('letterIds', { queue, limit: MOST_RESENT + 1 })).map(String);
  }

  private async present(ids: number[]) {
    return { found: await this.ask('present', { queue: this.options.queue, ids }), looked: ids.length };
  }

  /** In steps, as far as the time allows. */
  private async sendAgain(ids: number[]) {
    const { queue, timeoutMs, onResent } = this.options;
    const end = performance.now() + timeoutMs;
    const found: number[] = [];
    let looked = 0;
    while (looked < ids.length && performance.now() < end) {
      const step = await this.ask('resend', { queue, ids: ids.slice(looked), maxBytes: RESEND_BYTES });
      looked += step.looked;
      found.push(...step.sent);
      onResent();
    }
    return { found, looked };
  }

  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.turn.then(work);
    this.turn = done.catch(() => undefined);
    return done;
  }

  private async ask<O extends Op>(op: O, ask: Exchanges[O]['ask']): Promise<Exchanges[O]['answer']> {
    const { timeoutMs } = this.options;
    const late = () => new Trouble('died', `it did not answer within ${timeoutMs} ms`);
    try {
      return await withDeadline(this.database.ask(op, ask), timeoutMs, late);
    } catch (error) {
      if (!(error instanceof Trouble)) throw error;
      throw READING.has(op) ? askErrorOf(error) : writeErrorOf(error);
    }
  }
}

function numberOf(id: string): number | null {
  return /^[1-9]\d{0,14}$/.test(id) ? Number(id) : null;
}

/** @throws AppError VALIDATION_FAILED */
function placeAt(cursor: string): number {
  const number = numberOf(cursor);
  if (number === null)
    throw new AppError('VALIDATION_FAILED', 'after must be what an earlier page gave as next.');
  return number;
}

function unknown(id: string): AppError {
  return new AppError('DEAD_LETTER_UNKNOWN', `There is no dead letter ${JSON.stringify(id.slice(0, 40))}.`);
}
