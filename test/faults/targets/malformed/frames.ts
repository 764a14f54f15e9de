/** The shortest frames that a correct server never sends, for one protocol. */
export interface Malformed {
  /** Frames that have ended or frozen a client library: sent in every run. */
  known: readonly Buffer[];
  /** Variations of them: a random choice, as many as a run has room for. */
  others: readonly Buffer[];
}

export const hex = (...texts: string[]): Buffer[] =>
  texts.map((text) => Buffer.from(text.replaceAll(' ', ''), 'hex'));

export const latin1 = (...texts: string[]): Buffer[] => texts.map((text) => Buffer.from(text, 'latin1'));

export function int32(value: number, isLittle = false): Buffer {
  const bytes = Buffer.alloc(4);
  if (isLittle) bytes.writeInt32LE(value | 0);
  else bytes.writeInt32BE(value | 0);
  return bytes;
}

/** Values of a length field that parsers have mishandled. */
export const LENGTHS = [
  0, 1, 2, 3, 4, 5, 6, 7, 8, 15, 16, 17, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff,
];

const REPEATED_BYTES = [0x00, 0xff, 0x7f, 0x80, 0x0a, 0x20].flatMap((byte) =>
  Array.from({ length: 8 }, (_, more) => Buffer.alloc(more + 1, byte)),
);

/** Frames for every protocol: one to eight equal bytes, and none at all, which closes the connection. */
export const ANY = [Buffer.alloc(0), ...REPEATED_BYTES];
