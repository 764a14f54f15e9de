import { ObjectId } from 'mongodb';
import { newState, type NewAlert, type QuietMonitor } from '../../ports/monitor-store.port.js';
import { commitAll, type Change } from './commit.js';
import { isId, monitorOf } from './convert.js';
import type { Collections, MonitorDoc, OwnDoc, StateDoc } from './documents.js';

/** As many are looked at at once: two collections are joined here. */
const CHUNK = 1000;
/** Silent for so many intervals is quiet. */
const INTERVALS = 3;

const FIELDS = { interval: 1, created_at: 1, updated_at: 1 } as const;

export async function quietOf(
  collections: Collections,
  now: number,
  after: string | null,
  limit: number,
): Promise<QuietMonitor[]> {
  if (after !== null && !isId(after)) return [];
  const found: QuietMonitor[] = [];
  let from = after === null ? {} : { _id: { $gt: new ObjectId(after) } };
  while (found.length < limit) {
    const filter = { active: true, ...from };
    const docs = await collections.monitors
      .find(filter, { projection: FIELDS })
      .sort({ _id: 1 })
      .limit(CHUNK)
      .toArray();
    if (docs.length === 0) break;
    found.push(...(await quietAmong(collections, docs, now)));
    from = { _id: { $gt: docs.at(-1)!._id } };
  }
  return found.slice(0, limit);
}

async function quietAmong(
  collections: Collections,
  docs: readonly MonitorDoc[],
  now: number,
): Promise<QuietMonitor[]> {
  const some = { _id: { $in: docs.map(({ _id }) => _id) } };
  const fields = { projection: { lastAt: 1, silentSince: 1 } };
  const states = byId(await collections.states.find(some, fields).toArray());
  const quiet = docs.filter((doc) => {
    const state = states.get(doc._id.toHexString());
    const isSilent = (state?.silentSince ?? null) !== null;
    return !isSilent && lastAt(doc, state) + INTERVALS * 1000 * Number(doc.interval) <= now;
  });
  if (quiet.length === 0) return [];
  const own = byId(await collections.own.find({ _id: { $in: quiet.map(({ _id }) => _id) } }).toArray());
  return quiet.map((doc) => {
    const id = doc._id.toHexString();
    return { ...view(doc, own.get(id)), lastAt: lastAt(doc, states.get(id)) };
  });
}

function byId<T extends { _id: ObjectId }>(docs: readonly T[]): Map<string, T> {
  return new Map(docs.map((doc) => [doc._id.toHexString(), doc]));
}

function lastAt(doc: MonitorDoc, state: Pick<StateDoc, 'lastAt'> | undefined): number {
  return Math.max(monitorOf(doc).updatedAt, state?.lastAt ?? 0);
}

function view(doc: MonitorDoc, own: OwnDoc | undefined): Omit<QuietMonitor, 'lastAt'> {
  const { id, interval, cron, timezone } = monitorOf(doc, own);
  return { id, interval, cron, timezone };
}

/** Each with its alert at once; who was marked meanwhile is left as it is. */
export async function markAll(collections: Collections, alerts: readonly NewAlert[]): Promise<number> {
  const byMonitor = new Map(alerts.map((alert) => [alert.monitorId, alert]));
  const made = await commitAll(collections, [...byMonitor.keys()], (states) => {
    const changes = new Map<string, Change>();
    for (const [id, state] of states) {
      const alert = byMonitor.get(id)!;
      if (state && state.silentSince !== null) continue;
      const marked = { ...(state ?? newState()), silentSince: alert.at };
      changes.set(id, { state: marked, results: [], alerts: [alert] });
    }
    return Promise.resolve(changes);
  });
  return made.size;
}
