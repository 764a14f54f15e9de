// How fast does a long stream go into Kafka, and does its memory stay flat?
//   npm run bench -- stream [records=1000000]
// Needs Java. POST /produce/stream of NDJSON lines of about 170 bytes, one request; each result line is read and counted, and
// what the topic then holds. Memory (RSS) is sampled each half second. Flat: the slope of the samples after the first third,
// while the heap grows to what it works with, times what was streamed in that time, is at most 20 MB; and the peak is told.
// A service that kept 170 bytes of each record would grow by 110 MB.
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { clearInterval, setInterval } from 'node:timers';
import { startKafka } from './support/bench-kafka.mjs';
import { slopeOf } from './support/figures.mjs';
import { cpuSeconds, memoryMb, startCarillon } from './support/processes.mjs';
import { figures } from './support/report.mjs';

const LINES_AT_ONCE = 1000;
const SAMPLE_MS = 500;

/** Sends all lines with back-pressure; answers result lines, and those that say success. */
async function stream(url, topic, total) {
  const call = request(`${url}/produce/stream`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson' },
  });
  const answered = once(call, 'response').then(async ([response]) => {
    const seen = { lines: 0, good: 0 };
    let rest = '';
    response.setEncoding('latin1');
    for await (const chunk of response) {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop();
      seen.lines += lines.length;
      for (const line of lines) if (line.includes('"success":true')) seen.good += 1;
    }
    return seen;
  });
  for (let n = 0; n < total; n += LINES_AT_ONCE) {
    let chunk = '';
    for (let k = n; k < Math.min(total, n + LINES_AT_ONCE); k++)
      chunk += `{"topic":"${topic}","key":"user-${k % 1000}","message":{"n":${k},"action":"created","pad":"${'x'.repeat(80)}"}}\n`;
    if (!call.write(chunk)) await once(call, 'drain');
  }
  call.end();
  return answered;
}

/** MB over the last two thirds of the samples, by the slope of a line through them. */
function growthOf(samples) {
  const points = samples.slice(Math.floor(samples.length / 3)).map((y, x) => ({ x, y }));
  return points.length < 2 ? 0 : slopeOf(points).slope * (points.length - 1);
}

export default {
  name: 'stream',
  title: 'Stream: one request of a million records into Kafka',
  async run({ args: [total = 1_000_000, rounds = 3], say }) {
    const folder = mkdtempSync(join(tmpdir(), 'carillon-bench-'));
    const kafka = await startKafka(29_392);
    const seen = figures();
    try {
      for (let round = 1; round <= rounds; round++) {
        const topic = await kafka.topic(`stream-${round}`);
        const service = await startCarillon({
          MODULES: 'batch,health',
          DATA_FOLDER: join(folder, `data-${round}`),
          KAFKA_BOOTSTRAP_SERVERS: kafka.bootstrap,
        });
        const samples = [];
        const sampler = setInterval(() => samples.push(memoryMb(service.pid).now), SAMPLE_MS);
        const began = performance.now();
        const { lines, good } = await stream(service.url, topic, total);
        const seconds = (performance.now() - began) / 1000;
        clearInterval(sampler);
        const cpu = (cpuSeconds(service.pid) / total) * 1e6;
        const { peak } = memoryMb(service.pid);
        await service.stop();
        const stored = await kafka.count(topic);
        if (stored !== total || lines < total || good < total)
          throw new Error(`${lines} results, ${good} good, ${stored} stored of ${total}`);
        await kafka.drop(topic);
        const growth = growthOf(samples);
        seen.add('carillon', { rate: total / seconds, cpu, peak, growth });
        say(`round ${round}  ${Math.round(total / seconds)} records/s, peak ${peak} MB`);
      }
    } finally {
      await kafka.remove();
      rmSync(folder, { recursive: true, force: true });
    }
    return report(seen);
  },
};

function report(seen) {
  const head = [
    'one stream',
    'records/s',
    'CPU us a record',
    'peak memory MB',
    'growth over the last two thirds, MB',
  ];
  return {
    tables: [
      [head, ['carillon', ...['rate', 'cpu', 'peak', 'growth'].map((what) => seen.spread('carillon', what))]],
    ],
    aims: [['growth of memory over the last two thirds, MB', seen.median('carillon', 'growth'), '<=', 20]],
    raw: seen.raw,
  };
}
