import type { CompressionTypes, Producer } from 'kafkajs';
import { resultOfError, type AttemptResult } from './attempt-result.js';
import { EncodedMessages, messagesOf } from './encoded-messages.js';
import { encodeRecords, type EncodedRecords, type SizedRecord } from './record-encoder.js';

export interface SendSettings {
  /** -1 is all in-sync replicas. */
  acks: -1 | 0 | 1;
  /** How long the broker may wait for replicas. */
  timeoutMs: number;
  compression: CompressionTypes;
}

/** Where records go. */
export interface Place {
  topic: string;
  partition: number;
}

/**
 * One `send()` of one partition's records, made exactly once: the producers do not retry by themselves.
 *
 * It knows whether the records may have left the process, which kafkajs' errors do not tell: kafkajs asks for their
 * encoding just before it writes the request to the connection, and never earlier. It can also refuse: a request that
 * has not left yet is called off for certain.
 */
export class Attempt {
  private left = false;
  private calledOff = false;

  constructor(
    private readonly place: Place,
    private readonly records: readonly SizedRecord[],
    private readonly settings: SendSettings,
  ) {}

  /** True when the request will certainly not be written; false when it may have been. */
  callOff(): boolean {
    if (!this.left) this.calledOff = true;
    return this.calledOff;
  }

  async run(producer: Producer): Promise<AttemptResult> {
    const { acks, timeoutMs, compression } = this.settings;
    const { topic, partition } = this.place;
    const encoded = new EncodedMessages(this.records.length, () => this.leave());
    try {
      const places = await producer.send({
        topic,
        messages: messagesOf(partition, encoded),
        acks,
        timeout: timeoutMs,
        compression,
      });
      return this.resultOf(places);
    } catch (error) {
      return resultOfError(error, { left: this.left, waits: acks === -1 });
    }
  }

  private leave(): EncodedRecords {
    if (this.calledOff) throw new Error('called off');
    const encoded = encodeRecords(this.records);
    this.left = true;
    return encoded;
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
    const baseOffset = Number(places.find(({ partition }) => partition === this.place.partition)?.baseOffset);
    if (Number.isSafeInteger(baseOffset) && baseOffset >= 0) return { kind: 'written', baseOffset };
    return { kind: 'ambiguous', error: new Error('Kafka told no offset'), final: true };
  }
}
