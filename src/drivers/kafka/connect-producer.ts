import type { Producer } from 'kafkajs';
import { dropSilentConnections, type ClientFactory } from './client.js';
import { brokerCode } from './kafka-error.js';

/** A producer that can send. */
export interface ConnectedProducer {
  readonly producer: Producer;
  /** Never rejects. */
  disconnect(): Promise<void>;
  /** Ends what `disconnect` may wait for. */
  drop(): void;
}

/** Connects once. `topic` names one whose partitions all have leaders. */
export type ConnectProducer = (topic?: string) => Promise<ConnectedProducer>;

/**
 * No retries within a `send()`: each attempt must be seen. kafkajs refuses `retries: 0` for an idempotent producer,
 * but its loop asks `retryCount < retries`, which NaN ends at once (connect-producer.spec.ts).
 */
export const NEVER_RETRIES = { retries: Number.NaN };

/** Records come grouped by their partition (encoded-messages.ts); without it kafkajs warns of the one that it has. */
export const NO_PARTITIONER = () => () => 0;

export function producerConnector(clients: ClientFactory, idempotent: boolean): ConnectProducer {
  return async (topic) => {
    const client = clients();
    const producer = client.kafka.producer({
      idempotent,
      retry: NEVER_RETRIES,
      createPartitioner: NO_PARTITIONER,
      // A producer goes on asking for every topic that it ever wrote to: it must not bring deleted ones back.
      allowAutoTopicCreation: false,
    });
    dropSilentConnections(producer, client);
    const connected: ConnectedProducer = {
      producer,
      disconnect: () =>
        producer
          .disconnect()
          .catch(() => undefined)
          .finally(() => client.dropConnections()), // one that failed half-way may be open
      drop: () => client.dropConnections(),
    };
    try {
      await connect(producer, topic);
      return connected;
    } catch (error) {
      void connected.disconnect();
      throw error;
    }
  };
}

/**
 * For its id an idempotent producer asks for the metadata of all topics of the cluster, and kafkajs fails when one
 * partition of any has no leader. Once it has been used for a topic it asks for that one alone.
 */
async function connect(producer: Producer, topic: string | undefined): Promise<void> {
  try {
    await producer.connect();
  } catch (error) {
    if (topic === undefined || brokerCode(error) === undefined) throw error;
    await producer.send({ topic, messages: [] });
    await producer.connect();
  }
}
