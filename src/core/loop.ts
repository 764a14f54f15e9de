import { systemClock, type Clock } from './clock.js';

export interface LoopOptions {
  /** As the log names it. */
  name: string;
  everyMs: number;
  /** One round. It should give up when `signal` aborts. */
  run: (signal: AbortSignal) => Promise<void> | void;
  /** Told of a round that threw; the loop goes on. */
  onError: (error: unknown) => void;
  clock?: Clock;
}

export interface Loop {
  readonly name: string;
  /** Ends the loop; resolves when a round that was under way is over. */
  stop(): Promise<void>;
}

/** The one shape of every background activity: wait, run, again; rounds never overlap. */
export function startLoop({ name, everyMs, run, onError, clock = systemClock }: LoopOptions): Loop {
  const abort = new AbortController();
  const rounds = async () => {
    for (;;) {
      await clock.sleep(everyMs, abort.signal);
      if (abort.signal.aborted) return;
      try {
        await run(abort.signal);
      } catch (error) {
        onError(error);
      }
    }
  };
  const ended = rounds();
  return {
    name,
    stop: () => {
      abort.abort();
      return ended;
    },
  };
}
