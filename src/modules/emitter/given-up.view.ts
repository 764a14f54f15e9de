import type { GivenUp } from './given-up/entry.js';
import type { Listed } from './given-up/given-up-folder.js';

/** As lists show it: everything but the body. */
export function entryHead(entry: Listed) {
  if ('unreadable' in entry) return entry;
  return {
    id: entry.id,
    emitter: entry.emitter,
    key: entry.key,
    planned_at: new Date(entry.plannedAt).toISOString(),
    given_up_at: new Date(entry.givenUpAt).toISOString(),
    end: entry.end.replace(' ', '_'),
    reason: entry.reason,
    attempts: entry.attempts,
    status: entry.status,
    may_have_arrived: entry.mayHaveArrived,
  };
}

/** Whole: its body is text, never parsed. */
export function entryWhole(entry: GivenUp) {
  return { ...entryHead(entry), body: entry.body };
}
