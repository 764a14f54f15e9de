import type { Clock } from '../../../core/clock.js';
import { AppError, asAppError } from '../../../core/errors.js';
import type { EmitEnd, EmitLimits, Target } from '../message.js';
import type { GivenUp } from './entry.js';
import type { GivenUpFolder } from './given-up-folder.js';

/** A call sends no more. */
const MOST = 1000;
/** After that a call begins no further send, milliseconds. */
const LONGEST_MS = 30_000;
/** So many given up in a row are the target's fault; fewer may be their own. */
const MOST_IN_A_ROW = 3;

export interface ResendRequest {
  /** Null: all. */
  ids: readonly string[] | null;
  dryRun: boolean;
}

export interface ResendResult {
  /** Delivered, or (dry run) what would be sent. */
  ids: string[];
  /** Asked for and not there. */
  missing: string[];
  /** Still there, and why. `retryable`: it was given up, not refused, so the target may take it later. */
  failed: { id: string; reason: string; retryable: boolean }[];
  /** Why the round ended before all that was asked for; null when it did not. */
  stopped: string | null;
}

/** Where to, and how. */
export interface ResendWay {
  target: Target;
  /** Of each message. */
  limits: EmitLimits;
  /** Aborts: the send under way goes on, no other begins. */
  stopping?: AbortSignal;
}

/**
 * Sends what was given up again, with its key and its body, the earliest planned first and one after the other; a file
 * goes only when its message is delivered. A message that always fails holds no other up; the round ends where the target
 * shows that it takes nothing.
 */
export class Resender {
  private readonly busy = new Set<string>();

  constructor(
    private readonly folder: GivenUpFolder,
    private readonly clock: Clock,
  ) {}

  /** @throws AppError RESEND_IN_PROGRESS while another round of that emitter is under way; OUTPUT_UNUSABLE */
  async resend(emitter: string, request: ResendRequest, way: ResendWay): Promise<ResendResult> {
    if (this.busy.has(emitter)) {
      const text = `Messages of emitter ${emitter} are being sent again already; try again when that is over.`;
      throw new AppError('RESEND_IN_PROGRESS', text);
    }
    this.busy.add(emitter);
    try {
      return await this.round(emitter, request, way);
    } finally {
      this.busy.delete(emitter);
    }
  }

  private async round(
    emitter: string,
    { ids, dryRun }: ResendRequest,
    way: ResendWay,
  ): Promise<ResendResult> {
    const there = await this.folder.ids(emitter);
    const wanted = new Set(ids ?? there);
    const found = there.filter((id) => wanted.delete(id));
    const result: ResendResult = { ids: [], missing: [...wanted], failed: [], stopped: null };
    const end = this.clock.monotonic() + LONGEST_MS;
    let inARow = 0;
    for (const [tried, id] of found.entries()) {
      if (tried === MOST) result.stopped = `a call sends ${MOST} at most`;
      else if (this.clock.monotonic() >= end) result.stopped = 'the time of a call is over';
      else if (!dryRun) result.stopped = stops(inARow, way);
      if (result.stopped !== null) break;
      const sent = dryRun ? await this.look(emitter, id, result) : await this.one(emitter, id, way, result);
      if (sent !== null) inARow = sent === 'given up' ? inARow + 1 : 0;
    }
    return result;
  }

  private async look(emitter: string, id: string, result: ResendResult): Promise<null> {
    if (await this.read(emitter, id, result)) result.ids.push(id);
    return null;
  }

  /** Null: its file is none that can be sent. */
  private async one(
    emitter: string,
    id: string,
    way: ResendWay,
    result: ResendResult,
  ): Promise<EmitEnd | null> {
    const entry = await this.read(emitter, id, result);
    if (!entry) return null;
    const { key, plannedAt, body } = entry;
    const { end, reason } = await way.target.send({ emitter, key, plannedAt, body }, way.limits);
    if (end === 'delivered') await this.remove(emitter, id, result);
    else result.failed.push({ id, reason, retryable: end === 'given up' });
    return end;
  }

  private async remove(emitter: string, id: string, result: ResendResult): Promise<void> {
    result.ids.push(id);
    try {
      await this.folder.discard(emitter, id);
    } catch (thrown) {
      const { code, message } = asAppError(thrown);
      if (code === 'GIVEN_UP_UNKNOWN') return; // somebody was quicker
      result.failed.push({ id, reason: `delivered, but its file stays: ${message}`, retryable: false });
    }
  }

  /** What is wrong with one file holds no other up. */
  private async read(emitter: string, id: string, result: ResendResult): Promise<GivenUp | null> {
    try {
      return await this.folder.get(emitter, id);
    } catch (thrown) {
      const { code, message } = asAppError(thrown);
      if (code === 'GIVEN_UP_UNKNOWN') result.missing.push(id);
      else result.failed.push({ id, reason: message, retryable: false });
      return null;
    }
  }
}

/** Why no other should be sent. */
function stops(inARow: number, { target, limits, stopping }: ResendWay): string | null {
  if (stopping?.aborted || limits.signal.aborted) return 'the process stops';
  if (target.circuitOpen) return 'the circuit is open, for the target keeps failing: try later';
  return inARow === MOST_IN_A_ROW ? 'the target takes nothing at present: try later' : null;
}
