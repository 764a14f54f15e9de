import type { ClientFactory } from './client.js';
import { NEVER_RETRIES, NO_PARTITIONER } from './connect-producer.js';
import { brokerCode, refusalOf } from './kafka-error.js';
import { Turnstile } from './turnstile.js';

const AT_ONCE = 4;

/**
 * Has the broker create topics at first use, as any producer does: by asking for their metadata. It uses a producer of
 * its own for each, because kafkajs asks for all topics of a producer again and again, and would bring back deleted ones.
 */
export class TopicCreator {
  private readonly turns = new Turnstile(AT_ONCE);

  constructor(private readonly clients: ClientFactory) {}

  /**
   * Resolves when the broker was asked, which is before the topic can be used.
   * @throws what kafkajs throws, when the broker refuses
   */
  async ask(topic: string): Promise<void> {
    await this.turns.run(async () => {
      const client = this.clients();
      const producer = client.kafka.producer({ retry: NEVER_RETRIES, createPartitioner: NO_PARTITIONER });
      try {
        await producer.connect();
        await producer.send({ topic, messages: [] }); // sends nothing but the request for metadata
      } catch (error) {
        const code = brokerCode(error);
        if (code !== 'UNKNOWN_TOPIC_OR_PARTITION' && refusalOf(code)) throw error;
      } finally {
        void producer
          .disconnect()
          .catch(() => undefined)
          .finally(() => client.dropConnections());
      }
    });
  }
}
