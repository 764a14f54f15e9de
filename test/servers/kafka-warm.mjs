// node kafka-warm.mjs host:port[,...]   waits until a just-started Kafka (kafka.sh) answers everything.
//
// kafkajs does not retry NOT_COORDINATOR and GROUP_LOAD_IN_PROGRESS everywhere, so a test on a cold broker would
// fail at random. Each partition of the internal group and transaction topics is asked once, by an id that falls on it.
import { Kafka, logLevel } from 'kafkajs';

const INTERNAL_PARTITIONS = 4; // as kafka-config.sh sets it
const TOPIC = '__warm';
const deadline = Date.now() + 60_000;

const brokers = (process.argv[2] ?? '127.0.0.1:19092').split(',');
const kafka = new Kafka({
  clientId: 'warm',
  brokers,
  logLevel: logLevel.NOTHING,
  retry: { initialRetryTime: 50, retries: 20 },
});

/** Where Kafka puts an id: Java's String.hashCode over the partitions. */
function partitionOf(id) {
  const hash = [...id].reduce((sum, char) => (sum * 31 + char.charCodeAt(0)) | 0, 0);
  return (hash & 0x7fffffff) % INTERNAL_PARTITIONS;
}

function idsForAllPartitions() {
  const ids = new Map();
  for (let i = 0; ids.size < INTERNAL_PARTITIONS; i++) ids.set(partitionOf(`warm-${i}`), `warm-${i}`);
  return [...ids.values()];
}

async function until(attempt) {
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

async function createTopic(admin) {
  if ((await admin.listTopics()).includes(TOPIC)) return;
  const replicationFactor = Math.min(3, brokers.length);
  await admin.createTopics({ topics: [{ topic: TOPIC, numPartitions: 1, replicationFactor }] });
}

async function runTransaction(id) {
  const producer = kafka.producer({ transactionalId: id, idempotent: true, maxInFlightRequests: 1 });
  await producer.connect();
  try {
    const transaction = await producer.transaction();
    try {
      await transaction.send({ topic: TOPIC, messages: [{ value: 'warm' }] });
      const topics = [{ topic: TOPIC, partitions: [{ partition: 0, offset: '0' }] }];
      await transaction.sendOffsets({ consumerGroupId: id, topics });
      await transaction.commit();
    } catch (error) {
      await transaction.abort().catch(() => {});
      throw error;
    }
  } finally {
    await producer.disconnect();
  }
}

const admin = kafka.admin();
await until(() => admin.connect());
await until(() => createTopic(admin));
for (const id of idsForAllPartitions()) {
  await until(() => admin.fetchOffsets({ groupId: id, topics: [TOPIC] }));
  await until(() => runTransaction(id));
}
await admin.disconnect();
