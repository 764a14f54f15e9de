import { randomUUID } from 'node:crypto';
import type { Options } from 'amqplib';
import type { Subscription } from '../../ports/message-exchange.port.js';

/** Looking at a dead letter counts as handing it out; it must never be dropped for that. */
const NEVER = 1_000_000_000;

export interface QueuePlan {
  name: string;
  options: Options.AssertQueue;
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
  delays: ReadonlyMap<number, QueuePlan>;
}

/** Names and arguments, from those of the subscription; a temporary queue gets a new name each time. */
export function topologyOf(subscription: Subscription, deliveryLimit: number): Topology {
  const { exchange, queue, bindings, retryDelaysMs } = subscription;
  const base = queue ?? exchange;
  const dlx = `${base}.dlx`;
  const durable = (name: string) =>
    quorum(name, { ...deadLettering(dlx), 'x-delivery-limit': deliveryLimit });
  const returns = durable(queue ?? `${exchange}.returned`);
  const delays = retryDelaysMs.map((ms): [number, QueuePlan] => [
    ms,
    quorum(`${base}.retry.${ms}`, { ...deadLettering('', returns.name), 'x-message-ttl': ms }),
  ]);
  return {
    exchange,
    bindings,
    main: queue === null ? temporary(exchange, dlx) : returns,
    returns,
    dlx,
    dead: quorum(`${base}.dead`, { 'x-delivery-limit': NEVER }),
    delays: new Map(delays),
  };
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

/** The queue for a delay that is asked for: the subscription's own, else the next longer one, else the longest. */
export function delayQueue({ delays }: Topology, delayMs: number): string | undefined {
  const all = [...delays.entries()];
  return (all.find(([ms]) => ms >= delayMs) ?? all.at(-1))?.[1].name;
}
