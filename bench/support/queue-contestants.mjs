// Who takes part in bench/queue.mjs: how each is built or fetched, started, and where it keeps its tasks.
import { goProgram, npmFolder } from './cached.mjs';
import { startPeer } from './peer.mjs';
import { inRoot } from './processes.mjs';
import { BULLMQ, versionOf } from './versions.mjs';

export const goPeer = () => goProgram('asynq-queue');

export const bullFolder = () => npmFolder([`bullmq@${BULLMQ}`, `ioredis@${versionOf('ioredis')}`]);

const ASYNQ = {
  pending: ['asynq:{default}:pending'],
  completed: 'asynq:{default}:completed',
  others: ['active', 'lease', 'scheduled', 'retry', 'archived'].map((state) => `asynq:{default}:${state}`),
};
export const BULL = {
  pending: ['bull:default:wait'],
  completed: 'bull:default:completed',
  others: ['active', 'delayed', 'failed', 'prioritized'].map((state) => `bull:default:${state}`),
};

export const CONTESTANTS = [
  {
    name: 'carillon',
    keys: ASYNQ,
    start: (url) => startPeer(process.execPath, [inRoot('bench/support/carillon-queue.mjs'), url]),
    ways: [
      { batch: 500, flight: 1, words: 'batches of 500' },
      { batch: 500, flight: 2, words: 'batches of 500, 2 callers' },
      { batch: 1, flight: 1, words: 'one at a time' },
      { batch: 1, flight: 16, words: 'one at a time, 16 callers' },
    ],
  },
  {
    name: 'asynq (Go)',
    keys: ASYNQ,
    start: (url) => startPeer(goPeer(), [url]),
    ways: [
      { batch: 1, flight: 1, words: '1 goroutine' },
      { batch: 1, flight: 16, words: '16 goroutines' },
    ],
  },
  {
    name: 'bullmq',
    keys: BULL,
    start: (url) => startPeer(process.execPath, [inRoot('bench/peers/bullmq-queue.mjs'), url, bullFolder()]),
    ways: [
      { batch: 500, flight: 1, words: 'addBulk of 500' },
      { batch: 500, flight: 2, words: 'addBulk of 500, 2 callers' },
    ],
  },
];
