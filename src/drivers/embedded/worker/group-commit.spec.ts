import { DatabaseSync } from '@photostructure/sqlite';
import type { NewRecord } from '../../../ports/record-log.port.js';
import { AppendPacker } from '../append-codec.js';
import { packMessages, unpackRows } from '../message-codec.js';
import { PUBLISHED, type Fetch, type Question } from '../protocol.js';
import { REFUSED } from '../refusals.js';
import { Broker } from './broker.js';
import { CommitUnknown, GroupCommit } from './group-commit.js';
import { KeyTable } from './key-table.js';
import { RecordTable } from './record-table.js';
import { prepareFile } from './schema.js';
import { TopicTable } from './topic-table.js';

function open() {
  const db = new DatabaseSync(':memory:');
  prepareFile(db);
  const records = new RecordTable(db, new TopicTable(db, 1));
  return {
    db,
    records,
    commits: new GroupCommit(db, { records, keys: new KeyTable(db, 100, 'me'), broker: new Broker(db, 100) }),
  };
}

const record = (value: string): NewRecord => ({
  topic: 't',
  partition: 0,
  key: null,
  value,
  headers: null,
  timestamp: 1,
});

/** An append of calls, each a list of values; call `c` settles the key `k<c>`. */
function append(id: number, ...calls: string[][]): Question {
  const packer = new AppendPacker(1_000_000);
  calls.forEach((values, c) =>
    packer.add(values.map(record), { key: `k${c}`, fingerprint: 'f', at: 1, expiresAt: Date.now() + 60_000 }),
  );
  return { id, op: 'append', ask: packer.pack() };
}

const claim = (id: number, key: string): Question => ({
  id,
  op: 'claim',
  ask: { key, fingerprint: 'f', expiresAt: Date.now() + 1000, now: Date.now(), durable: true, inMemory: 0 },
});

const count = (db: InstanceType<typeof DatabaseSync>, table: string) =>
  (db.prepare(`SELECT count(*) AS count FROM ${table}`).get() as { count: number }).count;

describe('GroupCommit', () => {
  it('answers all that wait in order, each by its own number', () => {
    const { commits } = open();
    const answers = commits.run([
      append(7, ['a'], ['b', 'c']),
      claim(8, 'k0'),
      claim(9, 'new'),
      append(10, ['d']),
    ]);
    expect(answers).toEqual([
      { id: 7, value: Float64Array.of(0, 0, 0, 1, 0, 2) },
      { id: 8, value: { state: 'settled', send: { at: 1, outcomes: [{ partition: 0, offset: 0 }] } } },
      { id: 9, value: { state: 'claimed' } },
      { id: 10, value: Float64Array.of(0, 3) },
    ]);
  });

  it('lets one call fail alone: its neighbours are written, and no offset is lost', () => {
    const { db, commits, records } = open();
    commits.run([append(1, ['before'])]);
    db.exec(
      "CREATE TRIGGER poison BEFORE INSERT ON records WHEN NEW.value = CAST('bad' AS BLOB) BEGIN SELECT RAISE(ABORT, 'poison'); END",
    );
    const answers = commits.run([
      append(2, ['a'], ['b', 'bad', 'c'], ['d']),
      claim(3, 'k1'),
      append(4, ['e']),
    ]);
    const failed = REFUSED.failed;
    expect(answers).toEqual([
      { id: 2, value: Float64Array.of(0, 1, failed, 0, failed, 0, failed, 0, 0, 2) },
      { id: 3, value: { state: 'claimed' } },
      { id: 4, value: Float64Array.of(0, 3) },
    ]);
    expect(records.offsets({ topic: 't' })).toEqual([{ partition: 0, earliest: 0, next: 4 }]);
  });

  it('fails everybody when the storage is full, writes nothing, and recovers', () => {
    const { db, commits, records } = open();
    commits.run([append(1, ['before'])]);
    db.exec(
      `PRAGMA max_page_count = ${(db.prepare('PRAGMA page_count').get() as { page_count: number }).page_count}`,
    );
    const failure = { code: 'full', message: expect.stringContaining('full') };
    expect(commits.run([claim(2, 'small'), append(3, ['tiny'], ['x'.repeat(100_000)])])).toEqual([
      { id: 2, failure },
      { id: 3, failure },
    ]);
    expect(count(db, 'records')).toBe(1);
    expect(count(db, 'keys')).toBe(1);
    db.exec('PRAGMA max_page_count = 100000');
    expect(commits.run([append(4, ['x'.repeat(100_000)])])).toEqual([
      { id: 4, value: Float64Array.of(0, 1) },
    ]);
    expect(records.offsets({ topic: 't' })).toEqual([{ partition: 0, earliest: 0, next: 2 }]);
  });

  it('forgets a topic whose creation was rolled back', () => {
    const { db, commits, records } = open();
    db.exec(
      `PRAGMA max_page_count = ${(db.prepare('PRAGMA page_count').get() as { page_count: number }).page_count}`,
    );
    expect(commits.run([append(1, ['x'.repeat(100_000)])])).toMatchObject([{ failure: { code: 'full' } }]);
    expect(records.offsets({ topic: 't' })).toEqual({ refused: 'topic' });
    expect(records.topics.names()).toEqual([]);
  });

  it('forgets a queue, a mark and a count that were rolled back', () => {
    const { db, commits } = open();
    const declare: Question = {
      id: 1,
      op: 'declare',
      ask: { queue: 'q', exchange: 'e', bindings: ['#'] },
    };
    const publish = (id: number, length: number): Question => ({
      id,
      op: 'publish',
      ask: packMessages([
        {
          exchange: 'e',
          routingKey: 'k',
          body: Buffer.alloc(length),
          messageId: null,
          contentType: null,
          headers: null,
          timestamp: 1,
        },
      ]),
    });
    const fetch: Question = {
      id: 3,
      op: 'serve',
      ask: { verdicts: null, fetch: { queue: 'q', after: 0, limit: 10, maxBytes: 1_000, now: Date.now() } },
    };
    const full = () => {
      const { page_count: pages } = db.prepare('PRAGMA page_count').get() as { page_count: number };
      db.exec(`PRAGMA max_page_count = ${pages}`);
    };
    const roomy = () => db.exec('PRAGMA max_page_count = 100000');
    const failed = expect.objectContaining({ failure: expect.objectContaining({ code: 'full' }) });
    const [taken, unroutable] = [
      { outcomes: [PUBLISHED.ok], queues: ['q'] },
      { outcomes: [PUBLISHED.unroutable], queues: [] },
    ];

    full();
    expect(commits.run([declare, publish(2, 100_000)])).toEqual([failed, failed]);
    roomy();
    expect(commits.run([publish(2, 1)])).toEqual([{ id: 2, value: unroutable }]);
    expect(commits.run([declare, publish(2, 1)])).toEqual([
      { id: 1, value: null },
      { id: 2, value: taken },
    ]);
    full();
    expect(commits.run([fetch, publish(2, 100_000)])).toEqual([failed, failed]);
    roomy();
    // Nobody was handed what that fetch found, and the message beside it is not there.
    const [answer] = commits.run([fetch]) as { value: Fetch }[];
    expect([...unpackRows(answer!.value.rows)].map(({ delivery }) => delivery.redelivered)).toEqual([false]);
    const [again] = commits.run([fetch]) as { value: Fetch }[];
    expect([...unpackRows(again!.value.rows)].map(({ delivery }) => delivery.redelivered)).toEqual([true]);
    // The bound of 100 counts what is there, not what was rolled back.
    const answers = commits.run(Array.from({ length: 101 }, (_, id) => publish(id, 1)));
    const outcomes = (answers as { value: { outcomes: number[] } }[]).flatMap(({ value }) => value.outcomes);
    expect(outcomes.filter((outcome) => outcome === PUBLISHED.ok)).toHaveLength(99);
  });

  it('does not guess when COMMIT itself fails otherwise', () => {
    const { db, records } = open();
    const failing = new Proxy(db, {
      get: (target, name) => {
        if (name === 'exec')
          return (sql: string) => {
            if (sql === 'COMMIT') throw Object.assign(new Error('disk I/O error'), { errcode: 1034 });
            target.exec(sql);
          };
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === 'function' ? (value.bind(target) as unknown) : value;
      },
    });
    const commits = new GroupCommit(failing, {
      records,
      keys: new KeyTable(db, 100, 'me'),
      broker: new Broker(db, 100),
    });
    expect(() => commits.run([append(1, ['a'])])).toThrow(CommitUnknown);
  });
});
