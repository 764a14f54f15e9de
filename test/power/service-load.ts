import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { get, post, type Answer } from '../support/app.js';
import type { Losefs } from '../support/losefs.js';
import { startProcess, type RunningProcess } from '../support/process.js';
import { PRELOAD } from './file-store-run.js';
import { EMITTER, type Surroundings } from './surroundings.js';

export const TOPIC = 'power';

/** What a client of the service was told; whoever was told may rely on it after a power cut. */
export type Told =
  | { kind: 'record'; n: number; key: string | null; partition: number; offset: number }
  | { kind: 'event'; n: number }
  /** `step`: how far the monitor has come, see `STEPS`. */
  | { kind: 'monitor'; id: string; step: number }
  | { kind: 'alert'; monitor: string; id: string }
  | { kind: 'dead-letter'; id: string; isDiscarded: boolean };

/** What is done with each monitor, in this order; every second one is not deleted. */
export const STEPS = ['created', 'renamed', 'checked', 'deleted'] as const;

/** Of a monitor, then. */
export const RENAMED = 'renamed';

/** The message of this number, as a client would send it again. */
export const recordOf = (n: number) => ({ topic: TOPIC, message: { n } });
export const eventOf = (n: number) => ({ token: `event-${n}.` });
/** Every second record has an idempotency key. */
export const keyOf = (run: number, n: number) => (n % 2 ? `power-${run}-${n}` : null);

/** The environment of a service whose folders lie there. */
export function environmentOf(folder: string, emitters: string): Record<string, string> {
  return {
    DATA_FOLDER: join(folder, 'data'),
    OUTPUT_FOLDER: join(folder, 'messages'),
    EMITTERS_FILE: emitters,
    CHECK_ALLOW: '127.0.0.1',
  };
}

export interface LoadOptions {
  /** See sabotage.mjs. */
  sabotage?: string;
  /** Sets of what each client does; without it, until `stop`. */
  rounds: number;
  /** Distinguishes the loads of one file system. */
  run?: number;
}

/** The built service on a file system that is cut off, and its clients, which mark all that they are told. */
export class ServiceLoad {
  /** Answers other than success: what was refused may be sent again by whoever sent it. */
  readonly refused: string[] = [];
  private readonly marks: Promise<unknown>[] = [];
  private isOver = false;
  private clients: Promise<unknown> = Promise.resolve();

  private constructor(
    private readonly losefs: Losefs,
    private readonly around: Surroundings,
    private readonly running: RunningProcess,
    private readonly options: LoadOptions,
  ) {}

  static async start(losefs: Losefs, around: Surroundings, options: LoadOptions): Promise<ServiceLoad> {
    const { sabotage } = options;
    const running = await startProcess(
      {
        ...environmentOf(losefs.folder, around.emitters),
        ALERT_WEBHOOK_URL: around.receiver.url('/hook').href,
        ...(sabotage && { SABOTAGE: sabotage, NODE_OPTIONS: `--import=${PRELOAD}` }),
      },
      60_000,
      '/',
    );
    const load = new ServiceLoad(losefs, around, running, options);
    around.onAlert = (monitor, id) => load.tell({ kind: 'alert', monitor, id });
    const clients = [load.records(0), load.records(1), load.events(), load.monitors(), load.deadLetters()];
    load.clients = Promise.all(clients);
    load.clients.catch(() => undefined);
    return load;
  }

  /** Resolves when the clients have done all, and every mark is in the log. */
  async done(): Promise<void> {
    await this.clients;
    await Promise.all(this.marks);
  }

  /** Resolves when the clients have been told so much. */
  async told(count: number): Promise<void> {
    while (this.marks.length < count) await delay(5);
    await Promise.all(this.marks.slice(0, count));
  }

  /** kill -9; the clients lose their connections. */
  async kill(): Promise<void> {
    this.isOver = true;
    this.running.child.kill('SIGKILL');
    await this.running.exited;
    await this.clients.catch(() => undefined);
  }

  /** Lines of the service's log. */
  get log(): readonly string[] {
    return this.running.log;
  }

  get url(): string {
    return this.running.url;
  }

  private tell(told: Told): void {
    const mark = this.losefs.mark(told);
    mark.catch(() => undefined); // the power may be off by now
    this.marks.push(mark);
  }

  /** Its body, or undefined when it was refused. */
  // A client reads an answer as it comes.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  private async ask(answer: Promise<Answer>): Promise<any> {
    const { status: code, text, body } = await answer;
    if (code < 300) return body ?? {};
    this.refused.push(`${code} ${text.slice(0, 300)}`);
    await delay(50);
    return undefined;
  }

  /** Calls `work` with the numbers of this load, which no other load has. */
  private async rounds(work: (n: number) => Promise<unknown>, each = 1): Promise<void> {
    const { rounds, run = 0 } = this.options;
    for (let n = 0; n < rounds * each && !this.isOver; n++) await work(run * 100_000 + n);
  }

  private records(lane: number): Promise<void> {
    const { run = 0 } = this.options;
    return this.rounds(async (round) => {
      const n = 2 * round + lane;
      const key = keyOf(run, n);
      const headers: Record<string, string> = key === null ? {} : { 'idempotency-key': key };
      const body = await this.ask(post(`${this.url}/produce`, recordOf(n), headers));
      if (body) this.tell({ kind: 'record', n, key, partition: body.partition, offset: body.offset });
    }, 4);
  }

  private events(): Promise<void> {
    return this.rounds(async (n) => {
      const body = await this.ask(post(`${this.url}/events/expense.created`, eventOf(n)));
      if (body) this.tell({ kind: 'event', n });
    }, 2);
  }

  private monitors(): Promise<void> {
    return this.rounds(async (n) => {
      const config = { url: this.around.web.url().href };
      const fields = { name: `monitor ${n}`, type: 'http', interval: 60, active: false, config };
      const created = await this.ask(post(`${this.url}/monitors`, fields));
      if (!created) return;
      const id = created.id as string;
      this.tell({ kind: 'monitor', id, step: 0 });
      if (!(await this.ask(this.patch(id)))) return;
      this.tell({ kind: 'monitor', id, step: 1 });
      if (!(await this.ask(post(`${this.url}/monitors/${id}/run`, {})))) return;
      if (!(await this.resultOf(id))) return;
      this.tell({ kind: 'monitor', id, step: 2 });
      if (n % 2 === 0 || !(await this.ask(this.remove(`/monitors/${id}`)))) return;
      this.tell({ kind: 'monitor', id, step: 3 });
    });
  }

  private patch(id: string): Promise<Answer> {
    return this.fetch(`/monitors/${id}`, {
      method: 'PATCH',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name: RENAMED }),
    });
  }

  private remove(path: string): Promise<Answer> {
    return this.fetch(path, { method: 'DELETE' });
  }

  private async fetch(path: string, init: RequestInit): Promise<Answer> {
    const response = await fetch(this.url + path, init);
    return {
      status: response.status,
      headers: response.headers,
      text: await response.text(),
      body: undefined,
    };
  }

  /** False when there was none for long. */
  private async resultOf(id: string): Promise<boolean> {
    for (let tries = 0; tries < 400 && !this.isOver; tries++) {
      const { body } = await get(`${this.url}/monitors/${id}/history`);
      if (body?.results?.length > 0) return true;
      await delay(25);
    }
    return false;
  }

  private deadLetters(): Promise<void> {
    const folder = `/emitters/${EMITTER}/dead-letters`;
    const seen = new Set<string>();
    return this.rounds(async (n) => {
      if (!(await this.ask(post(`${this.url}/emitters/${EMITTER}/trigger`, {})))) return;
      const list = await this.ask(get(`${this.url}${folder}?limit=1000`));
      for (const { id } of (list?.dead_letters ?? []) as { id: string }[]) {
        if (seen.has(id)) continue;
        seen.add(id);
        this.tell({ kind: 'dead-letter', id, isDiscarded: false });
        if (n % 3 === 0 && (await this.ask(this.remove(`${folder}/${id}`))))
          this.tell({ kind: 'dead-letter', id, isDiscarded: true });
      }
    });
  }
}
