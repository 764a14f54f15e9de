import { AppError } from '../core/errors.js';
import { jsonExcess, JsonScan, type JsonBounds } from '../core/json-scan.js';
import { OPEN_BRACKET, skipSpace } from '../core/json-text.js';
import type { JsonWalk } from '../core/json-walk.js';
import { LONG_TEXT, longTextOf, walkLong } from '../core/long-json.js';
import { Pauses, readInSteps } from '../core/pauses.js';
import type { Turns } from '../core/turns.js';
import { refuseExcess } from './body-bounds.js';

/** One element of an array: its text without the space around it, and what it parses to; a `LongValue` where that is long. */
export interface Element {
  text: string;
  value: unknown;
}

/**
 * One JSON value whose text is too long to be parsed in one go: JSON.parse cannot be interrupted. It is checked, and
 * parts of it are found, with other work done in between.
 */
export class LongValue {
  constructor(
    readonly text: string,
    /** Where the text begins in the body; undefined where it is a line of a stream. */
    private readonly from: number | undefined,
  ) {}

  /** Checks that it is JSON; where the members of these names lie. @throws AppError MALFORMED_JSON */
  async walk(names: readonly string[] = []): Promise<JsonWalk> {
    const walk = await walkLong(this.text, names);
    if (walk.errorAt === null) return walk;
    if (this.from === undefined) throw malformed('The line is not valid JSON.');
    throw walk.errorAt === this.text.length
      ? endsEarly(this.from, this.text)
      : notJson(this.from + walk.errorAt);
  }
}

/** A JSON array whose elements are parsed one by one, with other work done in between: it never exists as a whole. */
export class LargeArray {
  constructor(
    private readonly text: string,
    private readonly scan: Pick<JsonScan, 'commas' | 'outerCommas'>,
    private readonly turns: Turns,
    /** Throws when nobody waits for the answer any longer. */
    private readonly throwIfGone: () => void,
  ) {}

  /** At least 1: `[ ]` has one element that is no JSON. */
  get length(): number {
    return this.scan.outerCommas + 1;
  }

  /**
   * Calls `use` for each element in order; one large array at a time is read in this process.
   * @throws AppError MALFORMED_JSON, BODY_TOO_COMPLEX, and what `use` throws
   */
  each(bounds: JsonBounds, use: (element: Element, index: number) => void | Promise<void>): Promise<void> {
    return this.turns.run(async () => {
      const pauses = new Pauses();
      for (let index = 0; index < this.length; index += 1) {
        if (pauses.isDue) {
          await pauses.now();
          this.throwIfGone();
        }
        const { from, text } = this.slice(index);
        const what = `Element ${index} of the body`;
        let value: unknown;
        if (text.length > LONG_TEXT) value = await longValue(text, { bounds, what, from });
        else {
          refuseExcess(jsonExcess(text, bounds), what);
          value = parseJson(text, from);
        }
        const used = use({ text: text.trim(), value }, index);
        if (used) await used;
      }
    });
  }

  /** The texts of the elements, for a second reading. */
  *texts(): Generator<string> {
    for (let index = 0; index < this.length; index += 1) yield this.slice(index).text;
  }

  private slice(index: number): { from: number; text: string } {
    const from = (this.scan.commas[index - 1] ?? this.text.indexOf('[')) + 1;
    const to = this.scan.commas[index] ?? this.text.lastIndexOf(']');
    return { from, text: this.text.slice(from, to) };
  }
}

/** Whether a text begins and ends as an array does; what lies in between shows when its elements are parsed. */
export function isArrayText(text: string): boolean {
  if (text.charCodeAt(skipSpace(text, 0)) !== OPEN_BRACKET) return false;
  if (text.trimEnd().endsWith(']')) return true;
  throw malformed('Malformed JSON: it ends too early');
}

/** Whether nothing but white space lies between the brackets of an array's text. */
export function isEmptyArray(text: string): boolean {
  return text.slice(text.indexOf('[') + 1, text.lastIndexOf(']')).trim() === '';
}

/** Measures a long text, with other work done in between. */
export async function scanLarge(text: string, withCommas = true): Promise<JsonScan> {
  const scan = new JsonScan(text, withCommas);
  await readInSteps(scan);
  return scan;
}

/** @throws AppError BODY_TOO_COMPLEX */
async function longValue(
  text: string,
  { bounds, what, from }: { bounds: JsonBounds; what: string; from: number | undefined },
): Promise<LongValue> {
  refuseExcess((await scanLarge(text, false)).excess(bounds), what);
  return new LongValue(text, from);
}

/** What a long line of a stream holds; its bytes are UTF-8. @throws AppError BODY_TOO_COMPLEX */
export async function longLine(bytes: Buffer, bounds: JsonBounds): Promise<LongValue> {
  return longValue(await longTextOf(bytes), { bounds, what: 'The line', from: undefined });
}

/** What a line of a stream parses to. @throws AppError MALFORMED_JSON, BODY_TOO_COMPLEX */
export function parseLine(text: string, bounds: JsonBounds): unknown {
  refuseExcess(jsonExcess(text, bounds), 'The line');
  try {
    return JSON.parse(text);
  } catch {
    throw malformed('The line is not valid JSON.');
  }
}

/** `from`: where the text begins in the body. V8's own message quotes the body, which may hold secrets. @throws AppError MALFORMED_JSON */
export function parseJson(text: string, from = 0): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const { message } = error as Error;
    const at = /position (\d+)/.exec(message)?.[1];
    if (at !== undefined) throw notJson(from + Number(at));
    throw message.includes('end of JSON')
      ? endsEarly(from, text)
      : malformed('Malformed JSON: it is not valid JSON');
  }
}

function notJson(at: number): AppError {
  return malformed(`Malformed JSON at character ${at}`);
}

/** An element ends too early where the next comma stands, the body where nothing more comes. */
function endsEarly(from: number, text: string): AppError {
  return from > 0 ? notJson(from + text.length) : malformed('Malformed JSON: it ends too early');
}

export function malformed(message: string): AppError {
  return new AppError('MALFORMED_JSON', message);
}
