// Records what good servers answer to Carillon's checks, into recordings/*.json; see ../README.md.
//   npm run build && node test/faults/targets/record.mjs [name...]     all of them, or those named
// Each check runs from `dist` against the real server, through a proxy that records what the server sends.
import { writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { SERVERS } from './good-servers.mjs';

const DIST = new URL('../../../dist/checks/', import.meta.url);
/** The port of the proxy. Some replies contain it; a replay puts its own port in its place. */
const PORT = 27_373;
const TIMEOUT_MS = 20_000;

async function load(file) {
  return import(new URL(file, DIST).href);
}

/** Records for each connection what the server sent, and `after` how many bytes of the client. */
function startProxy(upstream) {
  let connections = [];
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const recorded = { closes: false, replies: [] };
    connections.push(recorded);
    const target = connect({ port: upstream, host: '127.0.0.1', allowHalfOpen: true });
    let received = 0;
    let isClientDone = false;
    client.on('data', (chunk) => {
      received += chunk.length;
      target.write(chunk);
    });
    target.on('data', (chunk) => {
      const last = recorded.replies.at(-1);
      if (last?.after === received) last.chunks.push(chunk);
      else recorded.replies.push({ after: received, chunks: [chunk] });
      client.write(chunk);
    });
    client.on('end', () => {
      isClientDone = true;
      target.end();
    });
    target.on('end', () => {
      recorded.closes = !isClientDone;
      client.end();
    });
    client.on('error', () => target.destroy()).on('close', () => target.destroy());
    target.on('error', () => client.destroy());
  });
  const take = () => {
    const taken = connections.map(({ closes, replies }) => ({
      closes,
      replies: replies.map(({ after, chunks }) => ({
        after,
        base64: Buffer.concat(chunks).toString('base64'),
      })),
    }));
    connections = [];
    return taken;
  };
  return new Promise((resolve) => server.listen(PORT, '127.0.0.1', () => resolve({ server, take })));
}

async function runOnce({ type, config }) {
  const [{ default: check }, { runCheck }, { openTargetNet }] = await Promise.all([
    load(`${type}.check.js`),
    load('run-check.js'),
    load('targets/open-target-net.js'),
  ]);
  const fields = check.schema.parse(config(PORT));
  return runCheck(check, fields, {
    monitor: { id: 'recorder', name: 'recorder', type, interval: 60, createdAt: 0 },
    timeoutMs: TIMEOUT_MS,
    signal: AbortSignal.timeout(TIMEOUT_MS),
    net: openTargetNet({ level: 'any', allow: [], deny: [] }),
    now: Date.now,
    lastPush: () => Promise.resolve(null),
  });
}

/** Keeps the second run: the first one may create what the check needs (Kafka's topic). */
async function record(name, start) {
  const server = await start(PORT);
  const proxy = await startProxy(server.port);
  try {
    await runOnce(server).catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    proxy.take();
    const outcome = await runOnce(server);
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    const connections = proxy.take().filter(({ replies }) => replies.length > 0);
    const about = {
      server: server.version,
      type: server.type,
      config: server.config(PORT),
      outcome: outcome.found,
    };
    const recording = { ...about, port: PORT, connections };
    await writeFile(
      new URL(`recordings/${name}.json`, import.meta.url),
      `${JSON.stringify(recording, null, 2)}\n`,
    );
    console.log(`${name}: ${outcome.found}, ${outcome.message} (${connections.length} connections)`);
  } finally {
    proxy.server.close();
    await server.stop();
  }
}

const wanted = process.argv.slice(2);
for (const [name, start] of Object.entries(SERVERS)) {
  if (wanted.length === 0 || wanted.includes(name)) await record(name, start);
}
process.exit(0);
