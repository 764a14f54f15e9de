import { AppError } from '../../core/errors.js';
import type {
  DeadLetter,
  DeadLetterPage,
  DeadLetters,
  ResendResult,
} from '../../ports/message-exchange.port.js';
import { letterOf } from './letter.js';
import { LetterPage, placeAt } from './letter-page.js';
import { SCAN_BOUNDS, scan, type Scan, type ScanBounds, type ScanResult } from './letter-scan.js';
import { LetterResend } from './letter-resend.js';
import type { Link } from './link.js';
import { brokerWords, replyCode, unavailable } from './rabbitmq-error.js';
import type { Sender } from './sender.js';

/** More calls than this are not kept waiting. */
const MOST_CALLS = 16;
/** While letters are sent again, so many are in hand. */
const RESEND_WINDOW = 64;

export interface DeadLettersParts {
  link: Link;
  sender: Sender;
  /** The queue of dead letters, and the one to which they are sent again. */
  queue: string;
  home: string;
  /** How long one look may take, milliseconds. */
  timeoutMs: number;
  bounds?: ScanBounds;
}

type Look = Pick<Scan, 'visit' | 'underWay'> & { window?: number };

/**
 * The dead letters of a subscription. AMQP cannot look at a message in its place: each call takes letters in hand on a
 * channel of its own, one after the other, and gives them back by closing it.
 */
export class RabbitDeadLetters implements DeadLetters {
  private last: Promise<unknown> = Promise.resolve();
  private calls = 0;

  constructor(private readonly parts: DeadLettersParts) {}

  async list({ limit, after }: { limit: number; after: string | null }): Promise<DeadLetterPage> {
    const page = new LetterPage(limit, after === null ? null : placeAt(after));
    const result = await this.scan({
      visit: (message) => {
        page.add(letterOf(message));
        return true;
      },
    });
    // One that was not seen may belong on this page, and would be passed over for good.
    if (!result.isWhole) throw this.notWhole(result);
    return { total: result.total, ...page.letters() };
  }

  async get(id: string): Promise<DeadLetter> {
    let found: DeadLetter | undefined;
    const result = await this.scan({
      visit: (message) => {
        const letter = letterOf(message);
        if (letter.id === id) found = letter;
        return !found;
      },
    });
    if (!found) throw this.missing(id, result);
    return found;
  }

  async discard(id: string): Promise<void> {
    let isFound = false;
    const result = await this.scan({
      visit: (message, take) => {
        isFound = letterOf(message).id === id;
        if (isFound) take();
        return !isFound;
      },
    });
    if (!isFound) throw this.missing(id, result);
  }

  async resend({ ids, dryRun }: { ids: readonly string[] | null; dryRun: boolean }): Promise<ResendResult> {
    const { sender, home } = this.parts;
    const round = new LetterResend(ids, dryRun ? null : { sender, home });
    // Those that nobody asked for stay in hand to the end, so all must have room there.
    const window = ids === null && !dryRun ? RESEND_WINDOW : undefined;
    const { isWhole } = await this.scan({
      ...(window !== undefined && { window }),
      visit: (message, take) => round.visit(message, take),
      underWay: round.underWay,
    });
    return round.result(isWhole);
  }

  /** @throws AppError EXCHANGE_UNAVAILABLE, READERS_BUSY */
  private async scan(look: Look): Promise<ScanResult> {
    if (this.calls >= MOST_CALLS)
      throw new AppError('READERS_BUSY', 'Too many look at the dead letters at present.', { retryAfterS: 1 });
    this.calls += 1;
    const turn = this.last.then(() => this.scanNow(look));
    this.last = turn.catch(() => undefined);
    return turn.finally(() => (this.calls -= 1));
  }

  private async scanNow(look: Look): Promise<ScanResult> {
    const { link, queue, timeoutMs, bounds = SCAN_BOUNDS } = this.parts;
    if (!link.connection) throw link.trouble;
    try {
      const deadline = performance.now() + timeoutMs;
      return await scan(link.connection, { window: bounds.mostLetters, ...look, queue, deadline, bounds });
    } catch (error) {
      if (error instanceof AppError) throw error;
      const what = replyCode(error) === 404 ? 'are not there yet' : 'cannot be looked at';
      throw unavailable(`The dead letters in ${queue} ${what} (${brokerWords(error)})`, error);
    }
  }

  private missing(id: string, result: ScanResult): AppError {
    if (!result.isWhole) return this.notWhole(result);
    return new AppError('DEAD_LETTER_UNKNOWN', `There is no dead letter ${JSON.stringify(id.slice(0, 64))}.`);
  }

  private notWhole({ seen, total }: ScanResult): AppError {
    return unavailable(
      `Only ${seen} of the ${total} dead letters in ${this.parts.queue} could be looked at within ` +
        'PRODUCE_TIMEOUT_MS and the bound of one look: try again, or send all of them again in rounds',
    );
  }
}
