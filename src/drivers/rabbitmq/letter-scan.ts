import type { Channel, ConsumeMessage } from 'amqplib';
import { systemClock } from '../../core/clock.js';
import type { Connection } from './connection.js';
import { ownIdOf } from './letter.js';
import { unavailable } from './rabbitmq-error.js';

export interface ScanBounds {
  /** Letters that one look sees. */
  mostLetters: number;
  /** Of them, in the hands of one consumer; a channel may have several. RabbitMQ counts to 65,535. */
  perConsumer: number;
  /** When none came for so long, the broker is asked whether any is left, milliseconds. */
  quietMs: number;
}

export const SCAN_BOUNDS: ScanBounds = { mostLetters: 200_000, perConsumer: 50_000, quietMs: 1000 };
const ASK_EVERY_MS = 10;
/** Less than the time after which RabbitMQ makes up an answer. */
const AWAKE_MS = 200;
/** At least so long is looked for letters that came back, milliseconds. */
const SWEEP_MS = 2000;

export interface ScanResult {
  /** Letters that lay there. */
  total: number;
  seen: number;
  /** Whether each of them was seen. */
  isWhole: boolean;
}

export interface Scan {
  queue: string;
  /** Letters in hand at once; those that are not taken stay in hand to the end. */
  window: number;
  /** Monotonic, milliseconds. */
  deadline: number;
  bounds: ScanBounds;
  /** For each letter in turn; false ends the scan. `take` removes a letter for good. */
  visit: (message: ConsumeMessage, take: () => void) => boolean;
  /** What `visit` began, and is still under way. */
  underWay?: Set<Promise<void>>;
}

/**
 * Looks at dead letters, one scan at a time on all processes; those that were not taken go back when the channel
 * closes. @throws what amqplib throws, AppError EXCHANGE_UNAVAILABLE when letters stay in somebody's hands
 */
export async function scan(connection: Connection, request: Scan): Promise<ScanResult> {
  const taken = new Set<string>();
  let count = 0;
  const visit: Scan['visit'] = (message, take) =>
    request.visit(message, () => {
      count += 1;
      const id = ownIdOf(message);
      if (id !== null) taken.add(id);
      take();
    });
  const result = await scanOnce(connection, { ...request, visit });
  // What was asked for is done; letters that are still there are seen by the next look.
  if (taken.size > 0) await sweep(connection, request, taken, result.total - count).catch(() => undefined);
  return result;
}

/**
 * Takes letters again that came back although they had been taken: RabbitMQ's channel keeps acknowledgements back while
 * a quorum queue is slow (rabbit_fifo_client, past 32 commands under way), and forgets them when it is closed. Only by
 * ids that are unique: the same message may have died anew.
 */
async function sweep(
  connection: Connection,
  request: Scan,
  taken: ReadonlySet<string>,
  left: number,
): Promise<void> {
  const deadline = Math.max(request.deadline, performance.now() + SWEEP_MS);
  const { bounds, queue } = request;
  for (let found = 1; found > 0 && (await countNow(connection, { ...request, deadline })) > left;) {
    found = 0;
    const visit: Scan['visit'] = (message, take) => {
      if (taken.has(ownIdOf(message) ?? '')) {
        found += 1;
        take();
      }
      return true;
    };
    await scanOnce(connection, { queue, bounds, deadline, window: bounds.mostLetters, visit });
  }
}

async function countNow(connection: Connection, request: Scan): Promise<number> {
  const channel = await connection.channel();
  try {
    return await countAll(connection, channel, request);
  } finally {
    await connection.answered(channel.close()).catch(() => undefined);
  }
}

async function scanOnce(connection: Connection, request: Scan): Promise<ScanResult> {
  const channel = await connection.channel();
  try {
    const total = await countAll(connection, channel, request);
    const seen = total === 0 ? 0 : await look(connection, channel, request, total);
    for (const work of request.underWay ?? []) await work;
    return { total, seen, isWhole: seen === total };
  } finally {
    await connection.answered(channel.close()).catch(() => undefined);
  }
}

/** Waits until all lie there: what was in hand is back at the moment when the broker has forgotten its consumer. */
async function countAll(connection: Connection, channel: Channel, scan: Scan): Promise<number> {
  const { queue, deadline } = scan;
  for (;;) {
    const { messageCount, consumerCount } = await connection.answered(channel.checkQueue(queue));
    if (consumerCount === 0 && messageCount > 0) return messageCount;
    if (consumerCount === 0 && (await isEmpty(connection, channel, queue))) return 0;
    if (performance.now() >= deadline)
      throw unavailable(`Dead letters of ${queue} are in hand: of an earlier look, or of another process`);
    await systemClock.sleep(ASK_EVERY_MS);
  }
}

/**
 * Whether there are no letters and no consumers. RabbitMQ says so of a quorum queue, too, whose leader does not tell
 * it otherwise within 250 ms (rabbit_quorum_queue:stat): only the answer of one that is awake counts.
 */
async function isEmpty(connection: Connection, channel: Channel, queue: string): Promise<boolean> {
  const message = await connection.answered(channel.get(queue)); // by the leader itself
  if (message) {
    channel.nack(message, false, true);
    return false;
  }
  const askedAt = performance.now();
  const { messageCount, consumerCount } = await connection.answered(channel.checkQueue(queue));
  return messageCount === 0 && consumerCount === 0 && performance.now() - askedAt < AWAKE_MS;
}

/** Answers how many it saw. */
async function look(connection: Connection, channel: Channel, request: Scan, total: number): Promise<number> {
  const { queue, visit, window, bounds } = request;
  const expected = Math.min(total, bounds.mostLetters);
  const over = new AbortController();
  let seen = 0;
  const onMessage = (message: ConsumeMessage | null) => {
    if (over.signal.aborted) return;
    if (message === null) return over.abort();
    seen += 1;
    const goesOn = visit(message, () => channel.ack(message));
    if (!goesOn || seen === expected) over.abort();
  };
  channel.once('close', () => over.abort());
  const hands = Math.min(expected, window);
  const consumers = Math.ceil(hands / bounds.perConsumer);
  await connection.answered(channel.prefetch(Math.ceil(hands / consumers)));
  for (let i = 0; i < consumers; i += 1) await connection.answered(channel.consume(queue, onMessage));
  const hasMore = async () => {
    const { messageCount, consumerCount } = await connection.answered(channel.checkQueue(queue));
    return messageCount > 0 || consumerCount === 0; // made up: this look itself consumes
  };
  await untilQuiet(request, over.signal, () => seen, hasMore);
  over.abort();
  return seen;
}

/** Until it is over, late, or nothing comes because nothing is left. */
async function untilQuiet(
  { deadline, underWay, bounds }: Scan,
  over: AbortSignal,
  seen: () => number,
  hasMore: () => Promise<boolean>,
): Promise<void> {
  while (!over.aborted && performance.now() < deadline) {
    const before = seen();
    await systemClock.sleep(Math.min(bounds.quietMs, Math.max(0, deadline - performance.now())), over);
    // More come when those under way are taken.
    const isQuiet = !over.aborted && seen() === before && !underWay?.size;
    if (isQuiet && !(await hasMore())) return;
  }
}
