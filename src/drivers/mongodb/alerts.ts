import type { Alert } from '../../ports/monitor-store.port.js';
import type { AlertDoc, Collections } from './documents.js';

export async function takeAll({ alerts }: Collections, limit: number, leaseMs: number): Promise<Alert[]> {
  const taken: Alert[] = [];
  const now = Date.now(); // one moment for all, so that a short lease does not bring the same one again
  while (taken.length < limit) {
    const found = await alerts.findOneAndUpdate(
      { settled: false, nextAt: { $lte: now } },
      { $set: { nextAt: now + leaseMs }, $inc: { attempts: 1 } },
      { sort: { at: 1 }, returnDocument: 'before' },
    );
    if (!found) break;
    taken.push(alertOf(found));
  }
  return taken;
}

function alertOf({ _id, monitorId, settled, nextAt, ...alert }: AlertDoc): Alert {
  void [settled, nextAt];
  return { ...alert, id: _id, monitorId: monitorId.toHexString() };
}

export async function settleOne({ alerts }: Collections, id: string, nextAt: number | null): Promise<void> {
  await alerts.updateOne({ _id: id }, { $set: nextAt === null ? { settled: true } : { nextAt } });
}
