import type { Push } from '../../ports/monitor-store.port.js';
import { objectIds } from './convert.js';
import type { Collections } from './documents.js';
import { isDuplicate } from './mongo-error.js';

export async function pushOne(
  { monitors, pushes }: Collections,
  token: string,
  push: Push,
): Promise<string | null> {
  if (token === '') return null; // Peekaping writes that for a monitor without one
  const found = await monitors.findOne({ type: 'push', push_token: token }, { projection: { _id: 1 } });
  if (!found) return null;
  const { _id } = found;
  try {
    await pushes.updateOne({ _id, at: { $lte: push.at } }, { $set: { ...push } }, { upsert: true });
  } catch (error) {
    if (!isDuplicate(error)) throw error; // a later one is there
  }
  return _id.toHexString();
}

export async function pushesOf({ pushes }: Collections, ids: readonly string[]): Promise<Map<string, Push>> {
  const wanted = objectIds(ids);
  if (wanted.length === 0) return new Map();
  const found = await pushes.find({ _id: { $in: wanted } }).toArray();
  return new Map(found.map(({ _id, ...push }) => [_id.toHexString(), push]));
}
