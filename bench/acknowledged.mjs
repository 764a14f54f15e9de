// Is every record that was answered 200 really at the offset that was told?
//   node bench/acknowledged.mjs [records=200000] [clients=64]
// Starts a real Kafka (test/servers/kafka.sh) and the built gateway, posts records one by one over that many clients,
// then reads every partition back with a consumer of its own and compares each acknowledged record. Prints requests a
// second, latency percentiles and the gateway's peak memory; exits 1 when anything is missing or elsewhere.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Kafka, logLevel } from 'kafkajs';
import { Pool } from 'undici';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const TOTAL = Number(process.argv[2] ?? 200_000);
const CLIENTS = Number(process.argv[3] ?? 64);
const TOPIC = 'acknowledged';
const KAFKA_PORT = 29_192;

const folder = mkdtempSync(join(tmpdir(), 'carillon-bench-'));
const kafkaEnv = {
  ...process.env,
  KAFKA_PORT: String(KAFKA_PORT),
  KAFKA_RUN: join(folder, 'kafka'),
  KAFKA_AUTO_CREATE: 'true',
};
const kafkaScript = (...args) =>
  execFileSync('bash', [join(ROOT, 'test/servers/kafka.sh'), ...args], { env: kafkaEnv });
const brokers = [`127.0.0.1:${KAFKA_PORT}`];

async function startGateway() {
  const child = spawn(process.execPath, [join(ROOT, 'dist/main.js')], {
    env: {
      PATH: process.env.PATH,
      PORT: '0',
      DATA_FOLDER: join(folder, 'data'),
      KAFKA_BOOTSTRAP_SERVERS: brokers.join(','),
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const line of createInterface({ input: child.stdout })) {
    const url = /listens on (http:\/\/[\d.:]+)/.exec(line)?.[1];
    if (url) {
      child.stdout.resume();
      return { child, url };
    }
  }
  throw new Error('the gateway did not start');
}

async function produceAll(pool) {
  const acknowledged = [];
  const latencies = new Float64Array(TOTAL);
  let other = 0;
  let next = 0;
  const client = async () => {
    while (next < TOTAL) {
      const n = next++;
      const body = `{"topic":"${TOPIC}","key":"user-${n % 1000}","message":{"n":${n},"action":"created","pad":"${'x'.repeat(110)}"}}`;
      const began = performance.now();
      const answer = await pool.request({
        path: '/produce',
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
      });
      const result = await answer.body.json();
      latencies[n] = performance.now() - began;
      if (answer.statusCode === 200)
        acknowledged.push({ n, partition: result.partition, offset: result.offset });
      else other += 1;
    }
  };
  const began = performance.now();
  await Promise.all(Array.from({ length: CLIENTS }, client));
  return { acknowledged, other, seconds: (performance.now() - began) / 1000, latencies: latencies.sort() };
}

/** Every record of the topic, by partition and offset, read by a client that shares no code with the gateway. */
async function readAll() {
  const kafka = new Kafka({ clientId: 'check', brokers, logLevel: logLevel.NOTHING });
  const admin = kafka.admin();
  await admin.connect();
  const ends = await admin.fetchTopicOffsets(TOPIC);
  const expected = ends.reduce((sum, { low, high }) => sum + Number(high) - Number(low), 0);
  const stored = new Map();
  const consumer = kafka.consumer({ groupId: `check-${Date.now()}`, maxWaitTimeInMs: 200 });
  await consumer.connect();
  await consumer.subscribe({ topic: TOPIC, fromBeginning: true });
  await new Promise((resolve) => {
    void consumer.run({
      eachBatch: async ({ batch }) => {
        for (const { offset, value } of batch.messages)
          stored.set(`${batch.partition}-${offset}`, JSON.parse(value.toString()).n);
        if (stored.size >= expected) resolve();
      },
    });
  });
  await consumer.disconnect();
  await admin.disconnect();
  return stored;
}

let gateway;
let failed;
try {
  kafkaScript('start');
  execFileSync(process.execPath, [join(ROOT, 'test/servers/kafka-warm.mjs'), brokers.join(',')]);
  gateway = await startGateway();
  const pool = new Pool(gateway.url, { connections: CLIENTS });
  const { acknowledged, other, seconds, latencies } = await produceAll(pool);
  await pool.close();
  const peakKb = Number(
    /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${gateway.child.pid}/status`, 'utf8'))?.[1],
  );
  const stored = await readAll();
  const wrong = acknowledged.filter(({ n, partition, offset }) => stored.get(`${partition}-${offset}`) !== n);
  const places = new Set(acknowledged.map(({ partition, offset }) => `${partition}-${offset}`));
  failed = wrong.length > 0 || places.size !== acknowledged.length || acknowledged.length + other !== TOTAL;
  const at = (share) => `${latencies[Math.floor((TOTAL - 1) * share)].toFixed(1)} ms`;
  console.log(
    `${TOTAL} requests by ${CLIENTS} clients in ${seconds.toFixed(1)} s: ${Math.round(TOTAL / seconds)} requests/s`,
  );
  console.log(`latency p50 ${at(0.5)}, p99 ${at(0.99)}, max ${at(1)}`);
  console.log(`gateway's peak memory ${Math.round(peakKb / 1024)} MB`);
  console.log(
    `answered 200: ${acknowledged.length}; anything else: ${other}; records in the topic: ${stored.size}`,
  );
  console.log(
    `acknowledged, but missing or at another offset: ${wrong.length}; two at one offset: ${acknowledged.length - places.size}`,
  );
} finally {
  gateway?.child.kill('SIGTERM');
  if (gateway) await once(gateway.child, 'exit');
  kafkaScript('stop');
  rmSync(folder, { recursive: true, force: true });
}
process.exit(failed === false ? 0 : 1);
