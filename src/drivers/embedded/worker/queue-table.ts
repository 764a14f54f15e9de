import type { DatabaseSyncInstance, StatementSyncInstance } from '@photostructure/sqlite';
import { compileBinding, type TopicMatcher } from '../../../core/topic-match.js';
import type { BrokerExchanges } from '../protocol.js';

/** A queue as the worker remembers it between transactions. */
export interface Queue {
  id: number;
  name: string;
  /** Every message up to this id has been handed out. */
  handedOut: number;
}

/** Routing keys whose queues are remembered; they repeat, as a rule. */
const ROUTES = 10_000;

/** Queues, what they are bound to, and so which of them a message reaches. What is remembered is forgotten after a rollback. */
export class QueueTable {
  private readonly byName = new Map<string, Queue>();
  private readonly routes = new Map<string, readonly Queue[]>();
  private bindings: Map<string, [TopicMatcher, string][]> | undefined;
  private readonly select: StatementSyncInstance;
  private readonly insert: StatementSyncInstance;
  private readonly mark: StatementSyncInstance;
  private readonly allBindings: StatementSyncInstance;
  private readonly allDepths: StatementSyncInstance;
  private readonly unbind: StatementSyncInstance;
  private readonly bind: StatementSyncInstance;

  constructor(db: DatabaseSyncInstance) {
    this.select = db.prepare('SELECT id, name, handed_out AS handedOut FROM queues WHERE name = ?');
    this.insert = db.prepare('INSERT INTO queues (name, handed_out) VALUES (?, 0)');
    this.mark = db.prepare('UPDATE queues SET handed_out = ? WHERE id = ?');
    this.allBindings = db.prepare(
      'SELECT name, exchange, key FROM bindings JOIN queues ON queues.id = queue_id ORDER BY queue_id',
    );
    this.allDepths = db.prepare(
      `SELECT name AS queue,
         (SELECT count(*) FROM messages WHERE queue_id = queues.id AND due_at IS NULL) +
         (SELECT count(*) FROM messages WHERE queue_id = queues.id AND due_at IS NOT NULL) AS messages,
         (SELECT count(*) FROM dead_letters WHERE queue_id = queues.id) AS deadLetters
       FROM queues ORDER BY messages + deadLetters DESC`,
    );
    this.unbind = db.prepare('DELETE FROM bindings WHERE queue_id = ?');
    this.bind = db.prepare('INSERT OR IGNORE INTO bindings (queue_id, exchange, key) VALUES (?, ?, ?)');
  }

  find(name: string): Queue | undefined {
    const known = this.byName.get(name);
    if (known) return known;
    const row = this.select.get(name) as Queue | undefined;
    if (row) this.byName.set(name, row);
    return row;
  }

  /** Creates the queue where there is none, and replaces its bindings by these. */
  declare({ queue: name, exchange, bindings }: BrokerExchanges['declare']['ask']): void {
    if (!this.find(name)) this.insert.run(name);
    const { id } = this.find(name)!;
    this.unbind.run(id);
    for (const key of bindings) this.bind.run(id, exchange, key);
    this.forgetRoutes();
  }

  /** The queues that a message reaches, each once. */
  route(exchange: string, routingKey: string): readonly Queue[] {
    const route = `${exchange}\0${routingKey}`;
    const known = this.routes.get(route);
    if (known) return known;
    this.bindings ??= this.readBindings();
    const names = (this.bindings.get(exchange) ?? [])
      .filter(([matches]) => matches(routingKey))
      .map(([, name]) => name);
    const queues = [...new Set(names)].map((name) => this.find(name)!);
    if (this.routes.size >= ROUTES) this.routes.clear();
    this.routes.set(route, queues);
    return queues;
  }

  /** Messages up to `id` are handed out now. */
  handOut(queue: Queue, id: number): void {
    if (id <= queue.handedOut) return;
    this.mark.run(id, queue.id);
    queue.handedOut = id;
  }

  /** What each holds, the fullest first. */
  depths(): BrokerExchanges['depths']['answer'] {
    return this.allDepths.all() as BrokerExchanges['depths']['answer'];
  }

  /** What was remembered may never have been committed. */
  forget(): void {
    this.byName.clear();
    this.forgetRoutes();
  }

  private forgetRoutes(): void {
    this.routes.clear();
    this.bindings = undefined;
  }

  private readBindings(): Map<string, [TopicMatcher, string][]> {
    const all = new Map<string, [TopicMatcher, string][]>();
    const rows = this.allBindings.all() as { name: string; exchange: string; key: string }[];
    for (const { name, exchange, key } of rows) {
      const bindings = all.get(exchange) ?? [];
      bindings.push([compileBinding(key), name]);
      all.set(exchange, bindings);
    }
    return all;
  }
}
