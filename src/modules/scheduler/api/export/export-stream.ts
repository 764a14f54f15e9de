import { Readable } from 'node:stream';
import { AppError } from '../../../../core/errors.js';
import type { Monitor } from '../../../../ports/monitor-store.port.js';

export const FORMATS = ['json', 'ndjson'] as const;
export type ExportFormat = (typeof FORMATS)[number];

/** What stands around the monitors; `none`: instead of all. */
const JSON_MARKS = { begin: '[\n', between: ',\n', end: '\n]\n', none: '[]\n' };
const LINE_MARKS = { begin: '', between: '\n', end: '\n', none: '' };

/** What a client that reads nothing has while the process stops, milliseconds. */
const STOP_MS = 2000;

export interface ExportOptions {
  format: ExportFormat;
  /** The page after this one; shorter than a page when it is the last. */
  page: (after: string | null) => Promise<Monitor[]>;
  pageSize: number;
  view: (monitor: Monitor) => unknown;
  /** How long the client may read nothing, milliseconds. */
  stallMs: number;
  stopping: AbortSignal;
}

/**
 * All monitors as text, a page at a time, no faster than they are read. `first` is the first page, so that a database
 * that is away is an error of the request; later the transfer is broken off, without the end of its JSON.
 */
export function exportStream(first: Monitor[], options: ExportOptions): Readable {
  const stream: Readable = Readable.from(
    watched(texts(first, options), options, () => stream),
    {
      objectMode: false,
      highWaterMark: 64 * 1024,
    },
  );
  return stream;
}

async function* texts(first: Monitor[], options: ExportOptions): AsyncGenerator<string> {
  const marks = options.format === 'json' ? JSON_MARKS : LINE_MARKS;
  let before = marks.begin;
  for (let monitors = first; ; monitors = await options.page(monitors.at(-1)?.id ?? null)) {
    const lines = monitors.map((monitor) => JSON.stringify(options.view(monitor)));
    if (lines.length > 0) {
      yield before + lines.join(marks.between);
      before = marks.between;
    }
    if (monitors.length < options.pageSize) break;
  }
  yield before === marks.begin ? marks.none : marks.end;
}

/** Breaks off when the reader takes nothing for too long, or soon after the process begins to stop. */
async function* watched(
  pieces: AsyncGenerator<string>,
  { stallMs, stopping }: ExportOptions,
  stream: () => Readable,
): AsyncGenerator<string> {
  for await (const piece of pieces) {
    if (stopping.aborted) throw stopped();
    const giveUp = () => void stream().destroy(stalled());
    let timer = setTimeout(giveUp, stallMs);
    const hurry = () => {
      clearTimeout(timer);
      timer = setTimeout(giveUp, STOP_MS);
    };
    stopping.addEventListener('abort', hurry, { once: true });
    try {
      yield piece;
    } finally {
      clearTimeout(timer);
      stopping.removeEventListener('abort', hurry);
    }
  }
}

function stalled(): AppError {
  return new AppError('STREAM_STALLED', 'The export was not read for STREAM_STALL_MS.');
}

function stopped(): AppError {
  return new AppError('SHUTTING_DOWN', 'The service stops; the export is not whole.');
}
