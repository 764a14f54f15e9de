// How fast does a record get into Kafka over HTTP, and what does it cost?
//   npm run bench -- produce [seconds=10] [rounds=3]
// Needs Java (test/servers/kafka.sh) and Python 3. One broker; each round, in turn and each with a process and a topic of
// its own: Carillon; FastAPI with confluent-kafka, produce and flush; FastAPI with aiokafka, delivery awaited; a bare
// Fastify that only parses and answers. First one record a request by 64 clients, then 1,000 a request by 8; and Kafka's own
// producer test. Every answer of 200 is compared with what the topic then holds. Each is warmed up for two seconds.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startKafka } from './support/bench-kafka.mjs';
import { figures } from './support/report.mjs';
import { cpuSeconds, inRoot, memoryMb, output, start, startCarillon } from './support/processes.mjs';
import { pythonBin } from './support/python.mjs';

const BATCH = 1000;
const PERF_RECORDS = 1_000_000;
const LOADS = {
  single: { clients: 64, batch: 0, path: '/produce' },
  batch: { clients: 8, batch: BATCH, path: '/produce/batch' },
};
const PERF = 'kafka-producer-perf-test';

/** Carillon's gateway; `dist`: the folder of another build of it. */
export function gateway(name, kafka, folder, dist) {
  const env = {
    MODULES: 'producer,batch,health',
    DATA_FOLDER: join(folder, 'data'),
    KAFKA_BOOTSTRAP_SERVERS: kafka.bootstrap,
  };
  return { name, start: () => startCarillon(env, dist), writes: true };
}

function contestants(kafka, folder) {
  const uvicorn = (app) => () =>
    start(join(pythonBin(), 'uvicorn'), [`${app}:app`, '--port', '0', '--no-access-log'], {
      cwd: inRoot('bench/peers/http'),
      env: { BOOTSTRAP: kafka.bootstrap },
      isUp: /running on (http:\/\/[\d.:]+)/,
    });
  return [
    gateway('carillon', kafka, folder),
    { name: 'FastAPI, confluent-kafka', start: uvicorn('fastapi_confluent'), writes: true },
    { name: 'FastAPI, aiokafka', start: uvicorn('fastapi_aiokafka'), writes: true },
    {
      name: 'bare Fastify',
      start: () => start(process.execPath, [inRoot('bench/peers/http/bare-fastify.mjs')]),
      writes: false,
    },
  ];
}

async function load(url, { clients, batch, path }, topic, seconds) {
  const options = { url: url + path, clients, batch, topic, seconds };
  return JSON.parse(
    await output(process.execPath, [inRoot('bench/support/http-load.mjs'), JSON.stringify(options)]),
  );
}

/** @throws when an answer of 200 has no record */
export async function measure(kafka, contestant, kind, seconds, round) {
  const shape = LOADS[kind];
  const topic = await kafka.topic(`${kind}-${round}-${contestant.name.replace(/\W+/g, '-')}`);
  const server = await contestant.start();
  const warm = await load(server.url, shape, topic, 2);
  const before = cpuSeconds(server.pid);
  const got = await load(server.url, shape, topic, seconds);
  const cpu = cpuSeconds(server.pid) - before;
  const { peak } = memoryMb(server.pid);
  await server.stop();
  const records = shape.batch || 1;
  const answered = (warm.ok + got.ok) * records;
  const stored = contestant.writes ? await kafka.count(topic) : answered;
  if (stored !== answered || got.other > 0)
    throw new Error(
      `${contestant.name}, ${kind}: ${answered} answered 200, ${got.other} otherwise, ${stored} in the topic`,
    );
  await kafka.drop(topic);
  const sent = got.ok * records;
  return {
    rate: sent / got.seconds,
    p50: got.p50,
    p99: got.p99,
    cpu: (cpu / sent) * 1e6,
    peak,
  };
}

async function perfTest(kafka, round) {
  const topic = await kafka.topic(`perf-${round}`);
  const printed = kafka.tool(
    'org.apache.kafka.tools.ProducerPerformance',
    ...[
      '--topic',
      topic,
      '--num-records',
      String(PERF_RECORDS),
      '--record-size',
      '200',
      '--throughput',
      '-1',
    ],
    ...['--producer-props', `bootstrap.servers=${kafka.bootstrap}`, 'acks=all', 'linger.ms=1'],
  );
  if ((await kafka.count(topic)) !== PERF_RECORDS) throw new Error(`${PERF}: records are missing`);
  await kafka.drop(topic);
  return { rate: Number(/, ([\d.]+) records\/sec/.exec(printed.trim().split('\n').at(-1))[1]) };
}

export default {
  name: 'produce',
  title: 'Produce: one record a request, and 1,000',
  async run({ args: [seconds = 10, rounds = 3], say }) {
    const folder = mkdtempSync(join(tmpdir(), 'carillon-bench-'));
    const kafka = await startKafka(29_192);
    const seen = figures();
    try {
      const all = contestants(kafka, folder);
      for (let round = 1; round <= rounds; round++)
        for (const kind of Object.keys(LOADS)) {
          for (const contestant of all) {
            const result = await measure(kafka, contestant, kind, seconds, round);
            seen.add(`${kind} ${contestant.name}`, result);
            say(
              `round ${round}  ${kind}  ${contestant.name}: ${Math.round(result.rate)} records/s, p99 ${result.p99.toFixed(1)} ms`,
            );
          }
          if (kind !== 'batch') continue;
          const result = await perfTest(kafka, round);
          seen.add(`batch ${PERF}`, result);
          say(`round ${round}  batch  ${PERF}: ${Math.round(result.rate)} records/s`);
        }
      return report(seen, all);
    } finally {
      await kafka.remove();
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

function report(seen, all) {
  const of = (kind, name, what) => seen.median(`${kind} ${name}`, what);
  const rows = (kind) =>
    all.map(({ name }) => [
      name,
      ...['rate', 'p50', 'p99', 'cpu', 'peak'].map((what) => seen.spread(`${kind} ${name}`, what)),
    ]);
  const head = (first) => [first, 'records/s', 'p50 ms', 'p99 ms', 'CPU us a record', 'peak memory MB'];
  const [ours, fastapi, bare] = ['carillon', 'FastAPI, confluent-kafka', 'bare Fastify'];
  return {
    tables: [
      [head('one record a request, 64 clients, acks=all'), ...rows('single')],
      [
        head('1,000 records a request, 8 clients, acks=all'),
        ...rows('batch'),
        [PERF, seen.spread(`batch ${PERF}`, 'rate'), '', '', '', ''],
      ],
    ],
    aims: [
      ['single: records/s to FastAPI', of('single', ours, 'rate') / of('single', fastapi, 'rate'), '>=', 10],
      ['single: p99 to FastAPI', of('single', ours, 'p99') / of('single', fastapi, 'p99'), '<', 1],
      [
        'single: CPU a request to bare Fastify',
        of('single', ours, 'cpu') / of('single', bare, 'cpu'),
        '<=',
        1.8,
      ],
      ['batch: records/s to FastAPI', of('batch', ours, 'rate') / of('batch', fastapi, 'rate'), '>=', 2.5],
      ['batch: records/s to the perf test', of('batch', ours, 'rate') / of('batch', PERF, 'rate'), '>=', 0.5],
    ],
    raw: seen.raw,
  };
}
