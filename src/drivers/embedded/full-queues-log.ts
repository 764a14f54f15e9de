import type { Logger } from 'pino';
import type { Database } from './database.js';

const REMIND_MS = 60_000;

/**
 * Says which queues fill the file, once a minute at most: a queue that nobody consumes any more, because it has been
 * given another name, would otherwise stop all publishing without a trace.
 */
export class FullQueuesLog {
  private saidAt = -Infinity;

  constructor(
    private readonly database: Pick<Database, 'ask'>,
    private readonly isConsumed: (queue: string) => boolean,
    private readonly logger: Logger,
  ) {}

  /** A message was refused because the queues are full. */
  async refused(): Promise<void> {
    const now = performance.now();
    if (now - this.saidAt < REMIND_MS) return;
    this.saidAt = now;
    const depths = await this.database.ask('depths', null).catch(() => []);
    const queues = depths.map((depth) => ({ ...depth, consumed: this.isConsumed(depth.queue) }));
    const list = queues.map(
      ({ queue, messages, deadLetters, consumed }) =>
        `${queue} (${messages} messages, ${deadLetters} dead letters${consumed ? '' : ', not consumed here'})`,
    );
    this.logger.error(
      { queues },
      `Messages are refused: the queues hold EMBEDDED_MAX_MESSAGES messages: ${list.join(', ')}. Consume them, send again or discard dead letters, or raise it.`,
    );
  }
}
