import type { Redis } from 'ioredis';
import { decodeMessage } from '../../../src/asynq/codec.js';

/** What lies in Redis of a queue, by the rest of the key's name: type, whether it ends by itself, and content. */
export type QueueKeys = Record<string, { type: string; expires: boolean; content: unknown }>;

/** Seconds, rounded so that two runs of one test agree: their distance from now in half hours. */
const fromNow = (seconds: number): string =>
  `now + ${Math.round((seconds - Date.now() / 1000) / 1800)} x 30 min`;

/**
 * All keys of the queue, in a form in which two queues that went through the same are equal.
 * `apart` is a field of the tasks to leave out.
 */
export async function keysOf(redis: Redis, queue: string, apart?: string): Promise<QueueKeys> {
  const found: QueueKeys = {};
  for (const key of (await redis.keys(`asynq:{${queue}}:*`)).sort()) {
    const type = await redis.type(key);
    const expires = (await redis.ttl(key)) > 0;
    const content = await contentOf(redis, key, type, apart);
    found[key.slice(`asynq:{${queue}}:`.length)] = { type, expires, content };
  }
  return JSON.parse(JSON.stringify(found).replaceAll(queue, 'q')) as QueueKeys;
}

async function contentOf(redis: Redis, key: string, type: string, apart?: string): Promise<unknown> {
  if (type === 'list') return redis.lrange(key, 0, -1);
  if (type === 'zset') return scored(await redis.zrange(key, '0', '-1', 'WITHSCORES'));
  if (type === 'hash') return { ...fieldsOf(await redis.hgetallBuffer(key)), [apart ?? '']: '' };
  const text = (await redis.get(key)) ?? '';
  return key.endsWith(':paused') ? fromNow(Number(text)) : text;
}

function scored(flat: string[]): Record<string, string> {
  const members: Record<string, string> = {};
  for (let i = 0; i < flat.length; i += 2) members[flat[i]!] = fromNow(Number(flat[i + 1]));
  return members;
}

function fieldsOf({ msg, ...fields }: Record<string, Buffer>): Record<string, unknown> {
  const found: Record<string, unknown> = { msg: messageOf(msg!) };
  for (const [name, value] of Object.entries(fields))
    found[name] = name === 'pending_since' ? fromNow(Number(value.toString()) / 1e9) : value.toString();
  return found;
}

function messageOf(bytes: Buffer): Record<string, unknown> {
  const message = decodeMessage(bytes);
  return {
    ...message,
    payload: message.payload.toString(),
    lastFailedAt: message.lastFailedAt && fromNow(message.lastFailedAt),
    completedAt: message.completedAt && fromNow(message.completedAt),
    deadline: message.deadline && fromNow(message.deadline),
  };
}
