// How fast is the task queue, beside the real Asynq library (Go) and BullMQ?
//   npm run bench -- queue [tasks=50000] [rounds=3]
// Needs Redis (test/servers/redis.sh), Go 1.24 or newer and npm: Asynq 0.26.0 and BullMQ 6.7.0 are fetched once, into the
// folder that test/servers/lib.sh names; neither is a dependency of the project.
//
// One Redis without persistence. Each round, in turn and each with processes of its own and an empty Redis: enqueueing;
// then the consumption of as many no-op tasks, 100 at once; then 50 single tasks at random moments onto an idle worker,
// sent by another process (here the contestants wait side by side, each with a database of its own). All tasks are
// counted: each is handled once, kept as completed, and none is left. Before enqueueing is measured, each process enqueues
// 10,000 to warm up. Last, what an idle worker costs.
import { setTimeout as delay } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { startRedis } from './support/bench-redis.mjs';
import { Figure, latenessOf, median, percentile, shown, spread } from './support/figures.mjs';
import { BULL, CONTESTANTS, bullFolder, goPeer } from './support/queue-contestants.mjs';

const CONCURRENCY = 100;
const PICKUPS = 50;
const GAP_MS = [50, 1500];
const IDLE_S = 20;
const WARM_UP = 10_000;

let [total, round, server, print] = [0, 0];
const results = new Map();

function note(what, value) {
  results.set(what, [...(results.get(what) ?? []), value]);
  return value;
}

const sizeOf = async (redis, key) => {
  const type = await redis.type(key);
  if (type === 'none') return 0;
  return type === 'list' ? redis.llen(key) : redis.zcard(key);
};

/** @throws when tasks are missing, left or in the wrong state */
async function count(redis, { name, keys }, want) {
  const got = {
    pending: await sizeOf(redis, keys.pending[0]),
    completed: await sizeOf(redis, keys.completed),
  };
  for (const key of keys.others) got[key] = await sizeOf(redis, key);
  const sum = Object.values(got).reduce((a, b) => a + b, 0);
  if (got.pending !== (want.pending ?? 0) || got.completed !== (want.completed ?? 0) || sum !== total)
    throw new Error(`${name}: ${JSON.stringify(got)} where ${JSON.stringify(want)} was expected`);
}

/** Bytes that the data takes, once the connections of others are gone. */
async function usedMemory(redis) {
  for (let tries = 0; tries < 100; tries++) {
    if (/connected_clients:1\r/.test(await redis.info('clients'))) break;
    await delay(50);
  }
  return Number(/used_memory:(\d+)/.exec(await redis.info('memory'))[1]);
}

/** CPU seconds so far. */
async function cpuOf(redis, peer) {
  const parts = [...(await redis.info('cpu')).matchAll(/^used_cpu_(?:sys|user):([\d.]+)/gm)];
  return { peer: peer.cpuSeconds(), redis: parts.reduce((sum, [, seconds]) => sum + Number(seconds), 0) };
}

const perTask = (before, after) => ({
  peer: ((after.peer - before.peer) / total) * 1e6,
  redis: ((after.redis - before.redis) / total) * 1e6,
});

const cpuWords = ({ peer, redis }) => `${shown(peer)} + ${shown(redis)} of Redis`;

/** Medians of several. */
const cpuMedian = (each) => ({
  peer: median(each.map(({ peer }) => peer)),
  redis: median(each.map(({ redis }) => redis)),
});

async function enqueue(redis, contestant, way) {
  await redis.flushall();
  const peer = contestant.start(`${server.url}/0`);
  const { batch, flight, words } = way;
  await peer.ask({ do: 'enqueue', count: WARM_UP, batch, flight });
  await redis.flushall();
  const cpuBefore = await cpuOf(redis, peer);
  const { seconds } = await peer.ask({ do: 'enqueue', count: total, batch, flight });
  const what = `${contestant.name}, ${words}`;
  const cpu = note(`enqueue cpu ${what}`, perTask(cpuBefore, await cpuOf(redis, peer)));
  await peer.stop();
  await count(redis, contestant, { pending: total });
  const rate = note(`enqueue ${what}`, total / seconds);
  say(`enqueue  ${what}: ${shown(rate)}/s, CPU us a task ${cpuWords(cpu)}`);
}

async function consume(redis, contestant) {
  const { name } = contestant;
  await redis.flushall();
  const empty = await usedMemory(redis);
  const producer = contestant.start(`${server.url}/0`);
  await producer.ask({ do: 'enqueue', count: total, batch: 500, flight: contestant.keys === BULL ? 1 : 16 });
  await producer.stop();
  await count(redis, contestant, { pending: total });
  note(`pending ${name}`, ((await usedMemory(redis)) - empty) / total);
  const worker = contestant.start(`${server.url}/0`);
  const cpuBefore = await cpuOf(redis, worker);
  await worker.ask({ do: 'work', concurrency: CONCURRENCY });
  const { seconds, distinct } = await worker.ask({ do: 'handled', count: total });
  const cpu = note(`consume cpu ${name}`, perTask(cpuBefore, await cpuOf(redis, worker)));
  await worker.stop();
  if (distinct !== total) throw new Error(`${name}: ${distinct} of ${total} tasks were handled`);
  await count(redis, contestant, { completed: total });
  note(`completed ${name}`, ((await usedMemory(redis)) - empty) / total);
  const rate = note(`consume ${name}`, total / seconds);
  say(`consume  ${name}: ${shown(rate)}/s, CPU us a task ${cpuWords(cpu)}`);
}

async function pickUp({ name, start }, database) {
  const url = `${server.url}/${database}`;
  const [worker, sender] = [start(url), start(url)];
  await worker.ask({ do: 'work', concurrency: CONCURRENCY });
  await delay(3000);
  for (let n = 0; n < PICKUPS; n++) {
    await delay(GAP_MS[0] + Math.random() * (GAP_MS[1] - GAP_MS[0]));
    await sender.ask({ do: 'send' });
  }
  const { distinct } = await worker.ask({ do: 'handled', count: PICKUPS });
  const { ms } = await worker.ask({ do: 'latencies' });
  await Promise.all([worker.stop(), sender.stop()]);
  if (distinct !== PICKUPS || ms.length !== PICKUPS)
    throw new Error(`${name}: ${distinct} tasks were picked up`);
  ms.forEach((each) => note(`pickup ${name}`, each));
  say(`pickup   ${name}: ${pickupWords(ms)}`);
}

const pickupWords = (ms) =>
  [
    ['p50', 0.5],
    ['p99', 0.99],
    ['max', 1],
  ]
    .map(([word, share]) => `${word} ${shown(percentile(ms, share))}`)
    .join(', ') + ' ms';

/** Commands a second that an idle worker sends, and with those that its scripts call. */
async function idle(redis, { name, start }) {
  await redis.flushall();
  const worker = start(`${server.url}/0`);
  await worker.ask({ do: 'work', concurrency: CONCURRENCY });
  await delay(6000);
  const seen = { sent: 0, all: 0 };
  const monitor = await redis.monitor();
  monitor.on('monitor', (_time, _args, source) => {
    seen.all += 1;
    if (source !== 'lua') seen.sent += 1;
  });
  await delay(IDLE_S * 1000);
  monitor.disconnect();
  await worker.stop();
  note(`idle ${name}`, `${shown(seen.sent / IDLE_S)} (${shown(seen.all / IDLE_S)} with what scripts call)`);
}

const say = (line) => print(`round ${round + 1}  ${line}`);

const of = (what) => results.get(what);
const ratio = (ours, theirs) => median(of(ours)) / median(of(theirs));

function tables() {
  const ways = CONTESTANTS.flatMap((contestant) =>
    contestant.ways.map(({ words }) => `${contestant.name}, ${words}`),
  );
  const enqueued = ways.map((way) => [
    way,
    spread(of(`enqueue ${way}`)),
    cpuWords(cpuMedian(of(`enqueue cpu ${way}`))),
  ]);
  const row = (cells) => CONTESTANTS.map(({ name }) => [name, ...cells(name)]);
  const consumed = row((name) => [
    spread(of(`consume ${name}`)),
    cpuWords(cpuMedian(of(`consume cpu ${name}`))),
    of(`idle ${name}`)[0],
  ]);
  const pickup = row((name) => {
    const { p50, p99, max } = latenessOf(of(`pickup ${name}`));
    return [new Figure(p50), shown(p99), shown(max)];
  });
  const memory = row((name) => [spread(of(`pending ${name}`)), spread(of(`completed ${name}`))]);
  return [
    [['enqueue', 'tasks/s', 'CPU us a task'], ...enqueued],
    [
      [
        `no-op tasks, ${CONCURRENCY} at once`,
        'tasks/s',
        'CPU us a task',
        'Redis commands a second when idle',
      ],
      ...consumed,
    ],
    [['pickup by an idle worker', 'p50 ms', 'p99 ms', 'max ms'], ...pickup],
    [['memory of Redis', 'bytes a pending task', 'bytes a completed task'], ...memory],
  ];
}

function report() {
  const go = 'enqueue asynq (Go), 1 goroutine';
  const batches = 'enqueue carillon, batches of 500';
  return {
    tables: tables(),
    aims: [
      ['enqueue, batches, to Go', ratio(batches, go), '>=', 5],
      ['enqueue, batches, to the best of Go', ratio(batches, 'enqueue asynq (Go), 16 goroutines'), '>=', 1],
      ['consume, to Go', ratio('consume carillon', 'consume asynq (Go)'), '>=', 2],
      ['pickup p50, ms', median(of('pickup carillon')), '<=', 10],
      ['bytes a pending task, to BullMQ', ratio('pending carillon', 'pending bullmq'), '<=', 0.7],
      ['bytes a completed task, to BullMQ', ratio('completed carillon', 'completed bullmq'), '<=', 0.7],
    ],
    notes: [
      `${shown(total)} tasks of 91 bytes, max retry 3, kept 1 h, on one Redis without persistence. Asynq has no call for many tasks: its two rows are one caller and sixteen.`,
    ],
    raw: Object.fromEntries(results),
  };
}

export default {
  name: 'queue',
  title: 'Task queue: enqueue, consume, pick up',
  async run({ args: [tasks = 50_000, rounds = 3], say: line }) {
    [total, print] = [tasks, line];
    goPeer();
    bullFolder();
    server = startRedis(26_379);
    const redis = new Redis(server.url);
    try {
      for (round = 0; round < rounds; round++) {
        for (const contestant of CONTESTANTS)
          for (const way of contestant.ways) await enqueue(redis, contestant, way);
        for (const contestant of CONTESTANTS) await consume(redis, contestant);
        await redis.flushall();
        await Promise.all(CONTESTANTS.map(pickUp));
      }
      for (const contestant of CONTESTANTS) await idle(redis, contestant);
      return report();
    } finally {
      redis.disconnect();
      server.remove();
    }
  },
};
