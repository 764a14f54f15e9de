import type { CompressionTypes, Message, Producer } from 'kafkajs';
import { resultOfError, type AttemptResult } from './attempt-result.js';

export interface SendSettings {
  /** -1 is all in-sync replicas. */
  acks: -1 | 0 | 1;
  /** How long the broker may wait for replicas. */
  timeoutMs: number;
  compression: CompressionTypes;
}

/** What kafkajs is given for a record; `partition` is read by `partitionOfMessage` alone. */
export interface OutgoingMessage extends Message {
  partition: number;
}

/**
 * One `send()` of one partition's records, made exactly once: the producers do not retry by themselves.
 *
 * It knows whether the records may have left the process, which kafkajs' errors do not tell: kafkajs reads a message's
 * `timestamp` when it encodes the request just before it writes it to the connection, and never earlier, so the first
 * message's is a getter. The getter can also refuse: a request that has not left yet is called off for certain.
 */
export class Attempt {
  private left = false;
  private calledOff = false;

  constructor(
    private readonly topic: string,
    private readonly messages: readonly OutgoingMessage[],
    private readonly settings: SendSettings,
  ) {}

  /** True when the request will certainly not be written; false when it may have been. */
  callOff(): boolean {
    if (!this.left) this.calledOff = true;
    return this.calledOff;
  }

  async run(producer: Producer): Promise<AttemptResult> {
    const { acks, timeoutMs, compression } = this.settings;
    try {
      const places = await producer.send({
        topic: this.topic,
        messages: this.watched(),
        acks,
        timeout: timeoutMs,
        compression,
      });
      return this.resultOf(places);
    } catch (error) {
      return resultOfError(error, { left: this.left, waits: acks === -1 });
    }
  }

  private watched(): Message[] {
    const [first, ...others] = this.messages as OutgoingMessage[];
    if (!first) return [];
    const { timestamp } = first;
    const leaves = () => {
      if (this.calledOff) throw new Error('called off');
      this.left = true;
      return timestamp;
    };
    const probe = Object.defineProperty({ ...first }, 'timestamp', { enumerable: true, get: leaves });
    return inOneStep([probe, ...others], first.partition);
  }

  /** kafkajs resolves, having sent nothing, when its metadata does not have the partition (one that was just added). */
  private resultOf(places: { partition: number; baseOffset?: string }[]): AttemptResult {
    if (!this.left) {
      return {
        kind: 'unwritten',
        error: new Error('the producer does not know the partition yet'),
        left: false,
      };
    }
    if (this.settings.acks === 0) return { kind: 'written', baseOffset: -1 };
    const baseOffset = Number(
      places.find(({ partition }) => partition === this.messages[0]?.partition)?.baseOffset,
    );
    if (Number.isSafeInteger(baseOffset) && baseOffset >= 0) return { kind: 'written', baseOffset };
    return { kind: 'ambiguous', error: new Error('Kafka told no offset'), final: true };
  }
}

/**
 * kafkajs groups a request's messages by partition with `messages.reduce`, copying the group once for each message:
 * quadratic, and most of the garbage of a large request. All of ours go to one partition, so they answer that at once.
 */
function inOneStep(messages: Message[], partition: number): Message[] {
  const grouped = { [partition]: [...messages] };
  return Object.defineProperty(messages, 'reduce', { value: () => grouped });
}

/** The records' partition is chosen before kafkajs sees them. */
export const partitionOfMessage = () => (args: { message: Message }) =>
  (args.message as OutgoingMessage).partition;
