import { Script } from '../script.js';
import type { ServerContext } from './options.js';
import { tellBroken, tellDamaged, type Flat } from './replies.js';
import { Rounds } from './rounds.js';

const cleanScript = new Script('clean');
/** A script call blocks Redis. */
const MOST_PER_CALL = 100;

/** Forgets completed tasks whose retention is over: what Asynq calls its janitor. Nothing but its `stop` is to be called. */
export function startCleaner(context: ServerContext): Rounds {
  const { redis, queues, times, hooks, clock } = context;
  const clean = async (signal: AbortSignal): Promise<number> => {
    for (;;) {
      const [lookedAt, damaged, broken] = (await cleanScript.run(
        redis,
        queues.map(({ keys }) => keys.completed),
        [MOST_PER_CALL, ...queues.map(({ keys }) => keys.prefix)],
      )) as [number, Flat, Flat];
      tellDamaged(context, queues, damaged);
      tellBroken(context, 'clean', queues, broken);
      if (lookedAt < MOST_PER_CALL || signal.aborted) return times.cleanMs;
    }
  };
  return new Rounds({
    run: clean,
    onError: (error) => hooks.onFailure?.('clean', error),
    capMs: times.cleanMs,
    clock,
  });
}
