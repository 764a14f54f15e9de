import { gzipSync } from 'node:zlib';
import type { Attack, AttackContext } from './attack.js';
import { send } from './requests.js';

const MEMBER_BYTES = 32 * 1024 * 1024;
/** Requests at the same time. */
const CONCURRENCY = 3;

interface Bomb {
  path: string;
  type: string;
  body: Buffer;
}

/** A gzip file may consist of several members: copies of a small one unpack to any size. */
const bomb = (text: string, members: number): Buffer =>
  Buffer.concat(Array(members).fill(gzipSync(text.repeat(Math.ceil(MEMBER_BYTES / text.length)))));

/** The largest unpack from 400 KB to 400 MB. */
const makeBombs = (): Bomb[] => [
  { path: '/produce/stream', type: 'application/x-ndjson', body: bomb('\n', 12) },
  { path: '/produce/stream', type: 'application/x-ndjson', body: bomb('[]\n', 4) },
  { path: '/produce/stream', type: 'application/x-ndjson', body: bomb('x', 2) },
  { path: '/produce', type: 'application/json', body: bomb(' ', 2) },
  { path: '/produce/batch', type: 'application/json', body: bomb('[', 2) },
  { path: '/monitors/import', type: 'application/x-ndjson', body: bomb('\n', 12) },
  { path: '/monitors/import', type: 'application/json', body: bomb('[', 2) },
  { path: '/events/expense.created', type: 'application/json', body: bomb('0', 2) },
];

/** Small bodies that unpack to large ones. Half of the clients leave before the answer. */
export function gzip(): Attack {
  const bombs = makeBombs();
  const sendOne = async ({ url, random, count }: AttackContext): Promise<void> => {
    const { path, type, body } = random.pick(bombs);
    const headers = { 'content-type': type, 'content-encoding': 'gzip' };
    const leaveAfterMs = random.next() < 0.5 ? random.between(1, 1_000) : undefined;
    // Some bodies end within a member.
    const end = random.next() < 0.2 ? random.between(20, body.length) : body.length;
    count(await send(url, { path, body: body.subarray(0, end), headers, leaveAfterMs }));
  };
  return {
    name: 'gzip',
    answers: [200, 207, 400, 413, 415, 422, 503],
    round: async (context) => {
      await Promise.all(Array.from({ length: CONCURRENCY }, () => sendOne(context)));
    },
  };
}
