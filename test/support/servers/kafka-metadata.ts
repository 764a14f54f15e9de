import { Kafka, logLevel, type Admin } from 'kafkajs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { KafkaCluster } from './kafka-cluster.js';

/** The number of the broker that leads a partition: the one whose death is felt. */
export async function leaderOf(kafka: KafkaCluster, topic: string, partition: number): Promise<number> {
  return withAdmin(kafka, async (admin) => {
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
    const found = topics[0]?.partitions.find(({ partitionId }) => partitionId === partition);
    if (!found || found.leader < 1) throw new Error(`${topic}-${partition} has no leader`);
    return found.leader;
  });
}

/**
 * Until all replicas of all partitions are in sync. A broker killed before that leaves some partition with less than
 * min.insync.replicas, which then takes no records. @throws when that is not so within `deadlineMs`.
 */
export async function awaitInSync(kafka: KafkaCluster, deadlineMs = 30_000): Promise<void> {
  const end = Date.now() + deadlineMs;
  await withAdmin(kafka, async (admin) => {
    for (;;) {
      const { topics } = await admin.fetchTopicMetadata();
      const behind = topics.filter(({ partitions }) =>
        partitions.some((p) => p.isr.length < p.replicas.length),
      );
      if (behind.length === 0) return;
      if (Date.now() > end) throw new Error(`not in sync: ${behind.map(({ name }) => name).join(', ')}`);
      await sleep(100);
    }
  });
}

async function withAdmin<T>(kafka: KafkaCluster, ask: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = new Kafka({ brokers: kafka.directBrokers, logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  try {
    return await ask(admin);
  } finally {
    await admin.disconnect();
  }
}
