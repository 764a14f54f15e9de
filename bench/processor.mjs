// How fast does a message become a file, beside a plain pika consumer?
//   node bench/processor.mjs [messages=20000] [rounds=3]
// Needs RabbitMQ (test/servers/rabbitmq.sh) and Python 3 with pika (`pip install pika`). Starts a broker, then in turn,
// each round: Carillon with and without fsync on a durable quorum queue, Carillon with fsync on a temporary queue, and
// bench/peers/pika_processor.py. Each consumer is up before its messages are published; the time is from the first
// publish to the last acknowledgement, and every file is counted and parsed. Prints messages/s, medians and spread.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { connect } from 'amqplib';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const TOTAL = Number(process.argv[2] ?? 20_000);
const ROUNDS = Number(process.argv[3] ?? 3);
const PORT = 25_692;
const URL_OF_BROKER = `amqp://guest:guest@127.0.0.1:${PORT}`;
const AT_ONCE = 1000;

const folder = mkdtempSync(join(ROOT, '.bench-'));
const brokerEnv = {
  ...process.env,
  RMQ_PORT: String(PORT),
  RMQ_RUN: mkdtempSync(join(tmpdir(), 'carillon-rmq-')),
};
const broker = (...args) =>
  execFileSync('bash', [join(ROOT, 'test/servers/rabbitmq.sh'), ...args], { env: brokerEnv });

function ours(name, env) {
  return {
    name,
    start: (exchange, output) =>
      spawn(process.execPath, [join(ROOT, 'dist/main.js')], {
        env: {
          PATH: process.env.PATH,
          PORT: '0',
          MODULES: 'processor,health',
          DATA_FOLDER: join(folder, 'data'),
          RABBITMQ_URL: URL_OF_BROKER,
          RABBITMQ_EXCHANGE: exchange,
          OUTPUT_FOLDER: output,
          ...env(exchange),
        },
        stdio: ['ignore', 'pipe', 'inherit'],
      }),
    isUp: /listens on/,
  };
}

const CONTESTANTS = [
  ours('carillon, fsync, quorum queue', (exchange) => ({ RABBITMQ_QUEUE: `${exchange}-queue` })),
  ours('carillon, no fsync, quorum queue', (exchange) => ({
    RABBITMQ_QUEUE: `${exchange}-queue`,
    PROCESSOR_FSYNC: 'off',
  })),
  ours('carillon, fsync, temporary queue', () => ({})),
  {
    name: 'pika, no fsync, exclusive queue',
    start: (exchange, output) =>
      spawn(
        'python3',
        [join(ROOT, 'bench/peers/pika_processor.py'), URL_OF_BROKER, exchange, 'expense.*', output],
        {
          stdio: ['ignore', 'pipe', 'inherit'],
        },
      ),
    isUp: /consuming/,
  },
];

async function awaitUp(child, isUp) {
  for await (const line of createInterface({ input: child.stdout })) {
    if (isUp.test(line)) return void child.stdout.resume();
  }
  throw new Error('a contestant ended before it was up');
}

async function publishAll(channel, exchange) {
  for (let n = 0; n < TOTAL; n++) {
    const body = {
      action: 'created',
      entity: 'expense',
      data: { id: n, amount: 12.5, note: 'x'.repeat(150) },
      timestamp: 't',
    };
    channel.publish(exchange, 'expense.created', Buffer.from(JSON.stringify(body)), {
      persistent: true,
      messageId: `${exchange}-${n}`,
    });
    if (n % AT_ONCE === AT_ONCE - 1) await channel.waitForConfirms();
  }
  await channel.waitForConfirms();
}

const finished = (output) => readdirSync(output).filter((name) => name.endsWith('.json'));

async function run(contestant, round) {
  const exchange = `bench-${round}-${CONTESTANTS.indexOf(contestant)}`;
  const output = join(folder, exchange);
  const child = contestant.start(exchange, output);
  await awaitUp(child, contestant.isUp);
  const connection = await connect(URL_OF_BROKER);
  const channel = await connection.createConfirmChannel();
  await delay(500);
  const began = performance.now();
  await publishAll(channel, exchange);
  const publishedS = (performance.now() - began) / 1000;
  while (finished(output).length < TOTAL) await delay(50);
  const seconds = (performance.now() - began) / 1000;
  await connection.close();
  const cpu = cpuSeconds(child.pid);
  child.kill('SIGTERM');
  await once(child, 'exit');
  const files = finished(output);
  const ids = new Set(files.map((name) => JSON.parse(readFileSync(join(output, name), 'utf8')).data.id));
  if (files.length !== TOTAL || ids.size !== TOTAL)
    throw new Error(`${contestant.name}: ${files.length} files, ${ids.size} of ${TOTAL} messages`);
  rmSync(output, { recursive: true });
  return { rate: TOTAL / seconds, publishedS, cpu: (cpu / TOTAL) * 1e6 };
}

/** User and system time of a process so far. */
function cpuSeconds(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

const median = (numbers) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];

broker('start');
try {
  execFileSync(process.execPath, [join(ROOT, 'scripts/build-if-stale.mjs')], { cwd: ROOT, stdio: 'inherit' });
  const results = new Map(CONTESTANTS.map(({ name }) => [name, []]));
  for (let round = 0; round < ROUNDS; round++) {
    for (const contestant of CONTESTANTS) {
      const result = await run(contestant, round);
      results.get(contestant.name).push(result);
      console.log(
        `round ${round + 1}  ${contestant.name.padEnd(34)} ${Math.round(result.rate)}/s (published in ${result.publishedS.toFixed(1)} s, ${Math.round(result.cpu)} us CPU a message)`,
      );
    }
  }
  console.log(`\n${TOTAL} messages of about 250 bytes, medians of ${ROUNDS} rounds`);
  for (const [name, each] of results) {
    const rates = each.map(({ rate }) => rate);
    console.log(
      `${name.padEnd(34)} ${Math.round(median(rates))}/s (${Math.round(Math.min(...rates))} to ${Math.round(Math.max(...rates))}), ${Math.round(median(each.map(({ cpu }) => cpu)))} us CPU`,
    );
  }
} finally {
  broker('remove');
  rmSync(folder, { recursive: true, force: true });
}
