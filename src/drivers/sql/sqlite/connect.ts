import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { ExitGate } from '../../exit-gate.js';
import { SqlFailure } from '../failure.js';
import type { RawAnswer, RawConnection } from '../pool/raw-connection.js';
import { sqliteFailure } from './failures.js';
import type { Answer, FileOptions, Statement } from './protocol.js';

/** Another process may hold the file so long before a writer gives up, milliseconds. */
const BUSY_MS = 5_000;

interface Asked {
  resolve(answer: RawAnswer): void;
  reject(failure: SqlFailure): void;
}

/** Node cannot load TypeScript in a worker: under Jest the built one is used. */
function workerFile(): URL {
  const here = import.meta.url;
  const file = here.endsWith('.ts')
    ? new URL('../../../../dist/drivers/sql/sqlite/worker.js', here)
    : new URL('./worker.js', here);
  if (!existsSync(file)) throw new Error(`${fileURLToPath(file)} is missing: run npm run build`);
  return file;
}

/** A file of SQLite, through a worker thread of its own: no fsync delays anybody here. */
class SqliteConnection implements RawConnection {
  isUsable = true;
  private readonly asked = new Map<number, Asked>();
  private readonly over: Promise<void>;
  private ids = 0;

  constructor(private readonly worker: Worker) {
    this.over = new Promise((resolve) => {
      let cause: unknown;
      worker.on('error', (error) => (cause = error));
      worker.once('exit', () => {
        this.isUsable = false;
        for (const one of this.asked.values()) one.reject(new SqlFailure('lost', cause));
        this.asked.clear();
        resolve();
      });
    });
  }

  /** @throws SqlFailure */
  async opened(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.worker.on('message', (answer: Answer) => {
        if ('id' in answer) this.settle(answer);
        else if ('ready' in answer) resolve();
        else reject(sqliteFailure(answer.refused));
      });
      void this.over.then(() => reject(new SqlFailure('lost')));
    });
  }

  query(sql: string, parameters: readonly unknown[]): Promise<RawAnswer> {
    if (!this.isUsable) return Promise.reject(new SqlFailure('lost'));
    const id = (this.ids += 1);
    return new Promise((resolve, reject) => {
      this.asked.set(id, { resolve, reject });
      this.worker.postMessage({ id, sql, parameters } satisfies Statement);
    });
  }

  close(): Promise<void> {
    return this.destroy();
  }

  /** The thread ends what it is at: one that is terminated within SQLite takes the whole process with it. */
  async destroy(): Promise<void> {
    this.isUsable = false;
    this.worker.postMessage(null);
    await this.over;
  }

  private settle(answer: Extract<Answer, { id: number }>): void {
    const asked = this.asked.get(answer.id);
    this.asked.delete(answer.id);
    if ('error' in answer) asked?.reject(sqliteFailure(answer.error));
    else asked?.resolve(answer);
  }
}

/** Opens a file. It may be open in other processes of this machine too. */
export function sqliteConnector(
  options: Pick<FileOptions, 'file' | 'mayCreate'>,
): () => Promise<RawConnection> {
  return async () => {
    const gate = new ExitGate();
    const workerData: FileOptions = { ...options, busyMs: BUSY_MS, gate: gate.memory };
    const worker = new Worker(workerFile(), { workerData, execArgv: [] });
    const connection = new SqliteConnection(worker);
    const shut = (): void => gate.shut();
    process.once('exit', shut);
    worker.once('exit', () => process.off('exit', shut));
    await connection.opened();
    return connection;
  };
}
