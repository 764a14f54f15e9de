import type { Redis } from 'ioredis';
import type { Registry } from 'prom-client';
import { ConfigError } from '../../config/config-error.js';
import type { ErrorCode } from '../../core/errors.js';
import type { DriverContext } from '../define-driver.js';
import { Connection, type ConnectionParts } from './connection.js';
import { connectionSettings } from './connection-settings.js';
import { redisMetrics } from './metrics.js';
import type { RedisFailure } from './meanings.js';
import { failureOf, isOfRedis, redisError } from './redis-error.js';
import { redisVariables, type RedisOptions } from './redis.variables.js';
import { isForGood } from './server-check.js';
import { Subscriber } from './subscriber.js';

/** How long opening waits to hear that the server cannot be used at all. */
const FIRST_CONTACT_MS = 1000;

/** A driver's options may have more, which are no matter of the connection. */
const redisNames = Object.keys(redisVariables.shape) as (keyof RedisOptions)[];

/** The links that a process has open (a process has one registry), by their options. */
const open = new WeakMap<Registry, Map<string, Promise<RedisLink>>>();

/** The connections to one Redis, shared by all ports of this process that name it: the first opens, the last closes. */
export class RedisLink {
  readonly subscriber: Subscriber;
  private readonly listeners = new Set<() => void>();
  private readonly commands: Connection;
  private readonly metrics;
  private users = 0;

  private constructor(
    private readonly parts: Omit<ConnectionParts, 'name' | 'metrics' | 'onReady'>,
    registry: Registry,
    private readonly forget: () => void,
  ) {
    this.metrics = redisMetrics(registry, () => [
      { name: 'commands', isReady: this.commands.trouble === null },
      { name: 'subscriptions', isReady: this.subscriber.isReady },
    ]);
    const onReady = (): void => {
      for (const listener of [...this.listeners]) listener();
    };
    this.commands = this.connection('commands', onReady);
    this.subscriber = new Subscriber((ready) => this.connection('subscriptions', ready), parts.logger);
    this.commands.start();
  }

  /**
   * Waits 1 s at most for the server, and does not mind when it is away.
   * @throws ConfigError when the server answers and can never be used, or a file of REDIS_SSL_ cannot be read
   */
  static async open(options: RedisOptions, context: DriverContext): Promise<RedisLink> {
    const links = open.get(context.metrics) ?? new Map<string, Promise<RedisLink>>();
    open.set(context.metrics, links);
    const key = JSON.stringify(redisNames.map((name) => options[name]));
    const opening = links.get(key) ?? RedisLink.begin(options, context, () => links.delete(key));
    links.set(key, opening);
    const link = await opening;
    link.users += 1;
    return link;
  }

  private static async begin(
    options: RedisOptions,
    { logger, metrics }: DriverContext,
    forget: () => void,
  ): Promise<RedisLink> {
    try {
      const settings = await connectionSettings(options);
      const { Redis: Client } = await import('ioredis');
      const log = logger.child({ driver: 'redis' });
      const parts = { ...settings, Client, logger: log, warn: onceEach((sentence) => log.warn(sentence)) };
      const link = new RedisLink(parts, metrics, forget);
      await link.firstContact();
      return link;
    } catch (error) {
      forget();
      throw error;
    }
  }

  /** The connection for commands. They are sent together where many begin at once; none is sent twice, none waits. */
  get redis(): Redis {
    return this.commands.redis;
  }

  /** `host:port`, or the primary's name, for messages. */
  get place(): string {
    return this.parts.place;
  }

  /** Why it cannot be used now; null when it can. */
  get trouble(): RedisFailure | null {
    return this.commands.trouble;
  }

  /** Told each time the connection was made and the server looked at. Must not throw. The answer ends it. */
  onReady(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /**
   * Runs `command`. Fails at once when Redis cannot be used, and within REDIS_COMMAND_TIMEOUT_MS when it is silent: then
   * nobody knows whether it was done.
   * @throws AppError `code` in place of what ioredis throws, STORAGE_FULL for maxmemory; any other error as it is
   */
  async run<T>(code: ErrorCode, command: (redis: Redis) => Promise<T>): Promise<T> {
    const { trouble } = this;
    if (trouble) {
      this.metrics.failed(trouble.kind);
      throw redisError(code, this.place, trouble);
    }
    try {
      return await command(this.redis);
    } catch (error) {
      if (!isOfRedis(error)) throw error;
      const failure = failureOf(error);
      if (failure.kind === 'timeout') this.metrics.failed(failure.kind);
      throw redisError(code, this.place, failure);
    }
  }

  /** This user is done; the last one closes: what is in flight may take `deadlineMs`. */
  async release(deadlineMs: number): Promise<void> {
    this.users -= 1;
    if (this.users > 0) return;
    this.forget();
    await this.close(deadlineMs);
  }

  private async close(deadlineMs: number): Promise<void> {
    this.metrics.end();
    await Promise.all([this.subscriber.close(deadlineMs), this.commands.close(deadlineMs)]);
  }

  private connection(name: string, onReady: () => void): Connection {
    const { client } = this.parts;
    const isForCommands = name === 'commands';
    return new Connection({
      ...this.parts,
      name,
      client: {
        ...client,
        enableAutoPipelining: isForCommands,
      },
      metrics: this.metrics,
      onReady,
    });
  }

  private async firstContact(): Promise<void> {
    await this.commands.known(FIRST_CONTACT_MS);
    const { trouble } = this;
    if (!trouble || !isForGood(trouble)) return;
    await this.close(0);
    throw new ConfigError([`Redis at ${this.place} ${trouble.words}. ${trouble.advice}`]);
  }
}

/** Says each sentence once. */
function onceEach(say: (sentence: string) => void): (sentence: string) => void {
  const said = new Set<string>();
  return (sentence) => {
    if (!said.has(sentence)) say(sentence);
    said.add(sentence);
  };
}
