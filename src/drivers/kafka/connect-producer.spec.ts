import { createRequire } from 'node:module';
import { describe, expect, it } from '@jest/globals';
import { Kafka, logLevel } from 'kafkajs';
import { NEVER_RETRIES, NO_PARTITIONER } from './connect-producer.js';

const require = createRequire(import.meta.url);
type Retrier = (task: () => Promise<never>) => Promise<never>;
const createRetry = require('kafkajs/src/retry/index.js') as (options: object) => Retrier;

describe('NEVER_RETRIES', () => {
  it('is taken by an idempotent producer, which refuses 0', () => {
    const kafka = new Kafka({ brokers: ['127.0.0.1:1'], logLevel: logLevel.NOTHING });
    const make = (retry: { retries: number }) =>
      kafka.producer({ idempotent: true, retry, createPartitioner: NO_PARTITIONER });
    expect(() => make({ retries: 0 })).toThrow('must allow retries');
    expect(() => make(NEVER_RETRIES)).not.toThrow();
  });

  it('makes each send one attempt, also after an error that kafkajs would retry', async () => {
    let attempts = 0;
    const sent = createRetry({ initialRetryTime: 1, ...NEVER_RETRIES })(() => {
      attempts += 1;
      return Promise.reject(Object.assign(new Error('lost'), { retriable: true }));
    });
    await expect(sent).rejects.toThrow('lost');
    expect(attempts).toBe(1);
  });
});
