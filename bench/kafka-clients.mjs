// What does a Kafka client cost a record, before there is any HTTP?
//   npm run bench -- kafka-clients [seconds=6] [rounds=3]
// Needs Java. One broker; each round, in turn and each with a process and a topic of its own: kafkajs as it is, Carillon's
// record log (kafkajs behind the port), @platformatic/kafka as it is. 8 callers with 1,000 records a call, then 64 with
// one; acks=all, idempotent. Records are counted back. Each is warmed up for two seconds.
import { startKafka } from './support/bench-kafka.mjs';
import { npmFolder } from './support/cached.mjs';
import { startPeer } from './support/peer.mjs';
import { inRoot } from './support/processes.mjs';
import { figures } from './support/report.mjs';
import { PLATFORMATIC } from './support/versions.mjs';

const LOADS = {
  batch: { callers: 8, batch: 1000 },
  single: { callers: 64, batch: 1 },
};
const CONTESTANTS = ['kafkajs', 'carillon', 'platformatic'];

/** @throws when what was acknowledged is not what the topic holds */
async function measure(kafka, name, kind, { seconds, round, folder }) {
  const topic = await kafka.topic(`${kind}-${round}-${name}`);
  const peer = startPeer(process.execPath, [
    inRoot('bench/peers/kafka-client.mjs'),
    name,
    kafka.bootstrap,
    topic,
    folder,
  ]);
  const warm = await peer.ask({ do: 'run', ...LOADS[kind], seconds: 2 });
  const got = await peer.ask({ do: 'run', ...LOADS[kind], seconds });
  await peer.stop();
  const [acknowledged, stored] = [warm.records + got.records, await kafka.count(topic)];
  if (stored !== acknowledged)
    throw new Error(`${name}, ${kind}: ${acknowledged} acknowledged, ${stored} in the topic`);
  await kafka.drop(topic);
  return { rate: got.records / got.seconds, cpu: (got.cpu / got.records) * 1e6 };
}

export default {
  name: 'kafka-clients',
  title: 'Kafka clients: what a record costs without HTTP',
  async run({ args: [seconds = 6, rounds = 3], say }) {
    const folder = npmFolder([`@platformatic/kafka@${PLATFORMATIC}`]);
    const kafka = await startKafka(29_592);
    const seen = figures();
    try {
      for (let round = 1; round <= rounds; round++)
        for (const kind of Object.keys(LOADS))
          for (const name of CONTESTANTS) {
            const result = await measure(kafka, name, kind, { seconds, round, folder });
            seen.add(`${kind} ${name}`, result);
            say(
              `round ${round}  ${kind}  ${name}: ${Math.round(result.rate)} records/s, ${result.cpu.toFixed(1)} us`,
            );
          }
      return report(seen);
    } finally {
      await kafka.remove();
    }
  },
};

function report(seen) {
  const of = (kind, name, what) => seen.median(`${kind} ${name}`, what);
  const rows = (kind) =>
    CONTESTANTS.map((name) => [name, ...['rate', 'cpu'].map((what) => seen.spread(`${kind} ${name}`, what))]);
  const head = (first) => [first, 'records/s', 'CPU us a record'];
  const gain = (kind) => [
    `${kind}: CPU a record to @platformatic/kafka`,
    of(kind, 'carillon', 'cpu') / of(kind, 'platformatic', 'cpu'),
    '<=',
    1.33,
  ];
  return {
    tables: [
      [head('8 callers, 1,000 records a call'), ...rows('batch')],
      [head('64 callers, one record a call'), ...rows('single')],
    ],
    aims: [gain('batch'), gain('single')],
    raw: seen.raw,
  };
}
