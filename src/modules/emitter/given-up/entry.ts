import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { EmitEnd, EmitMessage, EmitResult } from '../message.js';

/** A message that was not delivered, as lists show it. Times in milliseconds since the Unix epoch. */
export interface GivenUpHead {
  /** The file's name without its ending. */
  id: string;
  emitter: string;
  key: string;
  plannedAt: number;
  givenUpAt: number;
  end: Exclude<EmitEnd, 'delivered'>;
  reason: string;
  attempts: number;
  status: number | null;
  mayHaveArrived: boolean;
}

export interface GivenUp extends GivenUpHead {
  /** JSON text. */
  body: string;
}

/** As configuration has it. */
const EMITTER = /^[a-z0-9][a-z0-9-]{0,62}$/;
/** `20260131T120000000Z_key`: sorted by name, they are sorted by planned time. */
const ID = /^\d{8}T\d{9}Z_[A-Za-z0-9_-]{1,120}$/;
const LONGEST_KEY_PART = 100;
const LONGEST_REASON = 500;
/** In JSON a quote within a string has a backslash before it: this is the name of a member and nothing else. */
const BODY_MEMBER = ',"body":';

const headSchema = z.object({
  version: z.literal(1),
  emitter: z.string().regex(EMITTER),
  key: z.string().regex(/^[\x20-\x2d\x2f-\x7e]{1,255}$/),
  planned_at: z.iso.datetime(),
  given_up_at: z.iso.datetime(),
  end: z.enum(['refused', 'given up']),
  reason: z.string(),
  attempts: z.int().min(0),
  status: z.int().nullable(),
  may_have_arrived: z.boolean(),
});
const wholeSchema = headSchema.extend({ body: z.string().refine(isJson) });

/** What comes from outside is a name only when it looks like one of ours: then it is no path. */
export function isEmitterName(text: string): boolean {
  return EMITTER.test(text);
}

export function isEntryId(text: string): boolean {
  return ID.test(text);
}

/** The same for the same message, whenever it is given up. A key that is no file name is told apart by its hash. */
export function entryId({ plannedAt, key }: EmitMessage): string {
  const time = new Date(plannedAt).toISOString().replace(/[-:.]/g, '');
  const safe = key.replace(/[^A-Za-z0-9_-]/g, '_').slice(0, LONGEST_KEY_PART);
  const hash = createHash('sha256').update(key).digest('hex').slice(0, 16);
  return `${time}_${safe === key ? safe : `${safe}-${hash}`}`;
}

/** The file's text; the body comes last, so that a list need not read it. */
export function entryText(message: EmitMessage, result: EmitResult, givenUpAt: number): string {
  const { emitter, key, plannedAt, body } = message;
  const { end, reason, attempts, status, mayHaveArrived } = result;
  const entry = {
    version: 1,
    emitter,
    key,
    planned_at: new Date(plannedAt).toISOString(),
    given_up_at: new Date(givenUpAt).toISOString(),
    end,
    reason: reason.slice(0, LONGEST_REASON),
    attempts,
    status,
    may_have_arrived: mayHaveArrived,
    body,
  };
  return `${JSON.stringify(entry)}\n`;
}

/** From the beginning of a file, as far as that goes; null when it must be read whole. */
export function readHead(id: string, beginning: string): GivenUpHead | null {
  const at = beginning.indexOf(BODY_MEMBER);
  if (at === -1) return null;
  const parsed = headSchema.safeParse(fromJson(`${beginning.slice(0, at)}}`));
  return parsed.success ? headOf(id, parsed.data) : null;
}

/** Null for what is none of ours, or was damaged. */
export function readEntry(id: string, text: string): GivenUp | null {
  const parsed = wholeSchema.safeParse(fromJson(text));
  return parsed.success ? { ...headOf(id, parsed.data), body: parsed.data.body } : null;
}

function headOf(id: string, head: z.infer<typeof headSchema>): GivenUpHead {
  const { emitter, key, end, reason, attempts, status } = head;
  const plannedAt = Date.parse(head.planned_at);
  const givenUpAt = Date.parse(head.given_up_at);
  const mayHaveArrived = head.may_have_arrived;
  return { id, emitter, key, plannedAt, givenUpAt, end, reason, attempts, status, mayHaveArrived };
}

function fromJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isJson(text: string): boolean {
  return fromJson(text) !== undefined;
}
