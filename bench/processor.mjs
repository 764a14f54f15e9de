// How fast does a message become a file, beside a plain pika consumer?
//   npm run bench -- processor [messages=20000] [rounds=3]
// Needs RabbitMQ (test/servers/rabbitmq.sh) and Python 3. One broker; each round, in turn: Carillon with and without fsync on
// a durable quorum queue, Carillon with fsync on a temporary queue, and bench/peers/pika_processor.py. Each consumer is up
// before its messages are published; the time is from the first publish to the last file, and every file is counted and
// parsed. The files stay until all is measured: ext4 passes over the inodes of deleted files for minutes, one by one, so
// whoever came after 20,000 deletions would pay two to four times its own CPU for each new file. For the same reason
// wait five minutes before you run it again.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { connect } from 'amqplib';
import { ROOT, cpuSeconds, inRoot, start, startCarillon } from './support/processes.mjs';
import { pythonBin } from './support/python.mjs';
import { figures } from './support/report.mjs';
import { startServer } from './support/servers.mjs';

const PORT = 25_692;
const BROKER = `amqp://guest:guest@127.0.0.1:${PORT}`;
const AT_ONCE = 1000;

function startBroker() {
  const folder = mkdtempSync(join(tmpdir(), 'carillon-rmq-'));
  return startServer('rabbitmq', { RMQ_PORT: String(PORT), RMQ_RUN: folder });
}

function contestants(folder) {
  const ours = (name, env) => ({
    name,
    start: (exchange, output) =>
      startCarillon({
        MODULES: 'processor,health',
        DATA_FOLDER: join(folder, 'data'),
        RABBITMQ_URL: BROKER,
        RABBITMQ_EXCHANGE: exchange,
        OUTPUT_FOLDER: output,
        ...env(exchange),
      }),
  });
  const durable = (exchange) => ({ RABBITMQ_QUEUE: `${exchange}-queue` });
  return [
    ours('carillon, fsync, quorum queue', durable),
    ours('carillon, no fsync, quorum queue', (exchange) => ({
      ...durable(exchange),
      PROCESSOR_FSYNC: 'off',
    })),
    ours('carillon, fsync, temporary queue', () => ({})),
    {
      name: 'pika, no fsync, exclusive queue',
      start: (exchange, output) =>
        start(
          join(pythonBin(), 'python'),
          [inRoot('bench/peers/pika_processor.py'), BROKER, exchange, 'expense.*', output],
          { isUp: /consuming/ },
        ),
    },
  ];
}

const NOTE = 'x'.repeat(150);

function body(id) {
  const data = { id, amount: 12.5, note: NOTE };
  return Buffer.from(JSON.stringify({ action: 'created', entity: 'expense', data, timestamp: 't' }));
}

async function publishAll(channel, exchange, bodies) {
  for (const [n, content] of bodies.entries()) {
    channel.publish(exchange, 'expense.created', content, {
      persistent: true,
      messageId: `${exchange}-${n}`,
    });
    if (n % AT_ONCE === AT_ONCE - 1) await channel.waitForConfirms();
  }
  await channel.waitForConfirms();
}

const finished = (output) => readdirSync(output).filter((name) => name.endsWith('.json'));

/** Waits for `total` files. To list thousands of names costs what is measured: it looks when half of the rest is due. */
async function untilFinished(output, total, began) {
  for (let seen; (seen = finished(output).length) < total;) {
    const perFile = (performance.now() - began) / Math.max(1, seen);
    await delay(Math.min(1000, Math.max(20, ((total - seen) * perFile) / 2)));
  }
}

/** @throws when a message has no file, or two */
async function measure(contestant, { exchange, folder, bodies }) {
  const total = bodies.length;
  const output = join(folder, exchange);
  const consumer = await contestant.start(exchange, output);
  const connection = await connect(BROKER);
  const channel = await connection.createConfirmChannel();
  await delay(500);
  const before = cpuSeconds(consumer.pid);
  const began = performance.now();
  await publishAll(channel, exchange, bodies);
  const published = performance.now();
  await untilFinished(output, total, began);
  const seconds = (performance.now() - began) / 1000;
  await connection.close();
  const cpu = cpuSeconds(consumer.pid) - before;
  await consumer.stop();
  const files = finished(output);
  const ids = new Set(files.map((name) => JSON.parse(readFileSync(join(output, name), 'utf8')).data.id));
  if (files.length !== total || ids.size !== total)
    throw new Error(`${contestant.name}: ${files.length} files, ${ids.size} of ${total} messages`);
  return { rate: total / seconds, publish: total / ((published - began) / 1000), cpu: (cpu / total) * 1e6 };
}

export default {
  name: 'processor',
  title: 'Processor: messages of about 250 bytes become files',
  async run({ args: [total = 20_000, rounds = 3], say }) {
    const folder = mkdtempSync(join(ROOT, '.bench-'));
    const all = contestants(folder);
    const bodies = Array.from({ length: total }, (_, id) => body(id));
    const seen = figures();
    const broker = startBroker();
    try {
      for (let round = 1; round <= rounds; round++)
        for (const [place, contestant] of all.entries()) {
          const result = await measure(contestant, { exchange: `bench-${round}-${place}`, folder, bodies });
          seen.add(contestant.name, result);
          say(
            `round ${round}  ${contestant.name}: ${Math.round(result.rate)}/s, ${Math.round(result.cpu)} us CPU`,
          );
        }
    } finally {
      broker.remove();
      rmSync(folder, { recursive: true, force: true });
    }
    return report(seen, all);
  },
};

function report(seen, all) {
  const [fsync, noFsync, , pika] = all.map(({ name }) => seen.median(name, 'rate'));
  return {
    tables: [
      [
        ['messages to files', 'messages/s', 'CPU us a message', 'published, messages/s'],
        ...all.map(({ name }) => [
          name,
          ...['rate', 'cpu', 'publish'].map((what) => seen.spread(name, what)),
        ]),
      ],
    ],
    notes: [
      `Without fsync on both sides it is ${(noFsync / pika).toFixed(2)}: what no way of making files durable can exceed (docs/decisions/0009-files-one-fsync-each.md).`,
    ],
    aims: [['with fsync, to pika without', fsync / pika, '>=', 2]],
    raw: seen.raw,
  };
}
