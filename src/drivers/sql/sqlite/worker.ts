import { existsSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import type { DatabaseSyncInstance } from '@photostructure/sqlite';
import { ExitGate } from '../../exit-gate.js';
import { openSqliteFile } from '../../sqlite-file.js';
import type { Answer, FileError, FileOptions, Statement } from './protocol.js';

/** Statements that stay prepared; the oldest makes room. */
const MOST_PREPARED = 200;
/** Rows by the hundred make statements that hardly come again, and are large. */
const LONG = 4_000;
const CACHE_KIB = 32_768;
const CANTOPEN = 14;

type Prepared = ReturnType<DatabaseSyncInstance['prepare']>;

/** The one thread that touches the file: does one statement after the other. */
class File {
  private readonly prepared = new Map<string, Prepared>();

  private constructor(private readonly db: DatabaseSyncInstance) {}

  static open({ file, mayCreate, busyMs }: FileOptions): File {
    if (!mayCreate && !existsSync(file))
      throw Object.assign(new Error('no such file'), { errcode: CANTOPEN });
    const db = openSqliteFile(file, { busyMs, cacheKib: CACHE_KIB });
    // SQLite's own lower() knows ASCII only
    db.function('any_case', { deterministic: true }, (text: unknown) => String(text).toLowerCase());
    return new File(db);
  }

  run({ id, sql, parameters }: Statement): Answer {
    try {
      const statement = this.prepare(sql);
      if (statement.columns().length > 0) return { id, rows: statement.all(...parameters), changed: 0 };
      return { id, rows: [], changed: Number(statement.run(...parameters).changes) };
    } catch (error) {
      return { id, error: errorOf(error) };
    }
  }

  close(): void {
    this.prepared.clear();
    this.db.close();
  }

  private prepare(sql: string): Prepared {
    if (sql.length > LONG) return this.db.prepare(sql);
    const statement = this.prepared.get(sql) ?? this.db.prepare(sql);
    this.prepared.delete(sql);
    this.prepared.set(sql, statement);
    if (this.prepared.size > MOST_PREPARED) this.prepared.delete(this.prepared.keys().next().value!);
    return statement;
  }
}

function errorOf(error: unknown): FileError {
  const { errcode, message } = error as { errcode?: number; message: string };
  return { code: errcode ?? 0, message };
}

if (!parentPort) throw new Error('This file is a worker of drivers/sql/sqlite/connect.ts.');
const port = parentPort;
const options = workerData as FileOptions;
const gate = new ExitGate(options.gate);
const send = (answer: Answer): void => port.postMessage(answer);

gate.enter();
try {
  const file = File.open(options);
  port.on('message', (statement: Statement | null) => {
    gate.enter();
    try {
      if (statement) return send(file.run(statement));
      file.close();
      port.close();
    } finally {
      gate.leave();
    }
  });
  send({ ready: true });
} catch (error) {
  send({ refused: errorOf(error) });
} finally {
  gate.leave();
}
