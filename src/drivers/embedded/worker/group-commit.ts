import type { DatabaseSyncInstance } from '@photostructure/sqlite';
import type { SettledOutcome } from '../../../ports/idempotency-store.port.js';
import { AppendReader } from '../append-codec.js';
import type { Answer, Exchanges, Failure, PackedAppend, Question } from '../protocol.js';
import { REFUSED, refusal } from '../refusals.js';
import type { Broker } from './broker.js';
import type { KeyTable } from './key-table.js';
import type { RecordTable } from './record-table.js';
import { isFull, isStorageTrouble, messageOf } from './sqlite-errors.js';

/** COMMIT itself failed, and not for want of room: only the file, opened again, knows whether it is done. */
export class CommitUnknown extends Error {}

/** Where the questions' answers come from. */
export interface Tables {
  records: RecordTable;
  keys: KeyTable;
  broker: Broker;
}

/** Serves questions that write, all that wait in one transaction with one fsync. */
export class GroupCommit {
  constructor(
    private readonly db: DatabaseSyncInstance,
    private readonly tables: Tables,
  ) {}

  /**
   * Answers all, after the commit. What one of them does wrong fails it alone; when the storage fails, all fail and
   * nothing of any is written.
   * @throws CommitUnknown
   */
  run(questions: readonly Question[]): Answer[] {
    try {
      return this.transaction(questions, false);
    } catch (error) {
      if (error instanceof CommitUnknown) throw error;
      if (isStorageTrouble(error)) return allFailed(questions, error);
    }
    try {
      return this.transaction(questions, true);
    } catch (error) {
      if (error instanceof CommitUnknown) throw error;
      return allFailed(questions, error);
    }
  }

  private transaction(questions: readonly Question[], apart: boolean): Answer[] {
    let committing = false;
    try {
      this.db.exec('BEGIN IMMEDIATE');
      const answers = questions.map((question) => this.answer(question, apart));
      committing = true;
      this.db.exec('COMMIT');
      return answers;
    } catch (error) {
      if (committing && !isFull(error)) throw new CommitUnknown(messageOf(error), { cause: error });
      this.rollBack();
      throw error;
    }
  }

  private answer(question: Question, apart: boolean): Answer {
    const { id } = question;
    const answer = (): Answer => ({ id, value: this.perform(question, apart) });
    // An append keeps its own calls apart.
    if (!apart || question.op === 'append') return answer();
    return this.alone(answer, (error) => ({ id, failure: failureOf(error) }));
  }

  private perform(question: Question, apart: boolean): Exchanges[Question['op']]['answer'] {
    const { keys, broker } = this.tables;
    switch (question.op) {
      case 'append':
        return this.append(question.ask, apart);
      case 'claim':
        return keys.claim(question.ask);
      case 'settle':
        keys.settle(question.ask);
        return null;
      case 'abandon':
        keys.abandon(question.ask);
        return null;
      case 'release':
        keys.release(question.ask.key);
        return null;
      case 'sweep':
        return keys.sweep(question.ask);
      default:
        return broker.change(question);
    }
  }

  private append(packed: PackedAppend, apart: boolean): Exchanges['append']['answer'] {
    const places = new Float64Array(2 * packed.calls.reduce((sum, count) => sum + count, 0));
    const reader = new AppendReader(packed);
    const settles = new Map(packed.settles);
    let at = 0;
    packed.calls.forEach((count, call) => {
      const own = places.subarray(at, (at += 2 * count));
      const records = Array.from({ length: count }, () => reader.next());
      const put = () => {
        records.forEach((record, i) =>
          own.set(this.tables.records.put(packed.topics[record.topic]!, record), 2 * i),
        );
        const key = settles.get(call);
        if (key) this.settle(key, own);
      };
      if (!apart) return put();
      this.alone(put, () => records.forEach((_, i) => own.set([REFUSED.failed, 0], 2 * i)));
    });
    return places;
  }

  /** Binds a key to the outcomes of its call; where nothing was written there is nothing to bind. */
  private settle(
    { key, fingerprint, at, expiresAt }: PackedAppend['settles'][number][1],
    places: Float64Array,
  ) {
    const outcomes: SettledOutcome[] = [];
    for (let i = 0; i < places.length; i += 2) outcomes.push(outcomeOf(places[i]!, places[i + 1]!));
    if (!outcomes.some((outcome) => 'offset' in outcome)) return;
    this.tables.keys.settle({ key, fingerprint, expiresAt, now: Date.now(), send: { at, outcomes } });
  }

  /** Runs `work` so that its failure undoes only what it did itself. */
  private alone<T>(work: () => T, failed: (error: unknown) => T): T {
    this.db.exec('SAVEPOINT alone');
    try {
      const result = work();
      this.db.exec('RELEASE alone');
      return result;
    } catch (error) {
      if (isStorageTrouble(error)) throw error;
      this.db.exec('ROLLBACK TO alone; RELEASE alone');
      this.forget();
      return failed(error);
    }
  }

  private rollBack(): void {
    if (this.db.isTransaction) this.db.exec('ROLLBACK');
    this.forget();
  }

  private forget(): void {
    this.tables.records.topics.forget();
    this.tables.keys.recount();
    this.tables.broker.forget();
  }
}

function outcomeOf(partition: number, offset: number): SettledOutcome {
  if (partition >= 0) return { partition, offset };
  const { code, message, retryable } = refusal(partition, offset);
  return { code, message, retryable };
}

function allFailed(questions: readonly Question[], error: unknown): Answer[] {
  return questions.map(({ id }) => ({ id, failure: failureOf(error) }));
}

function failureOf(error: unknown): Failure {
  return { code: isFull(error) ? 'full' : 'failed', message: messageOf(error) };
}
