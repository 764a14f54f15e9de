import { randomUUID } from 'node:crypto';
import type { ConfirmChannel, Message, Options } from 'amqplib';
import { MARK_HEADER } from './headers.js';
import { bodyLimitIn, fatesAfterClose, type BodyLimit, type Fate } from './lane-fates.js';

/** A message as it goes out. */
export interface Outgoing {
  routingKey: string;
  body: Buffer;
  /** Its properties, with `mark` where the broker gives it back: as the correlation id, or in MARK_HEADER. */
  properties: (mark: string) => Options.Publish;
}

interface InFlight {
  bytes: number;
  returned: boolean;
  settle: (fate: Fate) => void;
}

/** In a row, and unlike those of any other process. */
const MARKS = randomUUID().slice(0, 8);
let marks = 0;

/** One confirm channel, for one exchange: what goes wrong with another one's messages is not its matter. */
export class Lane {
  /** By mark, in the order of sending. */
  private readonly inFlight = new Map<string, InFlight>();
  private error: unknown;
  private closed = false;

  constructor(
    private readonly channel: ConfirmChannel,
    private readonly exchange: string,
    private readonly onClosed: (error: unknown, limit: BodyLimit | null) => void,
  ) {
    channel.on('return', (message: Message) => this.onReturn(message));
    channel.on('error', (error) => (this.error = error));
    channel.on('close', () => this.onClose());
  }

  /** Always resolves, at the latest when the connection ends. */
  publish({ routingKey, body, properties }: Outgoing): Promise<Fate> {
    if (this.closed) return Promise.resolve('unsent');
    const mark = `${MARKS}.${(marks += 1)}`;
    const options = { ...properties(mark), persistent: true, mandatory: true };
    return new Promise((resolve) => {
      const settle = (fate: Fate) => {
        this.inFlight.delete(mark);
        resolve(fate);
      };
      this.inFlight.set(mark, { bytes: body.length, returned: false, settle });
      try {
        this.channel.publish(this.exchange, routingKey, body, options, (error) =>
          this.onConfirm(mark, error),
        );
      } catch (error) {
        // amqplib throws before it writes a byte: a field is longer than AMQP allows, or the channel is closing.
        settle(/^(Type|Range)Error/.test((error as Error).name) ? 'unwritable' : 'unsent');
      }
    });
  }

  private onConfirm(mark: string, error: unknown): void {
    const message = this.inFlight.get(mark);
    if (!error) message?.settle(message.returned ? 'returned' : 'confirmed');
    else if ((error as Error).message === 'message nacked') message?.settle('nacked');
    // Else the channel has closed: onClose comes next.
  }

  /** Comes before the confirm of the same message. */
  private onReturn(returned: Message): void {
    const headers = returned.properties.headers;
    const correlationId: unknown = returned.properties.correlationId;
    const message =
      this.inFlight.get(String(headers?.[MARK_HEADER])) ?? this.inFlight.get(String(correlationId));
    if (message) message.returned = true;
  }

  private onClose(): void {
    this.closed = true;
    const open = [...this.inFlight.values()];
    const fates = fatesAfterClose(
      this.error,
      open.map(({ bytes }) => bytes),
    );
    open.forEach(({ settle }, i) => settle(fates[i]!));
    this.onClosed(this.error, bodyLimitIn(this.error));
  }
}
