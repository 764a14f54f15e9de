import type { DatabaseSyncInstance, StatementSyncInstance } from '@photostructure/sqlite';
import { packRows, unpackMessages, type MessageRow, type PackedMessage } from '../message-codec.js';
import { PUBLISHED, type Exchanges, type Fetch, type FetchRequest, type Verdicts } from '../protocol.js';
import { firstOf } from './first-of.js';
import type { Queue, QueueTable } from './queue-table.js';

/** What of a publisher's message moves between `messages` and `dead_letters`. */
export const CONTENT = 'timestamp, exchange, routing_key, message_id, content_type, headers, body';

/** The table of messages: what is ready, in hand or waits for its retry. */
export class MessageTable {
  private nextId: number;
  /** Dead letters included; undefined where a rollback may have made it wrong. */
  private counted: number | undefined;
  private readonly insert: StatementSyncInstance;
  private readonly ready: StatementSyncInstance;
  private readonly due: StatementSyncInstance;
  private readonly nextDue: StatementSyncInstance;
  private readonly promote: StatementSyncInstance;
  private readonly remove: StatementSyncInstance;
  private readonly delay: StatementSyncInstance;
  private readonly counts: StatementSyncInstance;

  constructor(
    db: DatabaseSyncInstance,
    private readonly queues: QueueTable,
    /** No message is taken above it. */
    private readonly most: number,
  ) {
    this.insert = db.prepare(
      `INSERT INTO messages (id, queue_id, ${CONTENT}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    this.ready = db.prepare(
      'SELECT id, exchange, routing_key, message_id, content_type, headers, body, progress FROM messages WHERE queue_id = ? AND due_at IS NULL AND id > ? ORDER BY id LIMIT ?',
      { returnArrays: true },
    );
    this.due = db.prepare(
      'SELECT id FROM messages WHERE queue_id = ? AND due_at IS NOT NULL AND due_at <= ? ORDER BY due_at LIMIT ?',
    );
    this.nextDue = db.prepare(
      'SELECT due_at AS dueAt FROM messages WHERE queue_id = ? AND due_at IS NOT NULL ORDER BY due_at LIMIT 1',
    );
    this.promote = db.prepare('UPDATE messages SET id = ?, due_at = NULL WHERE id = ?');
    this.remove = db.prepare('DELETE FROM messages WHERE id = ?');
    this.delay = db.prepare('UPDATE messages SET due_at = ?, progress = ? WHERE id = ?');
    this.counts = db.prepare(
      'SELECT (SELECT count(*) FROM messages WHERE due_at IS NULL) + (SELECT count(*) FROM messages WHERE due_at IS NOT NULL) + (SELECT count(*) FROM dead_letters) AS count',
    );
    const { last } = db
      .prepare(
        'SELECT max(ifnull((SELECT max(id) FROM messages), 0), ifnull((SELECT max(handed_out) FROM queues), 0)) AS last',
      )
      .get() as { last: number };
    this.nextId = last + 1;
  }

  /** All that lie in the file, dead letters included. */
  get count(): number {
    return (this.counted ??= (this.counts.get() as { count: number }).count);
  }

  /** One of PUBLISHED for each message. */
  publish(packed: Exchanges['publish']['ask']): Exchanges['publish']['answer'] {
    const outcomes: number[] = [];
    const reached = new Set<string>();
    for (const message of unpackMessages(packed)) outcomes.push(this.put(message, reached));
    return { outcomes, queues: [...reached] };
  }

  /** The next messages after `after`, those first due included, `limit` and about `maxBytes` at most. */
  fetch({ queue: name, after, limit, maxBytes, now }: FetchRequest): Fetch {
    const queue = this.queues.find(name);
    if (!queue) return { rows: packRows([], 0), last: after, more: false, nextDue: null };
    this.promoteDue(queue, now, limit);
    const rows = this.ready.iterate(queue.id, after, limit + 1) as Iterable<MessageRow>;
    const { taken, more } = firstOf(rows, limit, maxBytes);
    const last = taken.at(-1)?.[0] ?? after;
    const packed = packRows(taken, queue.handedOut);
    this.queues.handOut(queue, last);
    const next = this.nextDue.get(queue.id) as { dueAt: number } | undefined;
    return { rows: packed, last, more, nextDue: next?.dueAt ?? null };
  }

  /** An id that no message ever had. */
  newId(): number {
    return this.nextId++;
  }

  /** Forgets it. False when it was not there: it has been forgotten before. */
  drop(id: number): boolean {
    const dropped = Number(this.remove.run(id).changes) > 0;
    if (dropped) this.add(-1);
    return dropped;
  }

  /** Lets it wait. Asked twice, it does nothing more: what has been due since has another id. */
  retry({ id, dueAt, progress }: Verdicts['retries'][number]): void {
    this.delay.run(dueAt, progress, id);
  }

  /** So many more, or less, in the file. */
  add(count: number): void {
    if (this.counted !== undefined) this.counted += count;
  }

  /** What was remembered may never have been committed; ids that were not are left out. */
  forget(): void {
    this.counted = undefined;
  }

  private put(message: PackedMessage, reached: Set<string>): number {
    const { timestamp, exchange, routingKey, messageId, contentType, headers, body } = message;
    const queues = this.queues.route(exchange, Buffer.from(routingKey).toString());
    if (queues.length === 0) return PUBLISHED.unroutable;
    if (this.count + queues.length > this.most) return PUBLISHED.full;
    for (const { id, name } of queues) {
      this.insert.run(
        this.newId(),
        id,
        timestamp,
        exchange,
        routingKey,
        messageId,
        contentType,
        headers,
        body,
      );
      reached.add(name);
    }
    this.add(queues.length);
    return PUBLISHED.ok;
  }

  private promoteDue(queue: Queue, now: number, limit: number): void {
    const due = this.due.all(queue.id, now, limit) as { id: number }[];
    for (const { id } of due) this.promote.run(this.newId(), id);
  }
}
