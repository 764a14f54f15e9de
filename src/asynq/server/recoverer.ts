import { TaskDamagedError } from '../errors.js';
import { Script } from '../script.js';
import { ENDS } from './attempt.js';
import { leaseSeconds } from './dequeue.js';
import type { Finisher } from './finisher.js';
import { readTask } from './hands.js';
import type { Queue, ServerContext } from './options.js';
import { entries, tellBroken, tellDamaged, type Flat } from './replies.js';
import { Rounds } from './rounds.js';
import { asItIs, writeOf, type Write } from './verdict.js';

const recoverScript = new Script('recover');
/** A script call blocks Redis. */
const MOST_PER_CALL = 100;

export interface RecovererOptions {
  context: ServerContext;
  finisher: Finisher;
  retryDelayMs: (failures: number) => number;
}

/** Finds tasks whose worker died: each counts as a failed attempt, is tried again or archived. */
export class Recoverer {
  private readonly rounds: Rounds;

  constructor(private readonly options: RecovererOptions) {
    const { clock, times, hooks } = options.context;
    this.rounds = new Rounds({
      run: (signal) => this.recover(signal),
      onError: (error) => hooks.onFailure?.('recover', error),
      capMs: times.recoverMs,
      clock,
    });
  }

  stop(): Promise<void> {
    return this.rounds.stop();
  }

  private async recover(signal: AbortSignal): Promise<number> {
    const { context } = this.options;
    const { redis, queues, times } = context;
    for (;;) {
      const [tasks, damaged, broken] = (await recoverScript.run(
        redis,
        queues.flatMap(({ keys }) => [keys.lease, keys.active]),
        [
          MOST_PER_CALL,
          Math.ceil(times.recoverAfterMs / 1000),
          leaseSeconds(context),
          ...queues.map(({ keys }) => keys.prefix),
        ],
      )) as [Flat, Flat, Flat];
      tellDamaged(context, queues, damaged);
      tellBroken(context, 'recover', queues, broken);
      const found = Array.from(entries(queues, tasks, 4));
      const written = await Promise.all(
        found.map(([queue, id, score, msg]) => this.mend(queue, id!, score!, msg!)),
      );
      // Those that could not be written are there still: they are looked at in the next round.
      const isAll = found.length + damaged.length / 3 < MOST_PER_CALL;
      if (isAll || !written.every(Boolean) || signal.aborted) return times.recoverMs;
    }
  }

  private async mend(queue: Queue, id: Buffer, score: Buffer, msg: Buffer): Promise<boolean> {
    const { finisher, context } = this.options;
    const { clock, times, hooks } = context;
    const { write, type, damage } = this.writeFor(queue, id, msg);
    const end = clock.monotonic() + Math.min(times.leaseMs, times.recoverMs);
    const isWritten = await finisher.finish({
      queue,
      id,
      owner: `=${String(score)}`,
      until: () => end,
      write,
    });
    if (!isWritten) return false;
    if (damage) hooks.onDamaged?.({ queue: queue.name, id: String(id), reason: damage });
    else {
      const { outcome, message } = write;
      hooks.onSettled?.({ queue: queue.name, type, id: String(id), outcome, message, isRecovered: true });
    }
    return true;
  }

  private writeFor(queue: Queue, id: Buffer, msg: Buffer): { write: Write; type: string; damage?: string } {
    const { context, retryDelayMs } = this.options;
    try {
      const message = readTask({ queue, id, msg });
      const verdict = { kind: 'retry', message: ENDS['lease-lost'] } as const;
      return {
        write: writeOf(message, verdict, { now: context.clock.now(), retryDelayMs }),
        type: message.type,
      };
    } catch (error) {
      if (!(error instanceof TaskDamagedError)) throw error;
      return { write: asItIs(msg), type: '', damage: error.reason };
    }
  }
}
