import { Worker } from 'node:worker_threads';
import { LoopWatch } from '../../core/loop-watch.js';
import type { CheckDefinition } from '../define-check.js';
import { runCheck } from '../run-check.js';
import type { Found } from '../targets/target-names.js';
import { targetNetOver } from '../targets/open-target-net.js';
import { unlessAborted } from '../targets/unless-aborted.js';
import { guardConnections } from './guard-connections.js';
import { Outbox } from './outbox.js';
import {
  packError,
  unpackError,
  type CheckReport,
  type FromChild,
  type ToChild,
  type WireCheck,
} from './protocol.js';

interface Asked {
  resolve: (found: Found[]) => void;
  reject: (error: Error) => void;
}

/** The child's side: runs the checks that the parent sends, and asks the parent for every address. */
class CheckServer {
  private readonly outbox = new Outbox<FromChild>(process);
  private readonly running = new Map<number, AbortController>();
  private readonly asked = new Map<number, Asked>();
  private readonly allow = guardConnections();
  private readonly net = targetNetOver((host, signal) => unlessAborted(this.resolve(host), signal));
  private readonly loop: LoopWatch;
  private questions = 0;

  constructor(
    private readonly checks: ReadonlyMap<string, CheckDefinition>,
    lateMs: number,
  ) {
    this.loop = new LoopWatch(lateMs);
  }

  start(): void {
    process.on('message', (messages: ToChild[]) => {
      for (const message of messages) this.receive(message);
    });
    this.outbox.send({ kind: 'ready' });
  }

  private receive(message: ToChild): void {
    switch (message.kind) {
      case 'check':
        return void this.run(message.id, message.check);
      case 'abort':
        return this.running.get(message.id)?.abort(unpackError(message.reason));
      case 'ping':
        return this.outbox.send({ kind: 'pong', rssBytes: process.memoryUsage.rss() });
      case 'resolved':
        for (const { address } of message.found) this.allow(address);
        this.asked.get(message.id)?.resolve(message.found);
        return void this.asked.delete(message.id);
      case 'unresolved':
        this.asked.get(message.id)?.reject(unpackError(message.error));
        return void this.asked.delete(message.id);
    }
  }

  private async run(id: number, { type, config, monitor, timeoutMs }: WireCheck): Promise<void> {
    const abort = new AbortController();
    this.running.set(id, abort);
    const unwatch = this.loop.watch();
    const since = performance.now();
    let error: CheckReport['error'];
    const context = {
      monitor,
      timeoutMs,
      signal: abort.signal,
      net: this.net,
      now: () => Date.now(),
      lastPush: () => Promise.reject(new Error('the last push is not known in a child process')),
    };
    const onError = (thrown: unknown) => void (error = packError(thrown));
    const outcome = await runCheck(this.checks.get(type)!, config, context, onError);
    const heldUpMs = this.loop.longestSince(since);
    const ranMs = performance.now() - since;
    unwatch();
    this.running.delete(id);
    this.outbox.send({ kind: 'done', id, report: { outcome, error, heldUpMs, ranMs } });
  }

  private resolve(host: string): Promise<Found[]> {
    const id = (this.questions += 1);
    return new Promise((resolve, reject) => {
      this.asked.set(id, { resolve, reject });
      this.outbox.send({ kind: 'resolve', id, host });
    });
  }
}

/** Serves checks to the process that forked this one, and ends with it. `lateMs`: WORKER_EVENT_LOOP_LATE_MS. */
export function serveChecks(checks: ReadonlyMap<string, CheckDefinition>, lateMs: number): void {
  // A terminal's Ctrl-C reaches the whole group; the parent decides when its children end.
  process.on('SIGINT', () => undefined).on('SIGTERM', () => undefined);
  process.on('disconnect', () => process.exit(0));
  endWithParent();
  new CheckServer(checks, lateMs).start();
}

/** A thread of its own ends this process with its parent also while the event loop turns for ever. */
function endWithParent(): void {
  new Worker(new URL('./orphan-watch.js', import.meta.url), {
    workerData: process.ppid,
    env: {},
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: 8, maxYoungGenerationSizeMb: 2 },
  }).unref();
}
