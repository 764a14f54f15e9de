import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Worker, type Transferable } from 'node:worker_threads';
import { isOverBy } from '../../../core/with-deadline.js';
import type { Exchanges, Failure, FromWorker, Op, WorkerData } from './protocol.js';

/** Why a question has no answer. `died`: the thread ended, and what had come of it is not known. */
export class WorkerFailure extends Error {
  constructor(
    readonly kind: Failure['kind'] | 'died',
    readonly code: string | undefined,
    message: string,
  ) {
    super(message);
  }
}

interface Asked {
  resolve: (value: never) => void;
  reject: (error: WorkerFailure) => void;
}

/** What the worker says unasked. */
export type News = Exclude<FromWorker, { id: number }>;

/** Node cannot load TypeScript in a worker: under Jest the built one is used. */
function workerFile(): URL {
  const here = import.meta.url;
  const file = here.endsWith('.ts')
    ? new URL('../../../../dist/modules/processor/files/worker/entry.js', here)
    : new URL('./worker/entry.js', here);
  if (!existsSync(file)) throw new Error(`${fileURLToPath(file)} is missing: run npm run build`);
  return file;
}

/** One life of the worker thread that writes the files. */
export class WorkerLink {
  private readonly worker: Worker;
  private readonly asked = new Map<number, Asked>();
  private readonly over: Promise<void>;
  private ids = 0;
  private isOver = false;

  constructor(
    data: WorkerData,
    private readonly onNews: (news: News) => void,
    onOver: (reason: WorkerFailure) => void,
  ) {
    this.worker = new Worker(workerFile(), { workerData: data, execArgv: [] });
    this.worker.on('message', (message: FromWorker) => this.receive(message));
    let text = 'the worker thread ended';
    this.worker.once('error', (error: Error) => (text = error.message));
    this.over = new Promise((resolve) => {
      this.worker.once('exit', () => {
        this.isOver = true;
        const reason = new WorkerFailure('died', undefined, text);
        onOver(reason);
        for (const { reject } of this.asked.values()) reject(reason);
        this.asked.clear();
        resolve();
      });
    });
  }

  /** @throws WorkerFailure */
  ask<O extends Op>(
    op: O,
    ask: Exchanges[O]['ask'],
    transfer?: Transferable[],
  ): Promise<Exchanges[O]['answer']> {
    if (this.isOver) return Promise.reject(new WorkerFailure('died', undefined, 'the worker thread is over'));
    const id = (this.ids += 1);
    return new Promise((resolve, reject) => {
      this.asked.set(id, { resolve, reject });
      this.worker.postMessage({ id, op, ask }, transfer);
    });
  }

  /** False when the disk still holds the thread at `deadline` (monotonic, milliseconds). */
  end(deadline: number): Promise<boolean> {
    return isOverBy(this.worker.terminate(), deadline);
  }

  /** For tests: the thread ends by an error that nothing catches. */
  async crash(): Promise<void> {
    this.worker.postMessage(null);
    await this.over;
  }

  private receive(message: FromWorker): void {
    if (!('id' in message)) return this.onNews(message);
    const asked = this.asked.get(message.id);
    this.asked.delete(message.id);
    if (message.kind === 'answer') asked?.resolve(message.value as never);
    else {
      const { kind, code, message: text } = message.failure;
      asked?.reject(new WorkerFailure(kind, code, text));
    }
  }
}
