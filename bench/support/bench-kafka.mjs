// A Kafka of a bench's own, started by test/servers/kafka.sh, and what is in it.
import { execFileSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Kafka, logLevel } from 'kafkajs';
import { inRoot } from './processes.mjs';
import { startServer } from './servers.mjs';

/** A new topic's partitions get their leaders a moment later. */
async function patiently(ask) {
  for (let tries = 1; ; tries++) {
    try {
      return await ask();
    } catch (error) {
      if (tries === 100) throw error;
      await delay(50);
    }
  }
}

export async function startKafka(port) {
  const folder = join(mkdtempSync(join(tmpdir(), 'carillon-kafka-')), 'kafka');
  const server = startServer('kafka', { KAFKA_PORT: String(port), KAFKA_RUN: folder }, 'stop');
  const brokers = [`127.0.0.1:${port}`];
  execFileSync(process.execPath, [inRoot('test/servers/kafka-warm.mjs'), brokers.join(',')]);
  const admin = new Kafka({ clientId: 'bench', brokers, logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  return {
    bootstrap: brokers[0],
    tool: (...args) => server.run('tool', ...args),
    topic: async (topic) => {
      await admin.createTopics({ topics: [{ topic, numPartitions: 3 }], waitForLeaders: false });
      await patiently(() => admin.fetchTopicOffsets(topic));
      return topic;
    },
    /** Records in a topic. */
    count: async (topic) =>
      (await admin.fetchTopicOffsets(topic)).reduce(
        (sum, { low, high }) => sum + Number(high) - Number(low),
        0,
      ),
    drop: (topic) => admin.deleteTopics({ topics: [topic] }),
    remove: async () => {
      await admin.disconnect();
      server.remove();
    },
  };
}
