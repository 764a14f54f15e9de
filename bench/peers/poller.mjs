// A leader as docs/coming-from-peekaping.md and the system it tells of have it: SETNX of a key of 10 s, asked for each 5 s, renewed by
// GET and EXPIRE, deleted on SIGTERM. Its log lines are those that bench/takeover.mjs waits for.
//   REDIS_URL=redis://… LEADER_KEY=… node bench/peers/poller.mjs
import { setInterval } from 'node:timers';
import { Redis } from 'ioredis';

const TTL_S = 10;
const EVERY_MS = 5000;
const { REDIS_URL, LEADER_KEY } = process.env;
const redis = new Redis(REDIS_URL);
const me = String(process.pid);
let leads = false;

const say = (msg, more = {}) => console.log(JSON.stringify({ time: new Date().toISOString(), msg, ...more }));

async function round() {
  if (leads) {
    if ((await redis.get(LEADER_KEY)) === me) await redis.expire(LEADER_KEY, TTL_S);
    else leads = false;
  } else if ((await redis.set(LEADER_KEY, me, 'EX', TTL_S, 'NX')) === 'OK') {
    leads = true;
    say('Became leader.', { term: Date.now() });
  } else say('Standing by.');
}

await round();
setInterval(round, EVERY_MS);
process.on('SIGTERM', async () => {
  if (leads) await redis.del(LEADER_KEY);
  process.exit(0);
});
