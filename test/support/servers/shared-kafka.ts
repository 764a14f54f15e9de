import { startInDocker } from './docker.js';
import { readFindings } from './findings.js';
import { startPrivateKafka, warm } from './kafka-cluster.js';
import { oncePerRun } from './once-per-run.js';

/** The one broker that all suites share. Nobody stops it or changes its settings; every test names topics of its own. */
export interface SharedKafka {
  brokers: string[];
}

/** Starts it when nobody has yet in this run of Jest (2 to 4 s); global-teardown.ts stops it. */
export async function startedKafka(): Promise<SharedKafka> {
  const { from, detail } = readFindings().servers.kafka;
  if (from === 'missing') throw new Error(`no Kafka: ${detail}`);
  if (from === 'url') return { brokers: detail.split(',') };
  return oncePerRun('kafka', from === 'docker' ? startWithDocker : startNatively);
}

async function startNatively(): Promise<SharedKafka> {
  const { brokers } = await startPrivateKafka();
  return { brokers };
}

async function startWithDocker(): Promise<SharedKafka> {
  await startInDocker('kafka');
  const brokers = [`localhost:${process.env.TEST_KAFKA_PORT ?? '29092'}`];
  await warm(brokers);
  return { brokers };
}
