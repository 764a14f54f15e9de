// A process that requests `/health/live` of a service again and again, and at the same moments `/` of a control server.
//   fork('probe.mjs', [url, pid]); it answers the message 'read' with { samples }, those since the last one.
// The control server runs in a process of its own and does nothing else: when it is late too, the machine is busy.
import { fork } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { Agent, createServer, get } from 'node:http';
import { fileURLToPath } from 'node:url';

const INTERVAL_MS = 25;

if (process.argv[2] === 'control') serveControl();
else await probe(process.argv[2], process.argv[3]);

function serveControl() {
  const server = createServer((_, response) => response.end('{}'));
  server.listen(0, '127.0.0.1', () => process.send(server.address().port));
  process.on('disconnect', () => process.exit());
}

/** Milliseconds for which the main threads of the service and of this process were ready to run and had no CPU. */
function waitedForCpu(pid) {
  return [pid, process.pid].map(runDelayMs).reduce((sum, ms) => sum + ms);
}

/** Source: the kernel's scheduler/sched-stats: the second number of schedstat, in nanoseconds. */
function runDelayMs(pid) {
  try {
    return Number(readFileSync(`/proc/${pid}/schedstat`, 'latin1').split(' ')[1]) / 1e6;
  } catch {
    return 0;
  }
}

/** One request on a connection that is kept open: `status` 0: it failed. */
function request(url, agent, since = performance.now()) {
  return new Promise((resolve) => {
    const done = (status) => resolve({ status, ms: performance.now() - since });
    const sent = get(url, { agent }, (response) => {
      response.on('error', () => done(0)).on('end', () => done(response.statusCode));
      response.resume();
    });
    // The server may close an idle connection at the moment at which it is used again.
    sent.on('error', () => (sent.reusedSocket ? resolve(request(url, agent, since)) : done(0)));
  });
}

async function probe(url, pid) {
  const control = fork(fileURLToPath(import.meta.url), ['control']);
  const port = await new Promise((resolve) => control.once('message', resolve));
  const [agent, controlAgent] = [new Agent({ keepAlive: true }), new Agent({ keepAlive: true })];
  let samples = [];
  /** The request that is under way. */
  let current = null;
  const measured = () => ({
    controlMs: current.controlMs ?? 0,
    waitedMs: waitedForCpu(pid) - current.waitedBefore,
  });
  process.on('message', () => {
    const pending = current && { ...measured(), status: null, ms: performance.now() - current.since };
    process.send({ samples: pending ? [...samples, pending] : samples });
    samples = [];
  });
  process.on('disconnect', () => process.exit());
  process.send('ready');
  for (;;) {
    current = { since: performance.now(), waitedBefore: waitedForCpu(pid), controlMs: null };
    const controlled = request(`http://127.0.0.1:${port}/`, controlAgent).then(
      ({ ms }) => (current.controlMs = ms),
    );
    const answer = await request(`${url}/health/live`, agent);
    await controlled;
    samples.push({ ...measured(), ...answer });
    current = null;
    await new Promise((resolve) => setTimeout(resolve, INTERVAL_MS));
  }
}
