import type { Random } from '../../support/failover/random.js';
import { concat, type Conversation, type Reply, type Script } from './script.js';

/** Changes one script in place. */
type Mutation = (script: Script, random: Random) => void;

const below = (random: Random, end: number): number => Math.floor(random.next() * end);

/** Values that parsers mishandle in length fields. */
const LENGTHS = [
  0, 1, 2, 3, 4, 7, 8, 0x7f, 0x80, 0xff, 0x7fff, 0xffff, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff,
];
const WIDTHS = [1, 2, 3, 4, 8] as const;

function anyReply({ replies }: Script, random: Random): Reply | undefined {
  return replies.length === 0 ? undefined : random.pick(replies);
}

/** Changes the bytes of one reply. */
function ofBytes(change: (bytes: Buffer, random: Random) => Buffer): Mutation {
  return (script, random) => {
    const reply = anyReply(script, random);
    if (reply && reply.bytes.length > 0) reply.bytes = change(reply.bytes, random);
  };
}

function flipBits(bytes: Buffer, random: Random): Buffer {
  for (let flips = 1 + below(random, 8); flips > 0; flips--)
    bytes[below(random, bytes.length)]! ^= 1 << below(random, 8);
  return bytes;
}

/** Overwrites what may be a length field; half of the time near the beginning, where most frames have theirs. */
function overwriteLength(bytes: Buffer, random: Random): Buffer {
  const width = random.pick(WIDTHS);
  const at = below(random, random.next() < 0.5 ? Math.min(bytes.length, 8) : bytes.length);
  const field = Buffer.alloc(width);
  const value = random.pick(LENGTHS);
  const isLittle = random.next() < 0.5;
  for (let byte = 0; byte < width; byte++) {
    const part = byte < 4 ? (value >>> (8 * byte)) & 0xff : value === 0xffffffff ? 0xff : 0;
    field[isLittle ? byte : width - 1 - byte] = part;
  }
  field.copy(bytes, at);
  return bytes;
}

function slice(bytes: Buffer, random: Random): [number, number] {
  const from = below(random, bytes.length);
  return [from, from + 1 + below(random, bytes.length - from)];
}

function repeatSlice(bytes: Buffer, random: Random): Buffer {
  const [from, to] = slice(bytes, random);
  const times = random.pick([1, 2, 10, 1_000]);
  const middle = Array.from({ length: times }, () => bytes.subarray(from, to));
  return Buffer.concat([bytes.subarray(0, to), ...middle, bytes.subarray(to)]);
}

function removeSlice(bytes: Buffer, random: Random): Buffer {
  const [from, to] = slice(bytes, random);
  return Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)]);
}

function insertBytes(bytes: Buffer, random: Random): Buffer {
  const at = below(random, bytes.length + 1);
  const value = random.pick([0, 0xff, null]);
  const extra = Buffer.alloc(random.pick([1, 2, 4, 8, 100, 70_000]), value ?? 0);
  if (value === null) for (let i = 0; i < extra.length; i++) extra[i] = below(random, 256);
  return Buffer.concat([bytes.subarray(0, at), extra, bytes.subarray(at)]);
}

const truncate: Mutation = (script, random) => {
  if (script.replies.length === 0) return;
  const at = below(random, script.replies.length);
  script.replies.length = at + 1;
  const last = script.replies[at]!;
  last.bytes = last.bytes.subarray(0, below(random, last.bytes.length));
  script.end = random.pick(['open', 'fin', 'reset']);
};

const swapReplies: Mutation = ({ replies }, random) => {
  const [one, two] = [below(random, replies.length), below(random, replies.length)];
  if (replies.length > 0)
    [replies[one]!.bytes, replies[two]!.bytes] = [replies[two]!.bytes, replies[one]!.bytes];
};

const repeatReply: Mutation = (script, random) => {
  const reply = anyReply(script, random);
  if (reply)
    script.replies.splice(script.replies.indexOf(reply), 0, { ...reply, bytes: Buffer.from(reply.bytes) });
};

/** Sends all replies at once. */
const sendAllAtOnce: Mutation = (script) => {
  const [first] = script.replies;
  if (first) script.replies = [{ after: first.after, bytes: concat(script.replies) }];
};

const dropReply: Mutation = (script, random) => {
  if (script.replies.length > 0) script.replies.splice(below(random, script.replies.length), 1);
};

/** A mutation is chosen as often as it is listed. */
const MUTATIONS: readonly Mutation[] = [
  ofBytes(flipBits),
  ofBytes(flipBits),
  ofBytes(flipBits),
  ofBytes(overwriteLength),
  ofBytes(overwriteLength),
  ofBytes(overwriteLength),
  ofBytes(repeatSlice),
  ofBytes(removeSlice),
  ofBytes(insertBytes),
  truncate,
  swapReplies,
  repeatReply,
  sendAllAtOnce,
  dropReply,
];

/** Applies one to three mutations, and may change how a connection ends and how its replies are cut into writes. */
export function mutate(good: Conversation, random: Random): Conversation {
  const scripts = good.map((script) => ({
    ...script,
    replies: script.replies.map(({ after, bytes }) => ({ after, bytes: Buffer.from(bytes) })),
  }));
  for (let left = random.pick([1, 1, 2, 3]); left > 0; left--)
    random.pick(MUTATIONS)(random.pick(scripts), random);
  const script = random.pick(scripts);
  if (random.next() < 0.25) script.piece = random.pick([1, 2, 3, 5, 7]);
  const chance = random.next();
  if (chance < 0.04) script.end = 'endless';
  else if (chance < 0.1) script.end = random.pick(['fin', 'reset']);
  return scripts;
}
