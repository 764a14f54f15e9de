import type { Random } from '../../support/failover/random.js';
import { pause, type Attack, type AttackContext } from './attack.js';
import { head, openMany, sendRaw } from './requests.js';

const PAUSE_MS = 20;

const WRONG_HOSTS = [
  'evil.example',
  '[::1].evil.example',
  'localhost.evil.example',
  '127.0.0.1.evil.example',
] as const;
const GUARDED_PATHS = [
  '/monitors/export?secrets=true',
  '/topics',
  '/queues',
  '/monitors',
  '/produce',
] as const;

/** An attack of single requests, which `write` chooses. */
function singleRequests(
  name: string,
  answers: readonly number[],
  write: (random: Random, url: URL) => string | Buffer,
): Attack {
  return {
    name,
    answers,
    round: async ({ url, random, over, count }) => {
      count(await sendRaw(url, write(random, url)));
      await pause(PAUSE_MS, over);
    },
  };
}

/** Requests whose Host is not a name of the service. */
export const wrongHosts = (): Attack =>
  singleRequests('wrong-hosts', [421], (random, { port }) => {
    const host = `${random.pick(WRONG_HOSTS)}${random.next() < 0.5 ? '' : `:${port}`}`;
    return head('GET', random.pick(GUARDED_PATHS), { host });
  });

const WRONG_METHODS = ['DELETE', 'PUT', 'PATCH', 'TRACE', 'PROPFIND'] as const;
const PATHS = ['/produce', '/produce/batch', '/health', '/topics', '/leader'] as const;

/** Methods that a path does not have. */
export const wrongMethods = (): Attack =>
  singleRequests('wrong-methods', [405], (random, { host }) =>
    head(random.pick(WRONG_METHODS), random.pick(PATHS), { host, 'content-length': '0' }),
  );

/** Bytes that are not HTTP, are not valid HTTP, or that two servers understand differently. */
export const garbage = (): Attack =>
  singleRequests('garbage', [400, 404, 405, 408, 413, 414, 421, 422, 431, 501, 505], (random, { host }) => {
    const noise = Array.from({ length: 200 }, () => Math.floor(random.next() * 256));
    const chunked = { host, 'transfer-encoding': 'chunked', 'content-type': 'application/json' };
    return random.pick<string | Buffer>([
      Buffer.from([...noise, ...Buffer.from('\r\n\r\n')]),
      head('GET', `/${'a'.repeat(20_000)}`, { host }),
      head('GET', '/health', { host, 'x-long': 'h'.repeat(20_000) }),
      head('GET', '/monitors/%00%ff%', { host }),
      head('GET', `/monitors/${'%25'.repeat(400)}`, { host }),
      `${head('POST', '/produce', { ...chunked, 'content-length': '5' })}0\r\n\r\n`,
      `${head('POST', '/produce', chunked)}ffffffffffffffff\r\nx`,
      head('POST', '/produce', { host, 'content-length': '-1' }),
      head('GET', '/health\x00', { host }),
      'GET / HTTP/1.1\nHost: a\nHost: b\n\n',
      '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n',
    ]);
  });

const SLOW_REQUESTS = 100;

/** Requests whose headers or bodies arrive byte by byte. */
export const slowRequests = (): Attack => ({
  name: 'slow-requests',
  answers: [],
  round: async ({ url, random, over }) => {
    const sockets = await openMany(url, SLOW_REQUESTS);
    const { host } = url;
    const stream = { host, 'content-type': 'application/x-ndjson', 'transfer-encoding': 'chunked' };
    const [slowHeaders, slowBodies] = [0, 1].map((rest) => sockets.filter((_, index) => index % 2 === rest));
    for (const socket of slowHeaders!) socket.write(`GET /health HTTP/1.1\r\nhost: ${host}\r\nx: `);
    for (const socket of slowBodies!) socket.write(head('POST', '/produce/stream', stream));
    for (let bytes = random.between(5, 25); bytes > 0 && !over.aborted; bytes--) {
      for (const socket of slowHeaders!) if (socket.writable) socket.write('x');
      for (const socket of slowBodies!) if (socket.writable) socket.write('1\r\n\n\r\n');
      await pause(200, over);
    }
    for (const socket of sockets) socket.destroy();
  },
});

/**
 * Many connections at once: a third is closed, a third is reset, a third stays silent. Node accepts one connection in each
 * turn of its event loop: with more of them the other attacks would only wait.
 */
async function flood({ url, random, over }: AttackContext): Promise<void> {
  const sockets = await openMany(url, random.between(50, 200));
  for (const [index, socket] of sockets.entries()) {
    if (index % 3 === 0) socket.destroy();
    else if (index % 3 === 1) socket.resetAndDestroy();
  }
  await pause(random.between(0, 500), over);
  for (const socket of sockets) socket.destroy();
}

export const connections = (): Attack => ({ name: 'connections', answers: [], round: flood });
