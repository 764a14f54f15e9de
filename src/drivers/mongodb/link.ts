import { MongoClient, type MongoClientOptions, type TopologyDescription } from 'mongodb';
import type { Logger } from 'pino';
import { ConfigError } from '../../config/config-error.js';
import { backoffMs } from '../../core/backoff.js';
import { systemClock } from '../../core/clock.js';
import { AppError } from '../../core/errors.js';
import { FailureLog } from '../../core/failure-log.js';
import { isOverBy, withDeadline } from '../../core/with-deadline.js';
import { databaseMetrics, type DatabaseMetrics } from '../database-metrics.js';
import type { DriverContext } from '../define-driver.js';
import type { ConnectionSettings } from './connection-settings.js';
import { collectionsOf, type Collections } from './documents.js';
import { MIGRATIONS, missingIndexes } from './indexes.js';
import { migrate, NewerSchema, pending } from './migrate.js';
import { failureOf, isOfMongo, mongoError, type FailureKind, type MongoFailure } from './mongo-error.js';

const BACKOFF = { baseMs: 200, capMs: 5000 };
/** How long opening waits to hear that the database can be used, or cannot as it is. */
const FIRST_CONTACT_MS = 1000;

/** What no waiting mends. */
const FOR_GOOD: ReadonlySet<FailureKind> = new Set(['indexes', 'schema']);

const WRITABLE = new Set(['Standalone', 'RSPrimary', 'Mongos', 'LoadBalancer']);

/** `once`: must not be done twice, so a lost answer is told as OUTCOME_UNKNOWN. */
export type Kind = 'again' | 'once';

/** The connection to MongoDB: made in the background, for ever; the client itself finds a server that was lost. */
export class MongoLink {
  readonly place: string;
  private readonly client: MongoClient;
  private readonly collections: Collections;
  private readonly logger: Logger;
  private readonly log: FailureLog;
  private readonly metrics: DatabaseMetrics;
  private readonly closing = new AbortController();
  /** Aborts when the database was found usable, or not. */
  private readonly news = new AbortController();
  private readonly calls = new Set<Promise<unknown>>();
  private readonly ready: Promise<void>;
  private closed: Promise<string | null> | null = null;
  private topology: TopologyDescription | null = null;
  private failure: MongoFailure | null = null;
  private isPrepared = false;
  private readonly pool = { open: 0, used: 0, waiting: 0 };

  private constructor(
    private readonly settings: ConnectionSettings,
    private readonly sync: 'own' | 'off',
    context: DriverContext,
  ) {
    this.place = settings.place;
    this.logger = context.logger.child({ driver: 'mongodb' });
    this.log = new FailureLog(this.logger, `No use of MongoDB at ${this.place}`);
    this.metrics = databaseMetrics(context.metrics, () => ({
      isConnected: this.isPrepared && this.failure === null,
      ...this.pool,
    }));
    this.client = this.watched(settings.uri, settings.client);
    this.collections = collectionsOf(this.client.db(settings.database));
    this.ready = this.prepare();
  }

  /**
   * Waits 1 s at most for the server, and does not mind when it is away.
   * @throws ConfigError when the server answers, and a newer program made its collections, or with DB_SYNC=off indexes are missing
   */
  static async open(
    settings: ConnectionSettings,
    sync: 'own' | 'off',
    context: DriverContext,
  ): Promise<MongoLink> {
    const link = new MongoLink(settings, sync, context);
    await systemClock.sleep(FIRST_CONTACT_MS, link.news.signal);
    if (!link.failure || !FOR_GOOD.has(link.failure.kind)) return link;
    const { words, advice } = link.failure;
    await link.close(0);
    throw new ConfigError([`MongoDB at ${link.place} ${words}. ${advice}`]);
  }

  /** Why it cannot be used now; null when all is well or nothing is known yet. */
  get trouble(): AppError | null {
    return this.failure && mongoError(this.place, this.failure, false);
  }

  /** Runs `work` on the collections. @throws AppError what the port promises; of our own what `work` throws */
  async run<T>(kind: Kind, work: (collections: Collections) => Promise<T>): Promise<T> {
    if (this.closing.signal.aborted) throw shuttingDown();
    const call = this.attempt(kind, work);
    const noted = call.catch(() => undefined).finally(() => this.calls.delete(noted));
    this.calls.add(noted);
    return call;
  }

  /** Lets calls end, `deadlineMs` at most; answers what was left undone. */
  close(deadlineMs: number): Promise<string | null> {
    this.closed ??= this.end(performance.now() + deadlineMs);
    return this.closed;
  }

  private async end(deadline: number): Promise<string | null> {
    this.closing.abort();
    const isOver = await isOverBy(Promise.all(this.calls), deadline);
    const left = isOver ? null : `${this.calls.size} calls of MongoDB were under way`;
    this.metrics.end();
    await this.client.close(true);
    await this.ready;
    return left;
  }

  private async attempt<T>(kind: Kind, work: (collections: Collections) => Promise<T>): Promise<T> {
    if (!this.isPrepared) await this.untilReady();
    try {
      const answer = await work(this.collections);
      if (this.failure) this.look();
      return answer;
    } catch (error) {
      if (!isOfMongo(error)) throw error;
      const failure = failureOf(error);
      this.metrics.failed(failure.kind);
      this.logger.debug({ err: error }, `MongoDB at ${this.place} ${failure.words}`);
      throw mongoError(this.place, failure, kind === 'once');
    }
  }

  private async untilReady(): Promise<void> {
    const late = (): AppError =>
      this.trouble ?? mongoError(this.place, failureOf(new Error('timed out')), false);
    await withDeadline(this.ready, this.settings.readyMs, late);
    if (!this.isPrepared) throw shuttingDown();
  }

  /** Until the database can be used, or it is closed; never rejects. */
  private async prepare(): Promise<void> {
    const { signal } = this.closing;
    for (let attempt = 1; !signal.aborted; attempt += 1) {
      try {
        await this.client.connect();
        await this.collections.db.command({ ping: 1 });
        await this.synced();
        this.isPrepared = true;
        this.works();
        return;
      } catch (error) {
        if (!signal.aborted) this.fails(preparing(error));
      }
      await systemClock.sleep(backoffMs(attempt, BACKOFF), signal);
    }
  }

  private async synced(): Promise<void> {
    if (this.sync === 'own') return migrate(this.collections, this.closing.signal);
    await pending(this.collections, MIGRATIONS);
    const commands = await missingIndexes(this.collections, MIGRATIONS);
    if (commands.length > 0) throw new MissingIndexes(commands);
  }

  private watched(uri: string, options: MongoClientOptions): MongoClient {
    const client = new MongoClient(uri, options);
    this.count(client);
    client.on('topologyDescriptionChanged', ({ newDescription }) => {
      this.topology = newDescription;
      this.look();
    });
    client.on('serverHeartbeatFailed', () => this.look());
    return client;
  }

  private count(client: MongoClient): void {
    const { pool } = this;
    client.on('connectionCreated', () => (pool.open += 1));
    client.on('connectionClosed', () => (pool.open -= 1));
    client.on('connectionCheckOutStarted', () => (pool.waiting += 1));
    client.on('connectionCheckOutFailed', () => (pool.waiting -= 1));
    client.on('connectionCheckedOut', () => {
      pool.waiting -= 1;
      pool.used += 1;
    });
    client.on('connectionCheckedIn', () => (pool.used -= 1));
  }

  /** What the client knows of the servers, once the database was in use. */
  private look(): void {
    if (!this.isPrepared || !this.topology || this.closing.signal.aborted) return;
    const servers = [...this.topology.servers.values()];
    if (servers.some(({ type }) => WRITABLE.has(type))) this.works();
    else this.fails(failureOf(servers.find(({ error }) => error)?.error ?? new Error(this.topology.type)));
  }

  private works(): void {
    this.failure = null;
    this.log.succeeded();
    this.news.abort();
  }

  private fails(failure: MongoFailure): void {
    this.failure = failure;
    this.metrics.failed(failure.kind);
    this.log.failed(`it ${failure.words}`, failure.advice);
    this.news.abort();
  }
}

function shuttingDown(): AppError {
  return new AppError('SHUTTING_DOWN', 'This process is stopping: ask another one.');
}

function preparing(error: unknown): MongoFailure {
  if (error instanceof MissingIndexes) return error.failure;
  if (!(error instanceof NewerSchema)) return failureOf(error);
  return {
    kind: 'schema',
    words: `has collections of version ${error.found}, and this program knows version ${error.known}`,
    advice: 'Start the newer program, or name another database.',
  };
}

/** With DB_SYNC=off. */
class MissingIndexes extends Error {
  readonly failure: MongoFailure;
  constructor(commands: readonly string[]) {
    super('indexes are missing');
    this.failure = {
      kind: 'indexes',
      words: 'lacks indexes, and DB_SYNC=off makes none',
      advice: `Set DB_SYNC=own, or run in mongosh: ${commands.join('; ')}`,
    };
  }
}
