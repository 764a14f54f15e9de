import { Kysely, type Dialect } from 'kysely';
import type { Logger } from 'pino';
import { backoffMs } from '../../core/backoff.js';
import { systemClock } from '../../core/clock.js';
import { AppError } from '../../core/errors.js';
import { withDeadline } from '../../core/with-deadline.js';
import { databaseMetrics, type DatabaseMetrics } from '../database-metrics.js';
import type { DriverContext } from '../define-driver.js';
import type { StorageWatch } from '../storage-watch.js';
import { FailureLogs } from './failure-logs.js';
import { appErrorOf, shortErrorOf, isTrouble, SqlFailure } from './failure.js';
import type { Flavour } from './flavour.js';
import { PoolDriver } from './pool/pool-driver.js';
import { Pool } from './pool/pool.js';
import type { Connect } from './pool/raw-connection.js';
import type { Layout } from './schema/layout.js';
import type { Migration } from './schema/migrations.js';
import { prepareSchema } from './schema/prepare.js';
import type { Tables } from './schema/tables.js';

const BACKOFF = { baseMs: 200, capMs: 5_000 };
const RETRY = { baseMs: 20, capMs: 500 };
/** A transaction that others were in the way of, or a connection that was stale, is run again so often. */
const ATTEMPTS = { conflict: 8, duplicate: 8, lost: 2 } as const;
/** A call waits so long for the first connection. */
const READY_MS = 5_000;
/** A call waits so long for a connection to come free. */
const WAIT_MS = 5_000;
/** More than what the servers themselves allow a statement (server-address.ts). */
const STATEMENT_MS = 20_000;

/** What every query is made of. */
export interface Tools {
  db: Kysely<Tables>;
  flavour: Flavour;
  layout: Layout;
}

export interface LinkOptions {
  flavour: Flavour;
  connect: Connect;
  /** The most connections. */
  size: number;
  /** As messages name it: `peekaping at db:5432`, or the file. */
  place: string;
  /** Whether migrations are run. */
  mayMake: boolean;
  /** Of a file: whether its disk takes writes. */
  storage?: StorageWatch;
  /** Those of this version, unless a test says otherwise. */
  migrations?: readonly Migration[];
}

/** One database: its connections, its tables, and how it stands with them. */
export class SqlLink {
  private readonly pool: Pool;
  private readonly db: Kysely<Tables>;
  private readonly metrics: DatabaseMetrics;
  private readonly failures: FailureLogs;
  private readonly logger: Logger;
  private readonly closing = new AbortController();
  private failure: SqlFailure | null = null;
  private layout: Layout | undefined;
  private preparing: Promise<void> | undefined;
  private readonly underWay = new Set<Promise<unknown>>();

  constructor(
    private readonly options: LinkOptions,
    { logger, metrics }: Pick<DriverContext, 'logger' | 'metrics'>,
  ) {
    const { flavour, connect, size, place } = options;
    this.logger = logger.child({ driver: 'sql' });
    this.pool = new Pool({ size, connect, waitMs: WAIT_MS, statementMs: STATEMENT_MS });
    this.db = new Kysely<Tables>({ dialect: dialectOf(flavour, this.pool) });
    this.metrics = databaseMetrics(metrics, () => ({
      ...this.pool.counts,
      isConnected: this.layout !== undefined && this.failure === null,
    }));
    this.failures = new FailureLogs(this.logger, `The database ${place}`);
  }

  /** Connects in the background, for ever. What the first attempt came to, null when all is well or after `ms`. */
  async start(ms: number): Promise<SqlFailure | null> {
    this.preparing = this.prepare();
    const first = new Promise<void>((resolve) => (this.firstOver = resolve));
    await within(first, ms);
    return this.failure;
  }
  private firstOver: () => void = () => undefined;

  /** Why it cannot be used; null when it can, or nothing is known yet. */
  get trouble(): AppError | null {
    return this.failure && appErrorOf(this.failure, this.options.place);
  }

  /** Why nothing can be written although reads succeed. */
  get writeTrouble(): AppError | null {
    return this.options.storage?.trouble ?? null;
  }

  /** Runs what only reads. @throws AppError */
  read<T>(work: (tools: Tools) => Promise<T>): Promise<T> {
    return this.tracked(() => this.attempts(async () => work(await this.tools())));
  }

  /**
   * Runs `work` as one transaction, again when others were in its way: it must have no other effect. `again`: what was
   * committed may be done once more, so a lost answer is a lost connection. @throws AppError
   */
  write<T>(kind: 'once' | 'again', work: (tools: Tools) => Promise<T>): Promise<T> {
    const transaction = async (): Promise<T> => {
      const tools = await this.tools();
      const committed = tools.db.transaction().execute((db) => work({ ...tools, db }));
      return kind === 'once' ? committed : committed.catch(repeatable);
    };
    return this.tracked(() => this.attempts(transaction));
  }

  /** Takes nothing more; what is under way may take `deadlineMs`. Answers what was left. */
  async close(deadlineMs: number): Promise<string | null> {
    this.closing.abort();
    await within(Promise.allSettled(this.underWay), deadlineMs);
    const left = this.underWay.size;
    this.metrics.end();
    this.options.storage?.close();
    // A connection that is lent is closed when it comes back, which is bounded by the deadline of statements
    await within(Promise.all([this.preparing, this.db.destroy()]), 1_000);
    return left === 0 ? null : `${left} calls of the database were under way`;
  }

  private tracked<T>(work: () => Promise<T>): Promise<T> {
    if (this.closing.signal.aborted)
      return Promise.reject(appErrorOf(new SqlFailure('closed'), this.options.place));
    const call = this.told(work()).finally(() => this.underWay.delete(call));
    this.underWay.add(call);
    return call;
  }

  /** How it stands follows from every call. */
  private async told<T>(call: Promise<T>): Promise<T> {
    try {
      const answer = await call;
      this.succeeded();
      return answer;
    } catch (error) {
      if (!(error instanceof SqlFailure)) {
        if (error instanceof AppError && error.code !== 'MONITOR_STORE_UNAVAILABLE') this.succeeded();
        throw error;
      }
      this.failed(error);
      throw shortErrorOf(error, this.options.place);
    }
  }

  private async attempts<T>(work: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await work();
      } catch (error) {
        const most =
          error instanceof SqlFailure ? (ATTEMPTS as Record<string, number>)[error.kind] : undefined;
        if (most === undefined || attempt >= most) throw error;
        this.metrics.retried();
        await systemClock.sleep(backoffMs(attempt, RETRY));
      }
    }
  }

  /** @throws SqlFailure at once when it is known not to be usable, else after a bounded wait */
  private async tools(): Promise<Tools> {
    if (!this.layout && !this.failure) {
      const late = (): Error => new SqlFailure('away');
      await withDeadline(Promise.race([this.preparing, this.firstAttempt()]), READY_MS, late);
    }
    if (!this.layout) throw this.failure ?? new SqlFailure(this.closing.signal.aborted ? 'closed' : 'away');
    return { db: this.db, flavour: this.options.flavour, layout: this.layout };
  }

  private firstAttempt(): Promise<void> {
    return new Promise((resolve) => {
      const earlier = this.firstOver;
      this.firstOver = () => {
        earlier();
        resolve();
      };
    });
  }

  private async prepare(): Promise<void> {
    const { signal } = this.closing;
    for (let attempt = 1; !signal.aborted; attempt++) {
      try {
        this.layout = await prepareSchema(this.db, { ...this.options, logger: this.logger });
        this.succeeded();
        return this.firstOver();
      } catch (error) {
        this.failed(error instanceof SqlFailure ? error : new SqlFailure('other', error));
        if (this.failure) this.firstOver(); // others that migrate now are no news
      }
      await systemClock.sleep(backoffMs(attempt, BACKOFF), signal);
    }
  }

  private succeeded(): void {
    this.failure = null;
    this.failures.succeeded();
  }

  private noticed({ kind, cause }: SqlFailure): void {
    const said = cause instanceof Error ? cause.message : '';
    if (kind === 'full') this.options.storage?.failed('full', said);
    else if (kind === 'readonly' || /disk I\/O error/.test(said))
      this.options.storage?.failed('unusable', said);
  }

  private failed(failure: SqlFailure): void {
    if (this.closing.signal.aborted) return;
    this.metrics.failed(failure.kind);
    if (!isTrouble(failure)) return;
    this.noticed(failure);
    this.failure = failure;
    if (failure.kind !== 'tables' || !this.layout) return this.failures.failed(failure);
    this.layout = undefined; // somebody dropped a table: look again, make it or say how
    this.preparing = this.prepare();
  }
}

function repeatable(error: unknown): never {
  if (!(error instanceof SqlFailure) || error.kind !== 'unknown') throw error;
  throw new SqlFailure('lost', error.cause, 'It may have been done, and may be done again.');
}

/** Waits for `work`, but no longer. */
async function within(work: Promise<unknown>, ms: number): Promise<void> {
  await withDeadline(work, ms, () => new Error('late')).catch(() => undefined);
}

function dialectOf(flavour: Flavour, pool: Pool): Dialect {
  return {
    createAdapter: flavour.adapter,
    createQueryCompiler: flavour.compiler,
    createDriver: () => new PoolDriver(pool, flavour.begin),
    createIntrospector: () => {
      throw new Error('tables are looked up by Flavour.columns');
    },
  };
}
