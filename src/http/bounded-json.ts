import { AppError } from '../core/errors.js';
import { jsonExcess, JsonScan, type JsonBounds } from '../core/json-scan.js';
import { OPEN_BRACKET, skipSpace } from '../core/json-text.js';
import { Pauses } from '../core/pauses.js';
import type { Turns } from '../core/turns.js';
import { refuseExcess } from './body-bounds.js';

/** Characters that are scanned in one go: less than 5 ms. */
const STEP = 1024 * 1024;

/** One element of an array: its text without the space around it, and what it parses to. */
export interface Element {
  text: string;
  value: unknown;
}

/** A JSON array whose elements are parsed one by one, with other work done in between: it never exists as a whole. */
export class LargeArray {
  constructor(
    private readonly text: string,
    /** The commas between its elements. */
    private readonly commas: readonly number[],
    private readonly turns: Turns,
    /** Throws when nobody waits for the answer any longer. */
    private readonly throwIfGone: () => void,
  ) {}

  get length(): number {
    return this.commas.length + 1;
  }

  /**
   * Calls `use` for each element in order; one large array at a time is read in this process.
   * @throws AppError MALFORMED_JSON, BODY_TOO_COMPLEX, and what `use` throws
   */
  each(bounds: JsonBounds, use: (element: Element, index: number) => void): Promise<void> {
    return this.turns.run(async () => {
      const pauses = new Pauses();
      for (let index = 0; index < this.length; index += 1) {
        if (await pauses.ifDue()) this.throwIfGone();
        const { from, text } = this.slice(index);
        refuseExcess(jsonExcess(text, bounds), `Element ${index} of the body`);
        use({ text: text.trim(), value: parseJson(text, from) }, index);
      }
    });
  }

  /** The texts of the elements, for a second reading. */
  *texts(): Generator<string> {
    for (let index = 0; index < this.length; index += 1) yield this.slice(index).text;
  }

  private slice(index: number): { from: number; text: string } {
    const from = (this.commas[index - 1] ?? this.text.indexOf('[')) + 1;
    const to = this.commas[index] ?? this.text.lastIndexOf(']');
    return { from, text: this.text.slice(from, to) };
  }
}

/** Whether a text begins and ends as an array does; what lies in between shows when its elements are parsed. */
export function isArrayText(text: string): boolean {
  if (text.charCodeAt(skipSpace(text, 0)) !== OPEN_BRACKET) return false;
  if (text.trimEnd().endsWith(']')) return true;
  throw malformed('Malformed JSON: it ends too early');
}

/** Measures a long text, with other work done in between. */
export async function scanLarge(text: string): Promise<JsonScan> {
  const scan = new JsonScan(text, true);
  const pauses = new Pauses();
  while (!scan.advance(STEP)) await pauses.ifDue();
  return scan;
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
    if (at !== undefined) throw malformed(`Malformed JSON at character ${from + Number(at)}`);
    if (!message.includes('end of JSON')) throw malformed('Malformed JSON: it is not valid JSON');
    // An element ends too early where the next comma stands, the body where nothing more comes.
    throw malformed(
      from > 0 ? `Malformed JSON at character ${from + text.length}` : 'Malformed JSON: it ends too early',
    );
  }
}

export function malformed(message: string): AppError {
  return new AppError('MALFORMED_JSON', message);
}
