import { createRequire } from 'node:module';
import type { Message } from 'kafkajs';

const require = createRequire(import.meta.url);
const of = <T>(path: string) => require(`kafkajs/src/${path}.js`) as T;

type Group = (from: object) => Record<string, { length: number }>;
type Request = (from: object) => { encode: () => Promise<{ buffer: Buffer }> };
type DecodeBatch = (decoder: Decoder) => Promise<DecodedBatch>;
interface Decoder {
  forward(bytes: number): void;
}

export interface DecodedBatch {
  firstTimestamp: string;
  maxTimestamp: string;
  lastOffsetDelta: number;
  records: {
    key: Buffer | null;
    value: Buffer | null;
    timestamp: string;
    offset: string;
    headers: Record<string, Buffer>;
  }[];
}

const group = of<Group>('producer/groupMessagesPerPartition');
const decodeBatch = of<DecodeBatch>('protocol/recordBatch/v0/decoder');
const BatchDecoder = of<new (bytes: Buffer) => Decoder>('protocol/decoder');

export interface RequestShape {
  partition: number;
  compression?: number;
  /** Of the protocol's produce request: 3 to 7. */
  version?: number;
}

/** The bytes that kafkajs writes to the connection for `send({ topic: 't', messages })`, by its own functions. */
export async function encodedByKafkajs(
  messages: Message[],
  { partition, compression = 0, version = 7 }: RequestShape,
): Promise<Buffer> {
  const partitioner = () => partition;
  const grouped = group({ topic: 't', partitionMetadata: [{}], messages, partitioner });
  const partitions = [{ partition, firstSequence: 5, messages: grouped[partition] }];
  const request = of<Request>(`protocol/requests/produce/v${version}/request`);
  const topicData = [{ topic: 't', partitions }];
  const facts = { acks: -1, timeout: 1000, producerId: 77, producerEpoch: 1, compression };
  return (await request({ ...facts, topicData }).encode()).buffer;
}

/** transactional id, acks, timeout; a topic, `t`; a partition and how many bytes its records have. */
const BEFORE_BATCH = 2 + 2 + 4 + (4 + 3) + (4 + 4 + 4);

/** What a broker finds in a request of `encodedByKafkajs`. */
export function decodedByKafkajs(request: Buffer): Promise<DecodedBatch> {
  const decoder = new BatchDecoder(request);
  decoder.forward(BEFORE_BATCH);
  return decodeBatch(decoder);
}
