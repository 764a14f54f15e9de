import type { CompiledQuery, DatabaseConnection, Driver, QueryResult } from 'kysely';
import { SqlFailure } from '../failure.js';
import type { Lease, Pool } from './pool.js';

/** A lease as Kysely sees it. */
class PooledConnection implements DatabaseConnection {
  constructor(readonly lease: Lease) {}

  async executeQuery<R>({ sql, parameters }: CompiledQuery): Promise<QueryResult<R>> {
    const { rows, changed } = await this.lease.query(sql, parameters);
    return { rows: rows as R[], numAffectedRows: BigInt(changed) };
  }

  // eslint-disable-next-line require-yield, @typescript-eslint/require-await
  async *streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
    throw new Error('statements are not streamed');
  }
}

/** Kysely's driver on a Pool: transactions only. `begin`: what begins one that writes. */
export class PoolDriver implements Driver {
  constructor(
    private readonly pool: Pool,
    private readonly begin: string,
  ) {}

  async init(): Promise<void> {}

  async acquireConnection(): Promise<PooledConnection> {
    return new PooledConnection(await this.pool.acquire());
  }

  async beginTransaction({ lease }: PooledConnection): Promise<void> {
    await lease.query(this.begin, []);
  }

  /** @throws SqlFailure `unknown` when no answer came */
  async commitTransaction({ lease }: PooledConnection): Promise<void> {
    try {
      await lease.query('commit', []);
    } catch (error) {
      const { kind, cause } = error as SqlFailure;
      throw kind === 'lost' || kind === 'timeout' ? new SqlFailure('unknown', cause) : error;
    }
  }

  /** A connection that cannot go back is dropped, and its transaction with it. */
  async rollbackTransaction({ lease }: PooledConnection): Promise<void> {
    if (lease.isUsable) await lease.query('rollback', []).catch(() => lease.drop());
  }

  releaseConnection({ lease }: PooledConnection): Promise<void> {
    this.pool.release(lease);
    return Promise.resolve();
  }

  destroy(): Promise<void> {
    return this.pool.close();
  }
}
