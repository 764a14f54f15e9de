import { Script } from '../script.js';
import type { ServerContext } from './options.js';
import { tellBroken, tellDamaged, type Flat } from './replies.js';
import { Rounds } from './rounds.js';

const forwardScript = new Script('forward');
/** A script call blocks Redis. */
const MOST_PER_CALL = 100;
const SHORTEST_REST_MS = 50;

/** Makes scheduled and retry tasks pending when they are due; one that it does not know of within its interval. */
export class Forwarder {
  private readonly rounds: Rounds;

  constructor(
    private readonly context: ServerContext,
    private readonly onMoved: () => void,
  ) {
    const { clock, times, hooks } = context;
    this.rounds = new Rounds({
      run: (signal) => this.forward(signal),
      onError: (error) => hooks.onFailure?.('forward', error),
      capMs: times.forwardMs,
      clock,
    });
  }

  /** A task will be due in so long, milliseconds. */
  dueIn(ms: number): void {
    this.rounds.wakeIn(Math.max(ms, SHORTEST_REST_MS));
  }

  stop(): Promise<void> {
    return this.rounds.stop();
  }

  private async forward(signal: AbortSignal): Promise<number> {
    const { redis, queues, wakeChannel, times } = this.context;
    for (;;) {
      const [moved, wait, damaged, broken] = (await forwardScript.run(
        redis,
        queues.flatMap(({ keys }) => [keys.scheduled, keys.retry]),
        [MOST_PER_CALL, wakeChannel, ...queues.flatMap(({ name, keys }) => [name, keys.prefix])],
      )) as [number, number, Flat, Flat];
      tellDamaged(this.context, queues, damaged);
      tellBroken(this.context, 'forward', queues, broken);
      if (moved > 0) this.onMoved();
      if (moved >= MOST_PER_CALL && !signal.aborted) continue;
      if (wait < 0 || broken.length > 0) return times.forwardMs;
      return Math.min(Math.max(wait, SHORTEST_REST_MS), times.forwardMs);
    }
  }
}
