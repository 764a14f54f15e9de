// Sends again what the emitters of a running service could not deliver, with the keys and bodies it had:
//   npm run emit:resend -- [--dry-run] [--emitter NAME] [--url http://localhost:8001]
// Each message is tried once. Without --url it asks this machine, at PORT (also from .env). Works without a build.
// Exit code: 0 all delivered (or nothing to do), 65 some were refused again, 69 the service or a target is not to be
// reached (try again later), 64 wrong usage.
import { existsSync, readFileSync } from 'node:fs';
import { parseArgs, parseEnv } from 'node:util';
import { Agent, fetch } from 'undici';

const OK = 0;
const USAGE = 64;
const REFUSED = 65;
const UNAVAILABLE = 69;
/** What one call may name. */
const PAGE = 1000;

// A call may last as long as a target lets it.
const dispatcher = new Agent({ headersTimeout: 0, bodyTimeout: 0 });

/** What ends the whole run, with its exit code. */
class Stop extends Error {
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

function options() {
  const usage = 'Usage: npm run emit:resend -- [--dry-run] [--emitter NAME] [--url http://localhost:8001]';
  try {
    const { values } = parseArgs({
      options: { 'dry-run': { type: 'boolean' }, emitter: { type: 'string' }, url: { type: 'string' } },
    });
    const url = new URL(values.url ?? `http://localhost:${port()}`);
    if (!/^https?:$/.test(url.protocol)) throw new Error('--url must begin with http:// or https://');
    return { dryRun: values['dry-run'] ?? false, only: values.emitter, url };
  } catch (error) {
    throw new Stop(USAGE, `${error.message}\n${usage}`);
  }
}

function port() {
  const file = existsSync('.env') ? parseEnv(readFileSync('.env', 'utf8')) : {};
  return process.env.PORT || file.PORT || '8001';
}

/** The service's API below its URL. */
class Service {
  constructor(url) {
    this.base = `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
  }

  async ask(path, body) {
    const post = {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    };
    let answer;
    try {
      const response = await fetch(this.base + path, { dispatcher, ...(body && post) });
      answer = { status: response.status, body: await response.json() };
    } catch (error) {
      const reason = error.cause?.code ?? error.cause?.message ?? error.message;
      throw new Stop(UNAVAILABLE, `The service does not answer as expected at ${this.base}: ${reason}.`);
    }
    if (answer.status === 200) return answer.body;
    const message = answer.body?.message ?? 'no reason given';
    throw new Stop(UNAVAILABLE, `${this.base}${path} answered ${answer.status}: ${message}`);
  }

  async emitters(only) {
    const { emitters } = (await this.ask('/emitters')) ?? {};
    if (!Array.isArray(emitters)) throw new Stop(UNAVAILABLE, `${this.base} is no service with emitters.`);
    const names = emitters.map(({ name }) => name);
    if (only === undefined) return names;
    if (names.includes(only)) return [only];
    throw new Stop(USAGE, `There is no emitter ${only}; there are: ${names.join(', ') || 'none'}.`);
  }

  /** Of all that lies there now. */
  async ids(emitter) {
    const ids = [];
    for (let after = ''; after !== null;) {
      const query = `limit=${PAGE}&after=${encodeURIComponent(after)}`;
      const page = await this.ask(`/emitters/${emitter}/dead-letters?${query}`);
      ids.push(...page.dead_letters.map(({ id }) => id));
      after = page.next;
    }
    return ids;
  }
}

/** One emitter's messages, each tried once, until none is left or the target takes nothing. */
async function resend(service, emitter, dryRun) {
  let left = await service.ids(emitter);
  let delivered = 0;
  const failed = [];
  let code = OK;
  let stopped = null;
  while (left.length > 0) {
    const ids = left.slice(0, PAGE);
    const round = await service.ask(`/emitters/${emitter}/dead-letters/resend`, { ids, dry_run: dryRun });
    const tried = new Set([...round.ids, ...round.missing, ...round.failed.map(({ id }) => id)]);
    left = left.filter((id) => !tried.has(id));
    delivered += round.ids.length;
    failed.push(...round.failed);
    if (round.failed.length > 0 && code === OK) code = REFUSED;
    // A call ends early when its time is over, too: one that delivered something is followed by another.
    if (round.failed.some(({ retryable }) => retryable)) code = UNAVAILABLE;
    if (round.stopped !== null && tried.size === 0) code = UNAVAILABLE;
    const goesOn = round.stopped === null ? tried.size > 0 : round.ids.length > 0;
    if (goesOn) continue;
    stopped = round.stopped;
    break;
  }
  tell(emitter, { delivered, failed, left: left.length, stopped, dryRun });
  return code;
}

function tell(emitter, { delivered, failed, left, stopped, dryRun }) {
  const done = dryRun ? 'would be sent' : 'delivered';
  console.log(
    `${emitter}: ${delivered} ${done}, ${failed.length} failed, ${left} left${stopped ? `: ${stopped}` : ''}`,
  );
  for (const { id, reason } of failed) console.log(`  ${id}  ${reason}`);
}

async function run() {
  const { dryRun, only, url } = options();
  const service = new Service(url);
  let code = OK;
  for (const emitter of await service.emitters(only))
    code = Math.max(code, await resend(service, emitter, dryRun));
  return code;
}

try {
  process.exitCode = await run();
} catch (error) {
  if (!(error instanceof Stop)) throw error;
  console.error(error.message);
  process.exitCode = error.code;
} finally {
  await dispatcher.destroy();
}
