// A child of checks/isolation whose checks misbehave, or tell of the process that they run in.
import net from 'node:net';
import { z } from 'zod';
import { serveChecks } from '../../dist/checks/isolation/serve-checks.js';

const schema = z.object({ word: z.string().default(''), ms: z.number().default(0) });
const up = (message) => ({ found: 'up', message, latencyMs: 1 });
const wait = (ms, signal) =>
  new Promise((resolve, reject) => {
    setTimeout(resolve, ms);
    signal.addEventListener('abort', () => reject(signal.reason));
  });

const runs = {
  slow: ({ ms, word }, { signal }) => wait(ms, signal).then(() => up(word)),
  spin: () => {
    for (;;);
  },
  block: ({ ms }) => {
    const end = performance.now() + ms;
    while (performance.now() < end);
    return Promise.resolve({ found: 'down', message: 'refused', latencyMs: null });
  },
  throw: ({ ms }, { signal }) => {
    setTimeout(() => {
      throw new Error('thrown out of turn');
    }, 10);
    return wait(ms + 10_000, signal);
  },
  abort: () => process.abort(),
  hog: async (_config, { signal }) => {
    const kept = [];
    for (;;) {
      kept.push(Buffer.alloc(32 * 1024 * 1024, kept.length));
      await wait(20, signal);
    }
  },
  pid: () => Promise.resolve(up(String(process.pid))),
  environment: () => Promise.resolve(up(JSON.stringify(process.env))),
  print: () => {
    console.log('printed to stdout');
    console.error('printed to stderr');
    return Promise.resolve(up(''));
  },
  resolve: async ({ word }, { net: targets, signal }) =>
    up(JSON.stringify(await targets.resolve(word, signal))),
  // As a client library might: past the net that a check is given.
  connect: ({ word, ms: port }) =>
    new Promise((resolve, reject) => {
      const socket = net.connect(port, word, () => resolve(up('connected')));
      socket.on('error', reject);
    }),
  connectUnix: ({ word }) =>
    new Promise((resolve, reject) => {
      net.connect(word, () => resolve(up('connected'))).on('error', reject);
    }),
};

const define = ([type, run]) => [type, { type, describe: type, schema, target: () => null, run }];
serveChecks(new Map(Object.entries(runs).map(define)), Number(process.argv[2]));
