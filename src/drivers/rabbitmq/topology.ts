import { randomUUID } from 'node:crypto';
import type { Options } from 'amqplib';
import type { Subscription } from '../../ports/message-exchange.port.js';

/** Looking at a dead letter counts as handing it out; it must never be dropped for that. */
const NEVER = 1_000_000_000;

export interface QueuePlan {
  name: string;
  options: Options.AssertQueue;
}

export interface ExchangePlan {
  name: string;
  type: 'topic' | 'direct' | 'fanout';
  options: Options.AssertExchange;
}

export interface Binding {
  queue: string;
  exchange: string;
  key: string;
}

/** A queue whose messages go to `returns` when their time is over, and where to publish what is to wait in it. */
export interface DelayPlan {
  queue: QueuePlan;
  exchange: string;
  routingKey: string;
}

/** What a process has for itself alone, beside its temporary queue. */
export interface OwnPlan {
  /** Leads what has waited to the process that it belongs to; what belongs to nobody any more goes to the dead letters. */
  back: ExchangePlan;
  /** So long the queue of returns stays without a consumer, milliseconds. */
  expireMs: number;
}

/** Everything on the broker that one subscription needs. */
export interface Topology {
  exchange: string;
  bindings: readonly string[];
  /** Bound to `exchange`; consumed. */
  main: QueuePlan;
  /** Where retries and resends come back to: `main`, or a durable queue beside a temporary one; consumed too. */
  returns: QueuePlan;
  /** A fanout exchange, and the queue bound to it. */
  dlx: string;
  dead: QueuePlan;
  /** By delay in milliseconds, ascending. */
  delays: ReadonlyMap<number, DelayPlan>;
  /** Null where `main` is durable and shared. */
  own: OwnPlan | null;
}

export interface TopologyLimits {
  deliveryLimit: number;
  /** See OwnPlan. */
  expireMs: number;
}

/** Names and arguments, from those of the subscription; what is of one process only gets a new name each time. */
export function topologyOf(subscription: Subscription, limits: TopologyLimits): Topology {
  const { exchange, queue, bindings } = subscription;
  const base = queue ?? exchange;
  const shared = {
    exchange,
    bindings,
    dlx: `${base}.dlx`,
    dead: quorum(`${base}.dead`, { 'x-delivery-limit': NEVER }),
  };
  return queue === null
    ? { ...shared, ...ownParts(subscription, shared.dlx, limits.expireMs) }
    : { ...shared, ...sharedParts(queue, subscription, shared.dlx, limits.deliveryLimit) };
}

function sharedParts(queue: string, { retryDelaysMs }: Subscription, dlx: string, deliveryLimit: number) {
  const main = quorum(queue, { ...deadLettering(dlx), 'x-delivery-limit': deliveryLimit });
  const delay = (ms: number): DelayPlan => {
    const name = `${queue}.retry.${ms}`;
    const plan = quorum(name, { ...deadLettering('', queue), 'x-message-ttl': ms });
    return { queue: plan, exchange: '', routingKey: name };
  };
  return { main, returns: main, delays: byDelay(retryDelaysMs, delay), own: null };
}

/**
 * The delay queues are shared by all processes of the exchange and stay; a message in one has as its routing key the
 * queue that it returns to, which is of one process. A quorum queue that nobody consumes cannot be of one process: its
 * `x-expires` counts from its making, whatever waits in it, and no declaration renews it (RabbitMQ, issue 5894).
 */
function ownParts({ exchange, retryDelaysMs }: Subscription, dlx: string, expireMs: number) {
  const back: ExchangePlan = {
    name: returnsOf(exchange),
    type: 'direct',
    options: { durable: true, alternateExchange: dlx },
  };
  // A message that ends its process does so once: the next process has another queue.
  const life = { 'x-delivery-limit': NEVER, 'x-expires': expireMs };
  const returns = quorum(`${back.name}.${randomUUID()}`, { ...deadLettering(dlx), ...life });
  const delay = (ms: number): DelayPlan => {
    const name = `${waitsOf(exchange)}${ms}`;
    const plan = quorum(name, { ...deadLettering(back.name), 'x-message-ttl': ms });
    return { queue: plan, exchange: name, routingKey: returns.name };
  };
  const delays = byDelay(retryDelaysMs, delay);
  return { main: temporary(exchange, dlx), returns, delays, own: { back, expireMs } };
}

function byDelay(delaysMs: readonly number[], plan: (ms: number) => DelayPlan) {
  return new Map(delaysMs.map((ms) => [ms, plan(ms)]));
}

function returnsOf(exchange: string): string {
  return `${exchange}.returned`;
}

function waitsOf(exchange: string): string {
  return `${exchange}.wait.`;
}

/** Whether a queue or exchange of this name is one that leads back to a process of `exchange`, with a temporary queue. */
export function leadsBack(name: string, exchange: string): boolean {
  const returns = returnsOf(exchange);
  return name === returns || [`${returns}.`, waitsOf(exchange)].some((start) => name.startsWith(start));
}

/** In the order in which they are declared: each comes after those that it refers to. */
export function exchangesOf({ exchange, dlx, delays, own }: Topology): ExchangePlan[] {
  const durable = (name: string, type: ExchangePlan['type']): ExchangePlan => ({
    name,
    type,
    options: { durable: true },
  });
  const waits = own ? [...delays.values()].map((delay) => durable(delay.exchange, 'fanout')) : [];
  return [durable(exchange, 'topic'), durable(dlx, 'fanout'), ...(own ? [own.back] : []), ...waits];
}

/** Each once. */
export function queuesOf({ dead, returns, main, delays }: Topology): QueuePlan[] {
  return [...new Set([dead, returns, main, ...[...delays.values()].map(({ queue }) => queue)])];
}

/** `main` is bound last: nothing comes before the ways are open that it may take. */
export function bindingsOf({
  exchange,
  bindings,
  dead,
  dlx,
  delays,
  returns,
  main,
  own,
}: Topology): Binding[] {
  const waits = [...delays.values()].map((delay) => ({
    queue: delay.queue.name,
    exchange: delay.exchange,
    key: '',
  }));
  const ways = own ? [{ queue: returns.name, exchange: own.back.name, key: returns.name }, ...waits] : [];
  const taken = bindings.map((key) => ({ queue: main.name, exchange, key }));
  return [{ queue: dead.name, exchange: dlx, key: '' }, ...ways, ...taken];
}

/** Ends with its connection, not with its consumer, which a pause cancels. */
export function temporary(exchange: string, dlx: string): QueuePlan {
  return {
    name: `${exchange}.${randomUUID()}`,
    options: { durable: false, exclusive: true, arguments: { 'x-dead-letter-exchange': dlx } },
  };
}

/** Replicated, and on disk before it is confirmed. */
function quorum(name: string, more: Record<string, unknown>): QueuePlan {
  return { name, options: { durable: true, arguments: { 'x-queue-type': 'quorum', ...more } } };
}

/** A message leaves only when the next queue has confirmed it; that needs the overflow to be reject-publish. */
function deadLettering(exchange: string, routingKey?: string): Record<string, unknown> {
  return {
    'x-dead-letter-exchange': exchange,
    ...(routingKey !== undefined && { 'x-dead-letter-routing-key': routingKey }),
    'x-dead-letter-strategy': 'at-least-once',
    'x-overflow': 'reject-publish',
  };
}

/** Where a message waits so long: by the subscription's own delay, else the next longer one, else the longest. */
export function delayFor({ delays }: Topology, delayMs: number): DelayPlan | undefined {
  const all = [...delays.entries()];
  return (all.find(([ms]) => ms >= delayMs) ?? all.at(-1))?.[1];
}
