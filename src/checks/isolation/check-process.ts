import type { ChildProcess } from 'node:child_process';
import type { CheckContext } from '../define-check.js';
import type { TargetNet } from '../targets/target-net.js';
import { reasonOf } from '../targets/unless-aborted.js';
import { Outbox } from './outbox.js';
import { usageOf } from './process-usage.js';
import { packError, type CheckReport, type FromChild, type ToChild } from './protocol.js';
import { Pulse } from './pulse.js';
import { startChild, type ChildOptions } from './start-child.js';

export interface ProcessOptions extends ChildOptions {
  /** Resolves names for children, and applies the target policy. */
  net: Pick<TargetNet, 'resolve'>;
}

export interface CheckJob {
  type: string;
  config: Readonly<Record<string, unknown>> | null;
  monitor: CheckContext['monitor'];
  timeoutMs: number;
  signal: AbortSignal;
}

/** How a check in a child ended; `silent`: its time is over, and the child did not say what came of it. */
export type Attempt =
  { kind: 'report'; report: CheckReport } | { kind: 'silent' } | { kind: 'lost'; loss: Loss };

/** Why a child is no more. `start`: it never came to work. */
export interface Loss {
  cause: 'start' | 'crash' | 'hang' | 'memory';
  /** After "the process": `used more than 512 MB of memory`. */
  words: string;
}

interface Running {
  settle: (attempt: Attempt) => void;
  release: (loss: Loss | null) => void;
}

/** A child that exited without being asked to. */
export interface LostProcess {
  loss: Loss;
  /** Checks that were under way in it. */
  checks: number;
}

const START_MS = 30_000;
/** After its deadline a check waits so long for what the child says of it. */
const AFTERWORD_MS = 500;
const EXIT_MS = 2_000;
const LAST_WORDS_MS = 50;
/** Above this part of the bound a child gets no new checks, and ends when it has none. */
const RETIRE_PART = 0.6;
const MEBIBYTE = 1_048_576;

/** One child process that runs checks, seen from the parent. */
export class CheckProcess {
  /** Resolves when the child has exited; null when it was asked to. */
  readonly over: Promise<LostProcess | null>;
  readonly kill = (): void => void this.child.kill('SIGKILL');
  private readonly child: ChildProcess;
  private readonly outbox: Outbox<ToChild>;
  private readonly running = new Map<number, Running>();
  /** Ends what the parent resolves for it. */
  private readonly life = new AbortController();
  private readonly startedAt = performance.now();
  private ids = 0;
  private isReady = false;
  private isEnding = false;
  private loss: Loss | null = null;
  /** Until it is ready. */
  private held: ToChild[] = [];
  private readonly pulse = new Pulse();
  private rssBytes = 0;

  constructor(private readonly options: ProcessOptions) {
    const { child, complaint } = startChild(options);
    this.child = child;
    this.outbox = new Outbox(this.child);
    this.child.on('message', (messages: FromChild[]) => this.receive(messages));
    this.over = new Promise((resolve) => {
      const end = (words: string) =>
        resolve(this.end([words, complaint()].filter((text) => text !== '').join(': ')));
      this.child.on('error', ({ message }) => {
        if (this.child.pid === undefined) end(`could not be started: ${message}`);
      });
      this.child.once('exit', (code, signal) => {
        // What it said last is still to be read.
        setTimeout(end, LAST_WORDS_MS, `ended by itself (${signal ?? `exit code ${code}`})`);
      });
    });
  }

  get pid(): number | undefined {
    return this.child.pid;
  }

  /** Checks that it has not answered. */
  get load(): number {
    return this.running.size;
  }

  /** Whether it may get another check. */
  get isOpen(): boolean {
    const isLarge = this.rssBytes > this.options.memoryMb * MEBIBYTE * RETIRE_PART;
    return !this.isEnding && this.loss === null && this.child.connected && !isLarge;
  }

  /** `attempt`: how it ended for who asked. `over`: the child is done with it (null), or was lost with it. */
  check(job: CheckJob): { attempt: Promise<Attempt>; over: Promise<Loss | null> } {
    if (this.loss) {
      const { loss } = this;
      return { attempt: Promise.resolve({ kind: 'lost', loss }), over: Promise.resolve(loss) };
    }
    const id = (this.ids += 1);
    const { type, config, monitor, timeoutMs, signal } = job;
    let release!: Running['release'];
    const over = new Promise<Loss | null>((resolve) => (release = resolve));
    const attempt = new Promise<Attempt>((resolve) => {
      let afterword: NodeJS.Timeout | undefined;
      const onAbort = () => {
        this.send({ kind: 'abort', id, reason: packError(reasonOf(signal)) });
        afterword = setTimeout(() => resolve({ kind: 'silent' }), AFTERWORD_MS);
      };
      const settle = (ended: Attempt) => {
        clearTimeout(afterword);
        signal.removeEventListener('abort', onAbort);
        resolve(ended);
      };
      this.running.set(id, { settle, release });
      this.send({ kind: 'check', id, check: { type, config, monitor, timeoutMs } });
      signal.addEventListener('abort', onAbort, { once: true });
      if (signal.aborted) onAbort();
    });
    return { attempt, over };
  }

  /** Each LOOK_MS: kills a child that hangs, does not start, or has grown too large. */
  look(): void {
    if (this.loss || this.child.pid === undefined) return;
    if (!this.isReady) {
      if (performance.now() - this.startedAt > START_MS) this.killFor('start', 'did not start within 30 s');
      return;
    }
    const usage = usageOf(this.child.pid);
    if (usage) this.rssBytes = usage.rssBytes;
    if (this.rssBytes > this.options.memoryMb * MEBIBYTE)
      return this.killFor(
        'memory',
        `used more than the ${this.options.memoryMb} MB of WORKER_CHECK_PROCESS_MEMORY_MB`,
      );
    const sign = this.pulse.look(usage);
    if (sign === 'ping') this.outbox.send({ kind: 'ping' });
    else if (sign !== null) this.killFor('hang', `did not respond for ${sign / 1_000} s`);
  }

  /** Asks it to end, and kills it when it has not within 2 s. */
  async stop(): Promise<void> {
    this.isEnding = true;
    if (this.child.connected) this.child.disconnect();
    const timer = setTimeout(this.kill, EXIT_MS);
    await this.over;
    clearTimeout(timer);
  }

  private killFor(cause: Loss['cause'], words: string): void {
    this.loss = { cause, words };
    this.kill();
  }

  private send(message: ToChild): void {
    if (this.isReady) this.outbox.send(message);
    else this.held.push(message);
  }

  private receive(messages: readonly FromChild[]): void {
    this.pulse.heard();
    for (const message of messages) {
      if (message.kind === 'done') this.finish(message.id, { kind: 'report', report: message.report });
      else if (message.kind === 'resolve') void this.resolve(message.id, message.host);
      else if (message.kind === 'pong') this.rssBytes = message.rssBytes;
      else this.begin();
    }
  }

  private begin(): void {
    this.isReady = true;
    for (const message of this.held) this.outbox.send(message);
    this.held = [];
  }

  private finish(id: number, attempt: Attempt): void {
    const running = this.running.get(id);
    this.running.delete(id);
    running?.settle(attempt);
    running?.release(attempt.kind === 'lost' ? attempt.loss : null);
  }

  private async resolve(id: number, host: string): Promise<void> {
    try {
      const found = await this.options.net.resolve(host, this.life.signal);
      this.outbox.send({ kind: 'resolved', id, found });
    } catch (error) {
      this.outbox.send({ kind: 'unresolved', id, error: packError(error) });
    }
  }

  private end(words: string): LostProcess | null {
    this.life.abort();
    this.loss ??= { cause: this.isReady ? 'crash' : 'start', words };
    const { loss } = this;
    const checks = this.running.size;
    for (const id of [...this.running.keys()]) this.finish(id, { kind: 'lost', loss });
    return this.isEnding ? null : { loss, checks };
  }
}
