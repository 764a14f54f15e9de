import type { Redis } from 'ioredis';
import { decodeServerInfo, decodeWorkerInfo, type ServerInfo, type WorkerInfo } from './codec-records.js';
import { TaskDamagedError } from './errors.js';
import { ALL_SERVERS, ALL_WORKERS, unixSeconds } from './keys.js';

/** Told of a record that is left out. */
type Damaged = (reason: string) => void;

export async function readServers(redis: Redis, now: number, damaged: Damaged): Promise<ServerInfo[]> {
  const keys = await redis.zrangebyscore(ALL_SERVERS, unixSeconds(now), '+inf');
  const records = await Promise.all(keys.map((key) => orNull(redis.getBuffer(key))));
  return decoded(
    records.filter((record) => record !== null),
    decodeServerInfo,
    damaged,
  );
}

export async function readWorkers(redis: Redis, now: number, damaged: Damaged): Promise<WorkerInfo[]> {
  const keys = await redis.zrangebyscore(ALL_WORKERS, unixSeconds(now), '+inf');
  const records = await Promise.all(keys.map((key) => orNull(redis.hvalsBuffer(key))));
  return decoded(
    records.flatMap((each) => each ?? []),
    decodeWorkerInfo,
    damaged,
  );
}

function decoded<T>(records: Buffer[], decode: (bytes: Buffer) => T, damaged: Damaged): T[] {
  const good: T[] = [];
  for (const record of records) {
    try {
      good.push(decode(record));
    } catch (error) {
      if (!(error instanceof TaskDamagedError)) throw error;
      damaged(error.reason);
    }
  }
  return good;
}

/** A key of another type is no record. */
function orNull<T>(answer: Promise<T>): Promise<T | null> {
  return answer.catch((error: unknown) => {
    if (error instanceof Error && error.message.startsWith('WRONGTYPE')) return null;
    throw error;
  });
}
