import type { Collections } from './documents.js';

/** The moment by the server's clock, milliseconds since the Unix epoch. `isMaster` is what every server knows. */
export async function serverNow({ db }: Collections): Promise<number> {
  const { localTime } = await db.command({ isMaster: 1 });
  return localTime instanceof Date ? localTime.getTime() : Date.now();
}
