/** Parts of a JSON number, each named by what was last read of it. */
const START = 0;
const ZERO = 1;
const DIGITS = 2;
const POINT = 3;
const FRACTION = 4;
const E = 5;
const E_SIGN = 6;
const EXPONENT = 7;
const NONE = -1;

/** By part: what it becomes with 0, with 1 to 9, with a point, with e or E, with a sign. */
const NEXT: readonly (readonly number[])[] = [
  [ZERO, DIGITS, NONE, NONE, NONE],
  [NONE, NONE, POINT, E, NONE],
  [DIGITS, DIGITS, POINT, E, NONE],
  [FRACTION, FRACTION, NONE, NONE, NONE],
  [FRACTION, FRACTION, NONE, E, NONE],
  [EXPONENT, EXPONENT, NONE, NONE, E_SIGN],
  [EXPONENT, EXPONENT, NONE, NONE, NONE],
  [EXPONENT, EXPONENT, NONE, NONE, NONE],
];
const ENDS = [ZERO, DIGITS, FRACTION, EXPONENT];

const KINDS: Record<string, number> = { '0': 0, '.': 2, e: 3, E: 3, '+': 4, '-': 4 };
for (let digit = 1; digit <= 9; digit += 1) KINDS[digit] = 1;
const KIND_BY_CODE = Array.from({ length: 128 }, (_, code) => KINDS[String.fromCharCode(code)]);

/** The grammar of JSON numbers, one character after the other: a number may be as long as a body. */
export class JsonNumber {
  private part = START;

  /** Begins a new one, after its minus. */
  begin(): void {
    this.part = START;
  }

  /** False when the character is not of the number any more. */
  take(code: number): boolean {
    const kind = KIND_BY_CODE[code];
    const next = kind === undefined ? NONE : (NEXT[this.part]?.[kind] ?? NONE);
    if (next === NONE) return false;
    this.part = next;
    return true;
  }

  /** Whether it may end here. */
  get isWhole(): boolean {
    return ENDS.includes(this.part);
  }
}
