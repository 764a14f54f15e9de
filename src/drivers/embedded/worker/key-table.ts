import type { DatabaseSyncInstance, StatementSyncInstance } from '@photostructure/sqlite';
import type { Claim, SettledSend } from '../../../ports/idempotency-store.port.js';
import type { Exchanges, KeyEntry } from '../protocol.js';

type State = 'pending' | 'settled' | 'unknown';

interface KeyRow {
  fingerprint: string;
  state: State;
  send: string | null;
  expires_at: number;
}

/** However far above its bound the table is, one claim drops no more than so many keys. */
const EVICT_MOST = 100;

/** The table of idempotency keys. Every method runs within a transaction of the caller's. */
export class KeyTable {
  private count = 0;
  private readonly select: StatementSyncInstance;
  private readonly insert: StatementSyncInstance;
  private readonly remove: StatementSyncInstance;
  private readonly expire: StatementSyncInstance;
  private readonly evict: StatementSyncInstance;
  private readonly counted: StatementSyncInstance;

  constructor(
    db: DatabaseSyncInstance,
    private readonly maxKeys: number,
    private readonly owner: string,
  ) {
    this.select = db.prepare('SELECT fingerprint, state, send, expires_at FROM keys WHERE key = ?');
    this.insert = db.prepare(
      'INSERT INTO keys (key, fingerprint, state, owner, send, created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?)',
    );
    this.remove = db.prepare('DELETE FROM keys WHERE key = ?');
    const some = (condition: string) =>
      db.prepare(
        `DELETE FROM keys WHERE id IN (SELECT id FROM keys WHERE state <> 'pending' ${condition} LIMIT ?)`,
      );
    this.expire = some('AND expires_at <= ? ORDER BY expires_at');
    this.evict = some('ORDER BY id');
    this.counted = db.prepare('SELECT count(*) AS count FROM keys');
    // Who held these died without settling them.
    db.prepare("UPDATE keys SET state = 'unknown' WHERE state = 'pending' AND owner <> ?").run(owner);
    this.recount();
  }

  /** What was remembered may never have been committed. */
  recount(): void {
    this.count = (this.counted.get() as { count: number }).count;
  }

  /**
   * The asking side has no claim of its own on the key. A row that is pending all the same is left from a claim whose
   * answer never arrived, so that nothing was done under it.
   */
  claim({ durable, inMemory, ...entry }: Exchanges['claim']['ask']): Claim | 'full' {
    const row = this.select.get(entry.key) as KeyRow | undefined;
    if (row && row.state !== 'pending' && row.expires_at > entry.now) return claimOf(row, entry.fingerprint);
    if (row) this.drop(entry.key);
    if (!this.makeRoom(inMemory)) return 'full';
    if (durable) this.put(entry, 'pending', null);
    return { state: 'claimed' };
  }

  /** The first settlement stays. */
  settle({ send, ...entry }: KeyEntry & { send: SettledSend }): void {
    if (!this.isSettled(entry)) this.put(entry, 'settled', JSON.stringify(send));
  }

  /** A settlement stays: the log may have known more than who gave up. */
  abandon(entry: KeyEntry): void {
    if (!this.isSettled(entry)) this.put(entry, 'unknown', null);
  }

  release(key: string): void {
    const row = this.select.get(key) as KeyRow | undefined;
    if (row?.state === 'pending') this.drop(key);
  }

  sweep({ now, inMemory, limit }: Exchanges['sweep']['ask']): number {
    const expired = Number(this.expire.run(now, limit).changes);
    this.count -= expired;
    const above = Math.min(limit, this.count + inMemory - this.maxKeys);
    return expired + (above > 0 ? this.evictSome(above) : 0);
  }

  private isSettled({ key, now }: KeyEntry): boolean {
    const row = this.select.get(key) as KeyRow | undefined;
    return row?.state === 'settled' && row.expires_at > now;
  }

  private put({ key, fingerprint, expiresAt, now }: KeyEntry, state: State, send: string | null): void {
    this.drop(key);
    this.insert.run(key, fingerprint, state, this.owner, send, now, expiresAt);
    this.count += 1;
  }

  private drop(key: string): void {
    this.count -= Number(this.remove.run(key).changes);
  }

  /** True when one more key fits, the oldest that are not in progress gone for it. */
  private makeRoom(inMemory: number): boolean {
    const above = this.count + inMemory + 1 - this.maxKeys;
    return above <= 0 || this.evictSome(Math.min(above, EVICT_MOST)) > 0;
  }

  private evictSome(most: number): number {
    const evicted = Number(this.evict.run(most).changes);
    this.count -= evicted;
    return evicted;
  }
}

function claimOf({ fingerprint, state, send }: KeyRow, asked: string): Claim {
  if (fingerprint !== asked) return { state: 'mismatch' };
  if (state !== 'settled' || send === null) return { state: 'unknown' };
  return { state: 'settled', send: JSON.parse(send) as SettledSend };
}
