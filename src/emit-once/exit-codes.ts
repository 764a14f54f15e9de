import type { RetriedSend } from '../core/http-retry.js';

/** What `emit:once` exits with: sysexits.h where it has one. docker/cronjob.yaml and docs/emitter.md name them. */
export const EXIT = {
  delivered: 0,
  unforeseen: 1,
  /** EX_DATAERR: the same message will be refused again. */
  refused: 65,
  /** EX_UNAVAILABLE: a later run may succeed. */
  unavailable: 69,
  /** EX_CONFIG: only somebody who changes the environment helps. */
  config: 78,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Also for a send that a signal ended: it was not delivered. */
export function exitCodeOf(kind: RetriedSend['kind']): ExitCode {
  const codes = { delivered: EXIT.delivered, refused: EXIT.refused, 'given up': EXIT.unavailable };
  return codes[kind];
}
