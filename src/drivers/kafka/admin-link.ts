import type { Admin } from 'kafkajs';
import { dropSilentConnections, type ClientFactory, type KafkaClient } from './client.js';
import { brokerCode } from './kafka-error.js';

interface Link {
  client: KafkaClient;
  admin: Admin;
  connected: Promise<void>;
}

/**
 * An admin connection that is opened at its first use, kept, and replaced when it breaks. It never creates a topic.
 */
export class AdminLink {
  private link: Link | null = null;
  private readonly leaving = new Set<Promise<void>>();

  constructor(private readonly clients: ClientFactory) {}

  /** @throws what kafkajs throws */
  async use<T>(task: (admin: Admin) => Promise<T>): Promise<T> {
    const link = (this.link ??= this.open());
    try {
      await link.connected;
      return await task(link.admin);
    } catch (error) {
      if (brokerCode(error) === undefined) this.leave(link); // no broker's answer: the connection may be to blame
      throw error;
    }
  }

  /** The next use begins with a new connection; those under way end on the old one. */
  renew(): void {
    if (this.link) this.leave(this.link);
  }

  async close(): Promise<void> {
    this.renew();
    await Promise.all(this.leaving);
  }

  /** Ends what `close` still waits for. */
  drop(): void {
    this.link?.client.dropConnections();
  }

  private open(): Link {
    const client = this.clients();
    const admin = client.kafka.admin({ retry: { retries: 0 } });
    dropSilentConnections(admin, client);
    return { client, admin, connected: admin.connect() };
  }

  private leave(link: Link): void {
    if (this.link === link) this.link = null;
    const left: Promise<void> = link.connected
      .catch(() => undefined)
      .then(() => link.admin.disconnect())
      .catch(() => undefined)
      .finally(() => {
        link.client.dropConnections(); // one that failed half-way may be open
        this.leaving.delete(left);
      });
    this.leaving.add(left);
  }
}
