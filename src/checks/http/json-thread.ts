import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { Turns } from '../../core/turns.js';
import { withDeadline } from '../../core/with-deadline.js';
import { isPlain, plainVerdict, type JsonQuestion, type JsonVerdict } from './json-query.js';

/** To parse more at once would hold up everything else: it takes some milliseconds. */
const MOST_HERE = 64 * 1024;
const START_MS = 10_000;
const MOST_WAITING = 1000;
const REST_MS = 300_000;
const MOST_RESTING = 1000;
const MEMORY = { maxOldGenerationSizeMb: 128, maxYoungGenerationSizeMb: 16, stackSizeMb: 4 };

/** The observer could not evaluate it: nothing is known of the target. */
export class QueryError extends Error {}

/** Evaluates queries in a thread of its own, one at a time; one that takes too long is ended with its thread. */
export class JsonThread {
  private readonly turns = new Turns(1);
  private readonly resting = new Map<string, number>();
  private worker: Worker | null = null;
  private waiting = 0;

  constructor(private readonly limitMs = 1000) {}

  /** `leftMs`: what the check has left. @throws QueryError */
  async ask(question: JsonQuestion, leftMs: number): Promise<JsonVerdict> {
    const verdict = await this.verdict(question, leftMs);
    if (verdict.isUnknown) throw new QueryError(verdict.reason);
    return verdict;
  }

  private async verdict(question: JsonQuestion, leftMs: number): Promise<JsonVerdict> {
    if (isPlain(question) && question.text.length <= MOST_HERE) return plainVerdict(question);
    if ((this.resting.get(question.query) ?? 0) > performance.now())
      throw new QueryError('The query took too long a short time ago: it is not tried again for now.');
    if (this.waiting >= MOST_WAITING) throw new QueryError('Too many queries wait to be evaluated.');
    let isLate = false;
    const late = () => {
      isLate = true;
      return new QueryError('There was no time left to evaluate the query.');
    };
    this.waiting += 1;
    const turn = this.turns.run(() => (isLate ? Promise.reject(late()) : this.evaluate(question)));
    const answer = turn.finally(() => (this.waiting -= 1));
    return withDeadline(answer, leftMs, late);
  }

  private async evaluate(question: JsonQuestion): Promise<JsonVerdict> {
    const worker = (this.worker ??= await withDeadline(
      started(),
      START_MS,
      () => new QueryError('No thread.'),
    ));
    try {
      worker.postMessage(question);
      const slow = () => new QueryError(`The query takes longer than ${this.limitMs} ms.`);
      return await withDeadline(answerOf<JsonVerdict>(worker), this.limitMs, slow);
    } catch (error) {
      this.worker = null;
      void worker.terminate();
      this.rest(question.query);
      throw error;
    }
  }

  /** So that one query of this kind does not hold up the others again and again. */
  private rest(query: string): void {
    const [oldest] = this.resting.size < MOST_RESTING ? [] : this.resting.keys();
    if (oldest !== undefined) this.resting.delete(oldest);
    this.resting.set(query, performance.now() + REST_MS);
  }
}

async function started(): Promise<Worker> {
  const worker = new Worker(workerFile(), { env: {}, execArgv: [], resourceLimits: MEMORY });
  worker.on('error', () => undefined); // told by `answerOf`
  await answerOf(worker);
  worker.unref();
  return worker;
}

/** Its next message. */
function answerOf<T>(worker: Worker): Promise<T> {
  return new Promise((resolve, reject) => {
    const onMessage = (message: T) => end(() => resolve(message));
    const onExit = () => end(() => reject(new QueryError('The query takes more memory than it may.')));
    const end = (settle: () => void) => {
      worker.off('message', onMessage).off('exit', onExit);
      settle();
    };
    worker.on('message', onMessage).on('exit', onExit);
  });
}

/** Node cannot load TypeScript in a worker: under Jest the built one is used. */
function workerFile(): URL {
  const here = import.meta.url;
  const file = here.endsWith('.ts')
    ? new URL('../../../dist/checks/http/json-worker.js', here)
    : new URL('./json-worker.js', here);
  if (!existsSync(file)) throw new Error(`${fileURLToPath(file)} is missing: run npm run build`);
  return file;
}
