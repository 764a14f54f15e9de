import { Random } from '../../support/failover/random.js';
import { seedOf } from '../settings.js';
import type { Malformed } from './malformed/frames.js';
import { mutate } from './mutations.js';
import type { Conversation, Script } from './script.js';

/** How one hostile server differs from the good one; failures print `name`. */
export interface Case {
  name: string;
  conversation: (good: Conversation) => Conversation;
}

/** This part of the cases sends malformed frames; the others are mutations. */
const MALFORMED_PART = 0.5;

/** The same cases for the same seed. Known frames come first, each in the place of each reply of the good conversation. */
export function casesOf(protocol: string, malformed: Malformed, good: Conversation, count: number): Case[] {
  const random = new Random(seedOf(protocol));
  const known = framesAtEachReply(malformed.known, good, 'known');
  const others = random.shuffled(framesAtEachReply(malformed.others, good, 'other'));
  const frames = [...known, ...others].slice(0, Math.max(known.length, Math.floor(count * MALFORMED_PART)));
  const mutations = Array.from({ length: count - frames.length }, (_, index) => mutation(protocol, index));
  return [...frames, ...mutations];
}

function mutation(protocol: string, index: number): Case {
  const name = `mutation ${index}`;
  return { name, conversation: (good) => mutate(good, new Random(seedOf(`${protocol} ${name}`))) };
}

function framesAtEachReply(frames: readonly Buffer[], good: Conversation, family: string): Case[] {
  return frames.flatMap((frame, index) =>
    good.flatMap((script, connection) =>
      Array.from({ length: Math.max(1, script.replies.length) }, (_, reply) => ({
        name: `${family} frame ${index} (${frame.subarray(0, 12).toString('hex')}), connection ${connection}, reply ${reply}`,
        conversation: (each: Conversation) => replaceReply(each, { connection, reply, frame }),
      })),
    ),
  );
}

interface Place {
  connection: number;
  reply: number;
  frame: Buffer;
}

/** Sends the frame in the place of a reply, and nothing after it: the client waits in vain. */
function replaceReply(good: Conversation, { connection, reply, frame }: Place): Conversation {
  return good.map((script, index): Script => {
    if (index !== connection) return script;
    const { after = 0 } = script.replies[reply] ?? {};
    return {
      replies: [...script.replies.slice(0, reply), { after, bytes: frame }],
      end: frame.length === 0 ? 'fin' : 'open',
      piece: 0,
    };
  });
}
