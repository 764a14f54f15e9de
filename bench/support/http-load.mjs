// A load of HTTP requests from a process of its own, cheap enough to leave the machine to who is measured:
//   node bench/support/http-load.mjs '{"url":"http://127.0.0.1:8001/produce","clients":64,"seconds":10,"topic":"t","batch":0}'
// Each client has one connection and sends its next request when the last one is answered, for so many seconds. `batch`: so many
// records a request, an array; 0: one record, an object. Prints JSON: requests answered 200, others, seconds, latencies.
import { connect } from 'node:net';
import { percentile } from './figures.mjs';

const { url, clients, seconds, topic, batch = 0 } = JSON.parse(process.argv[2]);
const { hostname, port, pathname } = new URL(url);

/** About 200 bytes; a thousand keys. */
const record = (n) =>
  `{"topic":"${topic}","key":"user-${n % 1000}","message":{"n":${n},"action":"created","pad":"${'x'.repeat(110)}"}}`;

/** Some requests, written once: the generator is not to be what is measured. */
const requests = Array.from({ length: batch ? 8 : 1000 }, (_, at) => {
  const records = Array.from({ length: batch || 1 }, (_, index) => record(at * (batch || 1) + index));
  const body = Buffer.from(batch ? `[${records.join(',')}]` : records[0]);
  const head = `POST ${pathname} HTTP/1.1\r\nhost: ${hostname}:${port}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n`;
  return Buffer.concat([Buffer.from(head), body]);
});

const latencies = [];
let [ok, other] = [0, 0];
let next = 0;

/** Bytes of the first answer in `bytes`, and its status; null when it is not whole yet. */
function answerIn(bytes) {
  const end = bytes.indexOf('\r\n\r\n');
  if (end < 0) return null;
  const head = bytes.toString('latin1', 0, end);
  const length = /content-length: (\d+)/i.exec(head)?.[1];
  if (length === undefined) throw new Error(`an answer without a length: ${head}`);
  const whole = end + 4 + Number(length);
  return bytes.length < whole ? null : { status: Number(head.slice(9, 12)), whole };
}

const deadline = performance.now() + seconds * 1000;

/** Sends one request after the other until the time is over. */
function client() {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname);
    socket.setNoDelay(true);
    let [bytes, began] = [Buffer.alloc(0), 0];
    const send = () => {
      if (performance.now() >= deadline) return socket.end();
      began = performance.now();
      socket.write(requests[next++ % requests.length]);
    };
    socket.on('connect', send);
    socket.on('data', (chunk) => {
      bytes = bytes.length === 0 ? chunk : Buffer.concat([bytes, chunk]);
      const answer = answerIn(bytes);
      if (!answer) return;
      latencies.push(performance.now() - began);
      if (answer.status === 200) ok += 1;
      else other += 1;
      bytes = bytes.subarray(answer.whole);
      send();
    });
    socket.on('error', reject);
    socket.on('close', resolve);
  });
}

const began = performance.now();
await Promise.all(Array.from({ length: clients }, client));
const [p50, p99] = [percentile(latencies, 0.5), percentile(latencies, 0.99)];
console.log(JSON.stringify({ ok, other, seconds: (performance.now() - began) / 1000, p50, p99 }));
