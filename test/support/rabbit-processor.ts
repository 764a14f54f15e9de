import { randomUUID } from 'node:crypto';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import { get } from './app.js';
import { eventually } from './eventually.js';
import { startProcess, type RunningProcess } from './process.js';

/** Names of a test's own on a shared broker, and a folder, as a processor's environment. */
export async function processorEnvironment(url: string, more: Record<string, string> = {}) {
  const name = `e2e-${randomUUID().slice(0, 8)}`;
  return {
    MODULES: 'processor,health',
    RABBITMQ_URL: url,
    RABBITMQ_EXCHANGE: name,
    RABBITMQ_QUEUE: `${name}-queue`,
    OUTPUT_FOLDER: await mkdtemp(join(tmpdir(), 'carillon-output-')),
    PROCESSOR_RETRY_DELAYS_MS: '50,500',
    ...more,
  };
}

/** A processor as a process, once its queue is bound. */
export async function startProcessor(env: Record<string, string>): Promise<RunningProcess> {
  const running = await startProcess(env);
  await ready(running.url);
  return running;
}

export async function ready(url: string, ms = 30_000): Promise<void> {
  await eventually(async () => expect((await get(`${url}/health/ready`)).status).toBe(200), ms);
}

/** The number of a counter at /metrics; 0 when it is not there. */
export async function counter(url: string, line: string): Promise<number> {
  const { text } = await get(`${url}/metrics`);
  const found = text.split('\n').find((each) => each.startsWith(`${line} `));
  return Number(found?.split(' ').at(-1) ?? 0);
}
