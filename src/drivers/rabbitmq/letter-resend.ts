import type { ConsumeMessage } from 'amqplib';
import type { ResendResult } from '../../ports/message-exchange.port.js';
import { MARK_HEADER } from './headers.js';
import { asNewMessage, letterOf } from './letter.js';
import type { Sender } from './sender.js';

/** The most bytes of letters that are on their way at once. */
const MOST_BYTES = 64 * 1024 * 1024;
/** The most letters that one round names. */
const MOST_IDS = 50_000;

/** One round of sending letters again. */
export class LetterResend {
  readonly underWay = new Set<Promise<void>>();
  private readonly wanted: Set<string> | null;
  private readonly sent: string[] = [];
  private isCut = false;
  private failure: Error | null = null;
  private bytes = 0;

  /** `ids` null: all. `to` null: nothing is sent. */
  constructor(
    ids: readonly string[] | null,
    private readonly to: { sender: Sender; home: string } | null,
  ) {
    this.wanted = ids && new Set(ids);
  }

  /** False ends the round. `take` removes the letter for good. */
  visit(message: ConsumeMessage, take: () => void): boolean {
    const letter = letterOf(message);
    if (this.wanted?.has(letter.id) === false) return true;
    if (this.bytes > MOST_BYTES || this.sent.length >= MOST_IDS) this.isCut = true;
    if (this.isCut) return false;
    this.wanted?.delete(letter.id);
    if (this.to) this.begin(message, take, letter.id);
    else this.sent.push(letter.id);
    return this.wanted?.size !== 0;
  }

  /** `isWhole`: every letter was seen. @throws AppError why nothing at all could be sent */
  result(isWhole: boolean): ResendResult {
    if (this.failure && this.sent.length === 0) throw this.failure;
    const left = [...(this.wanted ?? [])];
    const isDone = this.wanted ? left.length === 0 || isWhole : isWhole;
    const more = this.isCut || !isDone;
    return { ids: this.sent, missing: more ? [] : left, more };
  }

  private begin(message: ConsumeMessage, take: () => void, id: string): void {
    const bytes = message.content.length;
    this.bytes += bytes;
    const task: Promise<void> = this.send(message)
      .then(() => {
        take();
        this.sent.push(id);
      })
      .catch((error: Error) => {
        this.isCut = true;
        this.failure = error;
      })
      .finally(() => {
        this.bytes -= bytes;
        this.underWay.delete(task);
      });
    this.underWay.add(task);
  }

  private send(message: ConsumeMessage): Promise<void> {
    const { sender, home } = this.to!;
    const properties = asNewMessage(message, letterOf(message));
    const headers = properties.headers as object;
    return sender.send(
      { exchange: '', declare: false },
      {
        routingKey: home,
        body: message.content,
        properties: (mark) => ({ ...properties, headers: { ...headers, [MARK_HEADER]: mark } }),
      },
    );
  }
}
