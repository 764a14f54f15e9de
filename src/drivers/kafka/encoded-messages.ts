import type { Message } from 'kafkajs';
import type { EncodedRecords } from './record-encoder.js';

/**
 * Records of one partition in the form in which kafkajs takes messages, with the encoding done here: kafkajs makes a
 * request of them by asking once for their timestamps (`messages.map`), and at once again for an encoder of each record.
 * `encode` is called at the first, which is just before the request is written to the connection, and never earlier.
 *
 * kafkajs 2.2.4 is the last of its line and pinned; encoded-messages.spec.ts compares each byte with what it makes itself.
 */
export class EncodedMessages {
  private encoded: EncodedRecords | null = null;

  constructor(
    /** kafkajs counts them for the numbers of the next request. */
    readonly length: number,
    private readonly encode: () => EncodedRecords,
  ) {}

  map(): unknown[] {
    if (this.encoded) return this.encoders(this.encoded);
    this.encoded = this.encode();
    return [this.encoded.firstTimestamp, this.encoded.maxTimestamp].map(sortable);
  }

  private encoders({ bytes }: EncodedRecords): unknown[] {
    this.encoded = null;
    const encoders = new Array<RecordEncoder>(this.length);
    encoders[0] = { buf: bytes, buffer: bytes };
    return Object.assign(encoders, ALL_IN_FIRST);
  }
}

/** kafkajs sorts timestamps as text. */
const sortable = (timestamp: number) => String(timestamp).padStart(16, '0');

/** What kafkajs takes for the encoder of a record. */
interface RecordEncoder {
  buf: Buffer;
  buffer: Buffer;
}

/** As many encoders as there are records, of which the first one has the bytes of all: it is the only one to be asked. */
const ALL_IN_FIRST = {
  every: () => true,
  some: () => false,
  forEach(this: RecordEncoder[], use: (encoder: RecordEncoder | undefined) => void) {
    use(this[0]);
  },
};

/**
 * What `send()` gets for `messages`. It looks into them once before it groups them by their partition with
 * `messages.reduce`, in time that grows with the square of their number: these are one group already.
 */
export function messagesOf(partition: number, encoded: EncodedMessages): Message[] {
  const grouped = { [partition]: encoded };
  const messages: Message[] = [{ value: null }];
  messages.reduce = () => grouped as never;
  return messages;
}
