import type { MonitorText } from '../monitor-texts.js';

export const FORMATS = ['json', 'ndjson'] as const;
export type ExportFormat = (typeof FORMATS)[number];

/** What stands around the monitors; `none`: instead of all. */
const JSON_MARKS = { begin: '[\n', between: ',\n', end: '\n]\n', none: '[]\n' };
const LINE_MARKS = { begin: '', between: '\n', end: '\n', none: '' };

/** A piece is written when it is so long; a client that stands still holds one of them. */
const PIECE_CHARS = 64 * 1024;

/** All monitors as an import takes them, in pieces. */
export async function* exportPieces(
  monitors: AsyncIterable<MonitorText>,
  format: ExportFormat,
): AsyncGenerator<string> {
  const marks = format === 'json' ? JSON_MARKS : LINE_MARKS;
  let piece = '';
  let before = marks.begin;
  let isEmpty = true;
  for await (const { text } of monitors) {
    piece += before + text;
    before = marks.between;
    isEmpty = false;
    if (piece.length < PIECE_CHARS) continue;
    yield piece;
    piece = '';
  }
  yield piece + (isEmpty ? marks.none : marks.end);
}
