import { Kafka, logLevel, type Admin } from 'kafkajs';
import { until } from './until.js';

/** kafkajs' own admin, apart from the driver. */
export async function withAdmin<T>(
  brokers: readonly string[],
  task: (admin: Admin) => Promise<T>,
): Promise<T> {
  const kafka = new Kafka({ brokers: [...brokers], logLevel: logLevel.NOTHING, retry: { retries: 8 } });
  const admin = kafka.admin();
  await admin.connect();
  try {
    return await task(admin);
  } finally {
    await admin.disconnect();
  }
}

export interface TopicShape {
  partitions?: number;
  /** The brokers that hold each partition; left out, the cluster chooses. */
  replicas?: number[][];
  config?: Record<string, string>;
}

/** Creates a topic, and waits until each of its partitions has a leader. */
export async function createTopic(
  brokers: readonly string[],
  topic: string,
  shape: TopicShape = {},
): Promise<void> {
  const { partitions, replicas, config = {} } = shape;
  await withAdmin(brokers, async (admin) => {
    await admin.createTopics({
      waitForLeaders: false,
      topics: [
        {
          topic,
          numPartitions: replicas ? undefined : (partitions ?? 3),
          replicaAssignment: replicas?.map((nodes, partition) => ({ partition, replicas: nodes })),
          configEntries: Object.entries(config).map(([name, value]) => ({ name, value })),
        },
      ],
    });
    await until(`topic ${topic} has its leaders`, () => inSync(admin, [topic], 1));
  });
}

/** True when each partition has so many replicas in sync. */
export async function inSync(admin: Admin, topics: string[], replicas: number): Promise<boolean> {
  const described = await admin.fetchTopicMetadata({ topics });
  return described.topics.every(({ partitions }) => partitions.every(({ isr }) => isr.length >= replicas));
}
