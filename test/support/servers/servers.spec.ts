import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Kafka, logLevel, type KafkaConfig } from 'kafkajs';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { readFindings } from './findings.js';
import {
  awaitInSync,
  describeWithServers,
  leaderOf,
  SERVER_START_MS,
  startKafkaBehindToxiproxy,
  startKafkaCluster,
  startPrivateKafka,
  startedKafka,
  type KafkaCluster,
  type ProxiedKafka,
} from './index.js';
import { oncePerRun } from './once-per-run.js';
import { claimPorts } from './ports.js';

/** Sends one record to a topic that is made at first use, and answers its offset. */
async function sendOne(config: KafkaConfig): Promise<string | undefined> {
  const kafka = new Kafka({ logLevel: logLevel.NOTHING, retry: { retries: 3 }, ...config });
  const producer = kafka.producer();
  await producer.connect();
  try {
    const [sent] = await producer.send({ topic: `t-${Date.now()}`, messages: [{ value: 'x' }] });
    return sent?.baseOffset;
  } finally {
    await producer.disconnect();
  }
}

/** kafkajs gives up where a cluster needs some seconds to notice that a broker is gone. */
async function sendInTime(config: KafkaConfig): Promise<string | undefined> {
  const end = Date.now() + 30_000;
  for (;;) {
    try {
      return await sendOne({ requestTimeout: 3000, ...config });
    } catch (error) {
      if (Date.now() > end) throw error;
    }
  }
}

describe('claimPorts', () => {
  it('gives blocks that do not overlap, of ports that can be listened on', async () => {
    const blocks = await Promise.all([claimPorts(), claimPorts(), claimPorts()]);
    expect(new Set(blocks.map(({ first }) => first)).size).toBe(3);
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(blocks[0].first, '127.0.0.1', resolve));
    await new Promise((resolve) => server.close(resolve));
    for (const block of blocks) block.release();
  });
});

describe('oncePerRun', () => {
  it('starts once, and gives all the same value', async () => {
    let starts = 0;
    const start = (): Promise<number> => Promise.resolve(++starts);
    const values = await Promise.all([1, 2, 3].map(() => oncePerRun('spec-value', start)));
    expect(values).toEqual([1, 1, 1]);
  });

  it('gives all the same error', async () => {
    const start = (): Promise<never> => Promise.reject(new Error('no luck'));
    await expect(oncePerRun('spec-error', start)).rejects.toThrow('no luck');
    await expect(oncePerRun('spec-error', () => Promise.resolve(1))).rejects.toThrow('no luck');
  });

  it('takes over from a worker that died while it started', async () => {
    const nobody = '999999999';
    await writeFile(join(readFindings().runFolder, 'spec-dead.start-1'), nobody);
    await expect(oncePerRun('spec-dead', () => Promise.resolve(1))).resolves.toBe(1);
  });
});

describeWithServers(['kafka'], 'startedKafka', () => {
  it(
    'takes records, and is the same each time',
    async () => {
      const { brokers } = await startedKafka();
      expect(await sendOne({ brokers })).toBe('0');
      expect((await startedKafka()).brokers).toEqual(brokers);
    },
    SERVER_START_MS,
  );
});

describeWithServers(['kafka-cluster'], 'startKafkaCluster', () => {
  let kafka: KafkaCluster;
  beforeAll(async () => {
    kafka = await startKafkaCluster();
  }, SERVER_START_MS);
  afterAll(() => kafka?.stop());

  it('goes on without one broker, killed or paused, and takes it back', async () => {
    const leader = await leaderOf(kafka, '__warm', 0);
    await kafka.killBroker(leader);
    expect(await sendInTime({ brokers: kafka.brokers })).toBe('0');
    await kafka.startBroker(leader);
    await awaitInSync(kafka);
    await kafka.pauseBroker(1);
    expect(await sendInTime({ brokers: kafka.brokers.slice(1) })).toBe('0');
    await kafka.resumeBroker(1);
    expect(await sendInTime({ brokers: kafka.brokers })).toBe('0');
  }, 120_000);
});

describeWithServers(['kafka-cluster'], 'startPrivateKafka with security', () => {
  let kafka: KafkaCluster;
  beforeAll(async () => {
    kafka = await startPrivateKafka({ security: true });
  }, SERVER_START_MS);
  afterAll(() => kafka?.stop());

  it.each(['plain', 'scram-sha-256', 'scram-sha-512'] as const)('lets a user in by %s', async (mechanism) => {
    const { saslBrokers, ca, username, password } = kafka.security!;
    const config = { brokers: saslBrokers, ssl: { ca } };
    await expect(sendOne({ ...config, sasl: { mechanism, username, password } as never })).resolves.toBe('0');
    await expect(
      sendOne({ ...config, sasl: { mechanism, username, password: 'no' } as never }),
    ).rejects.toThrow();
  });

  it('talks TLS, with a certificate that only its own CA vouches for', async () => {
    const { tlsBrokers, ca } = kafka.security!;
    await expect(sendOne({ brokers: tlsBrokers, ssl: { ca } })).resolves.toBe('0');
    await expect(sendOne({ brokers: tlsBrokers, ssl: true })).rejects.toThrow('certificate');
  });
});

describeWithServers(['kafka-cluster'], 'startPrivateKafka with autoCreate: false', () => {
  it(
    'refuses an unknown topic',
    async () => {
      const kafka = await startPrivateKafka({ autoCreate: false });
      try {
        await expect(sendOne({ brokers: kafka.brokers })).rejects.toThrow(
          'does not host this topic-partition',
        );
      } finally {
        await kafka.stop();
      }
    },
    SERVER_START_MS,
  );
});

describeWithServers(['kafka-cluster', 'toxiproxy'], 'startKafkaBehindToxiproxy', () => {
  let kafka: ProxiedKafka;
  beforeAll(async () => {
    kafka = await startKafkaBehindToxiproxy();
  }, SERVER_START_MS);
  beforeEach(() => kafka.proxy.reset());
  afterAll(() => kafka?.stop());

  it('leads every client through the proxy', async () => {
    expect(await sendOne({ brokers: kafka.brokers })).toBe('0');
    await kafka.proxy.disable();
    await expect(sendOne({ brokers: kafka.brokers })).rejects.toThrow();
    expect(await sendOne({ brokers: kafka.directBrokers })).toBe('0');
  });

  it('can lose the answer to what the broker has written', async () => {
    const client = { logLevel: logLevel.NOTHING, requestTimeout: 1000, retry: { retries: 0 } };
    const admin = new Kafka({ ...client, brokers: kafka.directBrokers }).admin();
    await admin.connect();
    await admin.createTopics({ topics: [{ topic: 'answers', numPartitions: 1 }] });
    const producer = new Kafka({ ...client, brokers: kafka.brokers }).producer();
    await producer.connect();
    await producer.send({ topic: 'answers', messages: [{ value: 'answered' }] });
    await kafka.proxy.addToxic('silence', {
      type: 'timeout',
      stream: 'downstream',
      attributes: { timeout: 0 },
    });
    await expect(producer.send({ topic: 'answers', messages: [{ value: 'not' }] })).rejects.toThrow();
    expect(await admin.fetchTopicOffsets('answers')).toMatchObject([{ high: '2' }]);
    await kafka.proxy.reset();
    await Promise.all([producer.disconnect(), admin.disconnect()]);
  });
});
