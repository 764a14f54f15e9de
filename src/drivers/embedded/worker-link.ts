import { existsSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Worker, type Transferable } from 'node:worker_threads';
import { ExitGate } from '../exit-gate.js';
import type { Answer, Exchanges, FromWorker, Op, WorkerData, WorkerOptions } from './protocol.js';
import { Trouble } from './trouble.js';

interface Asked {
  resolve: (value: unknown) => void;
  reject: (error: Trouble) => void;
}

/** Node cannot load TypeScript in a worker: under Jest the built one is used. */
function workerFile(): URL {
  const here = import.meta.url;
  const file = here.endsWith('.ts')
    ? new URL('../../../dist/drivers/embedded/worker/entry.js', here)
    : new URL('./worker/entry.js', here);
  if (!existsSync(file)) throw new Error(`${fileURLToPath(file)} is missing: run npm run build`);
  return file;
}

/** One life of the worker thread: questions go in, answers come out. */
export class WorkerLink {
  /** Resolves when the thread is over, with the reason when it was not asked to end. */
  readonly over: Promise<Error | null>;
  private readonly asked = new Map<number, Asked>();
  private ids = 0;
  private closing = false;
  private ended = false;

  private constructor(
    private readonly worker: Worker,
    private readonly onCommit: (commitMs: number) => void,
  ) {
    this.over = new Promise((resolve) => {
      let reason: Error | null = null;
      worker.once('error', (error: Error) => (reason = error));
      worker.once('exit', (code) => {
        this.end(reason);
        resolve(this.closing ? null : (reason ?? new Error(`the worker thread ended with code ${code}`)));
      });
    });
  }

  /** @throws Error in a sentence, when the file cannot be opened */
  static async start(options: WorkerOptions, onCommit: (commitMs: number) => void): Promise<WorkerLink> {
    const gate = new ExitGate();
    const workerData: WorkerData = { ...options, gate: gate.memory };
    const link = new WorkerLink(new Worker(workerFile(), { workerData, execArgv: [] }), onCommit);
    const shut = () => gate.shut();
    process.once('exit', shut);
    void link.over.then(() => process.off('exit', shut));
    await new Promise<void>((resolve, reject) => {
      link.worker.on('message', (message: FromWorker) => {
        if (message.kind === 'answers') link.receive(message);
        else if (message.kind === 'ready') resolve();
        else reject(new Error(message.message));
      });
      void link.over.then((reason) => reject(reason ?? new Error('the worker thread ended')));
    });
    return link;
  }

  get isOpen(): boolean {
    return !this.ended && !this.closing;
  }

  /** @throws Trouble */
  ask<O extends Op>(
    op: O,
    ask: Exchanges[O]['ask'],
    transfer?: Transferable[],
  ): Promise<Exchanges[O]['answer']> {
    if (!this.isOpen) return Promise.reject(new Trouble('down', 'The file is closed.'));
    const id = (this.ids += 1);
    return new Promise((resolve, reject) => {
      this.asked.set(id, { resolve: resolve as Asked['resolve'], reject });
      this.worker.postMessage({ id, op, ask }, transfer);
    });
  }

  /**
   * Serves what was asked before, then closes the file and ends the thread. Past `deadlineMs` it is left to itself:
   * a thread that is terminated within SQLite takes the whole process with it (Napi::Error, SIGABRT).
   */
  async close(deadlineMs: number): Promise<void> {
    void this.ask('close', null).catch(() => undefined);
    this.closing = true;
    await Promise.race([this.over, delay(deadlineMs, undefined, { ref: false })]);
    this.worker.unref();
  }

  /** For tests: the thread ends by an error that nothing catches. */
  async crash(): Promise<void> {
    this.worker.postMessage(null);
    await this.over;
  }

  private receive({ answers, commitMs }: Extract<FromWorker, { kind: 'answers' }>): void {
    if (commitMs !== null) this.onCommit(commitMs);
    for (const answer of answers) this.settle(answer);
  }

  private settle(answer: Answer): void {
    const asked = this.asked.get(answer.id);
    this.asked.delete(answer.id);
    if ('value' in answer) asked?.resolve(answer.value);
    else asked?.reject(new Trouble(answer.failure.code, answer.failure.message));
  }

  private end(reason: Error | null): void {
    this.ended = true;
    for (const { reject } of this.asked.values())
      reject(new Trouble('died', reason?.message ?? 'the worker thread ended'));
    this.asked.clear();
  }
}
