import type { z } from 'zod';
import type { Push } from '../ports/monitor-store.port.js';
import type { TargetNet } from './targets/target-net.js';

/** What a check found. `unknown`: the observer, not the target, is to blame, or nobody can tell. */
export interface CheckOutcome {
  found: 'up' | 'down' | 'unknown';
  /** A sentence for a person: never a secret of the config, never a whole body. */
  message: string;
  /** Of the part that says something about the target, milliseconds; null where nothing was measured. */
  latencyMs: number | null;
}

/** What a check may use besides its config. */
export interface CheckContext {
  monitor: { id: string; name: string; type: string; interval: number; createdAt: number };
  /** Aborts at the deadline: what is not over then counts as down, and is not waited for. Let go of everything. */
  signal: AbortSignal;
  /** What is left of the monitor's timeout when the check begins, milliseconds. */
  timeoutMs: number;
  /** The only way to a target: it resolves, checks every address against the target policy, and connects. */
  net: TargetNet;
  now(): number;
  /** The last call of this monitor's push URL. */
  lastPush(): Promise<Push | null>;
}

/** One way to look at a target: the default export of `src/checks/<type>.check.ts`. */
export interface CheckDefinition<S extends z.ZodObject = z.ZodObject> {
  /** As monitors name it: Peekaping's name where it has one. */
  type: string;
  /** One sentence for `GET /checks`. */
  describe: string;
  /** The config. Unknown keys are refused when a monitor is written, and ignored in what lies in a database. */
  schema: S;
  /** Keys of the config that no answer shows. */
  secrets?: readonly (keyof z.output<S> & string)[];
  /** Host and port, or whatever else may not be asked too often at once; null: without limit. */
  target(config: z.output<S>): string | null;
  /**
   * Whether it runs in a child process (see `isolation`) with this config; absent: it never does. It must when what a target
   * sends reaches a client library, a decoder or a parser that may throw out of turn, turn for ever or fill the memory.
   */
  isolated?(config: z.output<S>): boolean;
  /**
   * Looks once. What it throws is translated by core rules: a target that refuses is down, an observer that cannot ask
   * (no sockets, no DNS) unknown; see `outcomeOfError`.
   */
  run(config: z.output<S>, context: CheckContext): Promise<CheckOutcome>;
}

/** Types a check by its schema. */
export function defineCheck<S extends z.ZodObject>(definition: CheckDefinition<S>): CheckDefinition<S> {
  return definition;
}
