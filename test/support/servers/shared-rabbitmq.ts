import { startInDocker } from './docker.js';
import { readFindings } from './findings.js';
import { oncePerRun } from './once-per-run.js';
import { startPrivateRabbitmq } from './rabbitmq.js';

/** The one broker that all suites share. Nobody stops it; every test names exchanges and queues of its own. */
export interface SharedRabbitmq {
  /** Without a path, unless the user's own URL has one. */
  url: string;
}

/** Starts it when nobody has yet in this run of Jest (3 to 5 s); global-teardown.ts stops it. */
export async function startedRabbitmq(): Promise<SharedRabbitmq> {
  const { from, detail } = readFindings().servers.rabbitmq;
  if (from === 'missing') throw new Error(`no RabbitMQ: ${detail}`);
  if (from === 'url') return { url: detail };
  return oncePerRun('rabbitmq', from === 'docker' ? startWithDocker : startNatively);
}

async function startNatively(): Promise<SharedRabbitmq> {
  const { url } = await startPrivateRabbitmq();
  return { url };
}

async function startWithDocker(): Promise<SharedRabbitmq> {
  await startInDocker('rabbitmq');
  return { url: `amqp://guest:guest@127.0.0.1:${process.env.TEST_RABBITMQ_PORT ?? '25672'}` };
}
