import type { DatabaseSyncInstance, StatementSyncInstance } from '@photostructure/sqlite';
import { packLetters, type LetterRow } from '../message-codec.js';
import type { Exchanges, Verdicts } from '../protocol.js';
import { firstOf } from './first-of.js';
import { CONTENT, type MessageTable } from './message-table.js';
import type { Queue, QueueTable } from './queue-table.js';

/** The table of dead letters. A letter moves in one transaction: it is in one table or the other. */
export class DeadLetterTable {
  private readonly bury: StatementSyncInstance;
  private readonly list: StatementSyncInstance;
  private readonly total: StatementSyncInstance;
  private readonly ids: StatementSyncInstance;
  private readonly one: StatementSyncInstance;
  private readonly revive: StatementSyncInstance;
  private readonly remove: StatementSyncInstance;

  constructor(
    db: DatabaseSyncInstance,
    private readonly queues: QueueTable,
    private readonly messages: MessageTable,
  ) {
    this.bury = db.prepare(
      `INSERT INTO dead_letters (queue_id, attempts, first_seen_at, died_at, code, reason, progress, ${CONTENT})
       SELECT queue_id, ?, ?, ?, ?, ?, ?, ${CONTENT} FROM messages WHERE id = ?`,
    );
    const columns =
      'id, attempts, first_seen_at, died_at, exchange, routing_key, message_id, content_type, headers, body, code, reason';
    this.list = db.prepare(
      `SELECT ${columns} FROM dead_letters WHERE queue_id = ? AND id > ? ORDER BY id LIMIT ?`,
      { returnArrays: true },
    );
    this.total = db.prepare('SELECT count(*) AS count FROM dead_letters WHERE queue_id = ?');
    this.ids = db.prepare('SELECT id FROM dead_letters WHERE queue_id = ? ORDER BY id LIMIT ?');
    this.one = db.prepare('SELECT length(body) AS bytes FROM dead_letters WHERE queue_id = ? AND id = ?');
    this.revive = db.prepare(
      `INSERT INTO messages (id, queue_id, progress, ${CONTENT}) SELECT ?, queue_id, progress, ${CONTENT} FROM dead_letters WHERE id = ?`,
    );
    this.remove = db.prepare('DELETE FROM dead_letters WHERE id = ?');
  }

  /** The message dies. Harmless when it is not there: the question was asked twice. */
  put(letter: Verdicts['dead'][number]) {
    const { id, attempts, firstSeenAt, diedAt, code, message, progress } = letter;
    this.bury.run(attempts, firstSeenAt, diedAt, code, message, progress, id);
    if (this.messages.drop(id)) this.messages.add(1);
  }

  page({ queue: name, after, limit, maxBytes }: Exchanges['letters']['ask']): Exchanges['letters']['answer'] {
    const queue = this.queues.find(name);
    if (!queue) return { rows: packLetters([]), total: 0, more: false };
    const rows = this.list.iterate(queue.id, after, limit + 1) as Iterable<LetterRow>;
    const { taken, more } = firstOf(rows, limit, maxBytes);
    const { count } = this.total.get(queue.id) as { count: number };
    return { rows: packLetters(taken), total: count, more };
  }

  /** The ids of those that lie there, the oldest first. */
  idsOf({ queue: name, limit }: Exchanges['letterIds']['ask']): number[] {
    const queue = this.queues.find(name);
    if (!queue) return [];
    return (this.ids.all(queue.id, limit) as { id: number }[]).map(({ id }) => id);
  }

  /** Those of `ids` that lie there. */
  present({ queue: name, ids }: Exchanges['present']['ask']): number[] {
    const queue = this.queues.find(name);
    return queue ? ids.filter((id) => this.find(queue, id)) : [];
  }

  /** Puts them back into their queue as new messages, about `maxBytes` at most but one where there is one. */
  resend({ queue: name, ids, maxBytes }: Exchanges['resend']['ask']): Exchanges['resend']['answer'] {
    const queue = this.queues.find(name);
    const sent: number[] = [];
    let bytes = 0;
    let looked = 0;
    for (; looked < ids.length && bytes < maxBytes; looked++) {
      const id = ids[looked]!;
      const letter = queue && this.find(queue, id);
      if (!letter) continue;
      this.revive.run(this.messages.newId(), id);
      this.remove.run(id);
      sent.push(id);
      bytes += letter.bytes;
    }
    return { sent, looked };
  }

  /** False when it did not lie there. */
  discard({ queue: name, id }: Exchanges['discard']['ask']): boolean {
    const queue = this.queues.find(name);
    if (!queue || !this.find(queue, id)) return false;
    this.remove.run(id);
    this.messages.add(-1);
    return true;
  }

  private find(queue: Queue, id: number): { bytes: number } | undefined {
    return this.one.get(queue.id, id) as { bytes: number } | undefined;
  }
}
