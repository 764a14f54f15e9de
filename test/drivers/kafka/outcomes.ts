import type {
  AppendOutcome,
  NewRecord,
  RecordLog,
  StoredRecord,
} from '../../../src/ports/record-log.port.js';
import { readAll, record } from '../../contracts/record-log.support.js';

/** What was appended under a name of its own (its value), and what the log said became of it. */
export interface Sent {
  value: string;
  outcome: AppendOutcome;
}

let count = 0;

/** Records whose values are unlike any others'. */
export function distinct(topic: string, howMany: number, fields: Partial<NewRecord> = {}): NewRecord[] {
  return Array.from({ length: howMany }, () => {
    count += 1;
    return record(topic, { value: `record-${count}`, timestamp: Date.now(), ...fields });
  });
}

/** Appends, and notes each outcome; what becomes known later replaces OUTCOME_UNKNOWN when `settled` is awaited. */
export class Ledger {
  readonly sent: Sent[] = [];
  private readonly later: Promise<void>[] = [];

  async append(log: RecordLog, records: NewRecord[]): Promise<AppendOutcome[]> {
    const outcomes = await log.append(records);
    outcomes.forEach((outcome, index) => {
      const one: Sent = { value: String(records[index]!.value), outcome };
      this.sent.push(one);
      if (!outcome.ok && outcome.later) {
        this.later.push(outcome.later.then((known) => void (one.outcome = known)));
      }
    });
    return outcomes;
  }

  async settled(): Promise<void> {
    await Promise.all(this.later);
  }

  count(code: string): number {
    return this.sent.filter(({ outcome }) => (outcome.ok ? 'ok' : outcome.error.code) === code).length;
  }
}

/**
 * Compares what was said with what is there: every written record is at its place, once; none that was said not to be
 * written is there. Answers what is wrong, in words.
 */
export async function discrepancies(
  log: RecordLog,
  topics: string[],
  sent: readonly Sent[],
): Promise<string[]> {
  const found = new Map<string, string[]>();
  for (const topic of topics) {
    for (const one of await readAll(log, topic, 5000)) {
      const value = String(one.value);
      found.set(value, [...(found.get(value) ?? []), place(one)]);
    }
  }
  return sent.flatMap(({ value, outcome }) => wrong(value, outcome, found.get(value) ?? []));
}

const place = ({ partition, offset }: Pick<StoredRecord, 'partition' | 'offset'>) => `${partition}/${offset}`;

function wrong(value: string, outcome: AppendOutcome, places: string[]): string[] {
  if (places.length > 1) return [`${value} is there ${places.length} times: ${places.join(', ')}`];
  if (outcome.ok) {
    const said = place(outcome);
    return places[0] === said ? [] : [`${value} was said to be at ${said}, but is ${places[0] ?? 'missing'}`];
  }
  if (outcome.error.code === 'OUTCOME_UNKNOWN' || places.length === 0) return [];
  return [`${value} was said not to be written (${outcome.error.code}), but is at ${places[0]}`];
}
