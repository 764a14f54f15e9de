// A candidate for a lease on Redis as a process of its own: node lease-candidate.mjs URL KEY TTL_MS
// Prints what it believes, one JSON line each time that changes: {number, from, to} (milliseconds of the machine's
// monotonic clock, which all processes share); and {number, end} when a term is over before that. SIGTERM: it closes.
import { setInterval } from 'node:timers';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import driver from '../../dist/drivers/redis/leader-lease.driver.js';

const [url, key, ttlMs] = process.argv.slice(2);
const variables = {
  REDIS_URL: url,
  LEADER_KEY: key,
  LEADER_TTL_MS: ttlMs,
  REDIS_COMMAND_TIMEOUT_MS: '300',
  REDIS_CONNECT_TIMEOUT_MS: '300',
};
const context = { logger: pino({ level: 'silent' }), metrics: new Registry() };
const lease = await driver.open(driver.variables.parse(variables), context);

const now = () => Number(process.hrtime.bigint()) / 1e6;
const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);
let last = '';

function look() {
  const { term } = lease;
  if (!term) return;
  const from = now();
  const to = from + Math.max(0, term.leftMs);
  const seen = `${term.number} ${Math.round(to)}`;
  if (seen !== last) say({ number: term.number, from, to });
  last = seen;
}

lease.campaign((term) => {
  look();
  term.lost.addEventListener('abort', () => say({ number: term.number, end: now() }), { once: true });
});
setInterval(look, 2);
process.on('SIGTERM', () => void lease.close(2000).then(() => process.exit(0)));
say({ ready: true });
