import type { Readable } from 'node:stream';
import { Inject, Injectable } from '@nestjs/common';
import type { AppConfig } from '../../config/app-config.js';
import type { BoundedQueue } from '../../core/bounded-queue.js';
import { ByteBudget } from '../../core/byte-budget.js';
import { AppError, asAppError } from '../../core/errors.js';
import { IdleTimer } from '../../core/idle-timer.js';
import { LineSplitter, type Line } from '../../core/line-splitter.js';
import { Pauses } from '../../core/pauses.js';
import { untilAborted } from '../../core/until-aborted.js';
import { inRequestOrder, type RecordResult } from '../../gateway/answers.js';
import type { Enrichment } from '../../gateway/enrichment.js';
import { readLongRecord, readRecord, type ReadRecord } from '../../gateway/read-record.js';
import { SendService } from '../../gateway/send.service.js';
import { LARGE_VALUE } from '../../http/body-bounds.js';
import { longLine, parseLine } from '../../http/bounded-json.js';
import { Lifecycle } from '../../process/lifecycle.js';
import { CONFIG } from '../../process/tokens.js';
import { BatchMetrics } from './batch.metrics.js';
import { startPatiently } from './start-patiently.js';

/** Groups of lines on their way: their results, in the order of the lines. */
export type Groups = BoundedQueue<Promise<RecordResult[]>>;

/** Lines that are checked and appended in one go. */
const GROUP_LINES = 250;
/** Bytes of a line too long to be taken, or of blank lines, as a multiple of BODY_LIMIT: work that no result line shows. */
const BARREN_BODIES = 2;
/** What a line takes besides its bytes: its record, its outcome, its result. */
const LINE_OVERHEAD = 300;

/** Reads the lines of a stream and hands their records to the log, no faster than their results are taken. */
@Injectable()
export class StreamReader {
  constructor(
    private readonly sends: SendService,
    private readonly metrics: BatchMetrics,
    private readonly lifecycle: Lifecycle,
    private readonly budget: ByteBudget,
    @Inject(CONFIG) private readonly config: Pick<AppConfig, 'gateway' | 'http'>,
  ) {}

  /**
   * Resolves at the stream's end.
   * @throws AppError BUFFER_FULL, SHUTTING_DOWN, STREAM_BROKEN, BODY_TIMEOUT, BODY_TOO_LARGE, and the stream's own
   */
  async read(body: Readable, groups: Groups): Promise<void> {
    const splitter = new LineSplitter(this.config.http.bodyLimit, this.budget);
    let count = 0;
    const pauses = new Pauses();
    const take = async (lines: Line[]) => {
      for (let at = 0; at < lines.length; at += GROUP_LINES) {
        const group = lines.slice(at, at + GROUP_LINES);
        await pauses.ifDue();
        const { results } = await this.append(group, count);
        count += group.length;
        if (!(await groups.push(results, weightOf(group)))) return false;
      }
      return true;
    };
    const { stopping } = this.lifecycle;
    // It runs while the next line is waited for, not while the client is held up.
    const idle = new IdleTimer(this.config.gateway.streamIdleMs);
    let barren = 0;
    try {
      for await (const chunk of untilAborted(body, AbortSignal.any([stopping, idle.signal]))) {
        const lines = splitter.push(chunk);
        barren = lines.length > 0 ? 0 : barren + chunk.length;
        if (barren > BARREN_BODIES * this.config.http.bodyLimit) throw barrenStream();
        if (lines.length === 0) continue;
        idle.stop();
        if (!(await take(lines))) return;
        idle.start();
      }
      if (stopping.aborted) throw stopped();
      if (idle.signal.aborted) throw silent();
      await take(splitter.end());
    } finally {
      idle.stop();
      splitter.release();
    }
  }

  /** Resolves when the lines' records are in the log's buffer: those of the next lines come behind them. */
  private async append(lines: readonly Line[], first: number): Promise<{ results: Promise<RecordResult[]> }> {
    const now = Date.now();
    const enrichment = this.sends.enrichment(now);
    const read: ReadRecord[] = [];
    for (const [index, line] of lines.entries()) {
      const item = readLine(line, ['body', first + index], enrichment, now);
      read.push(item instanceof Promise ? await item : item);
    }
    const records = read.flatMap((item) => (item.ok ? [item.record] : []));
    const { produceTimeoutMs } = this.config.gateway;
    const { outcomes } = await startPatiently(this.sends, records, now, produceTimeoutMs);
    const results = outcomes.then((known) => {
      const inOrder = inRequestOrder(read, known);
      this.metrics.count(inOrder);
      return inOrder;
    });
    return { results };
  }
}

/** A promise where the line is too long to be parsed in one go. */
function readLine(
  line: Line,
  at: (string | number)[],
  enrichment: Enrichment,
  now: number,
): ReadRecord | Promise<ReadRecord> {
  if ('error' in line) return refused(line.error);
  if ('bytes' in line)
    return longLine(line.bytes, LARGE_VALUE)
      .then((long) => readLongRecord(long, at, enrichment, now))
      .catch(refused);
  try {
    return readRecord({ text: line.text, value: parseLine(line.text, LARGE_VALUE), at }, enrichment, now);
  } catch (error) {
    return refused(error);
  }
}

function refused(error: unknown): ReadRecord {
  return { ok: false, topic: null, error: asAppError(error) };
}

function weightOf(lines: readonly Line[]): number {
  return lines.reduce((sum, line) => sum + LINE_OVERHEAD + lengthOf(line), 0);
}

function lengthOf(line: Line): number {
  if ('text' in line) return line.text.length;
  return 'bytes' in line ? line.bytes.length : 0;
}

function silent(): AppError {
  return new AppError('BODY_TIMEOUT', 'No whole line came for STREAM_IDLE_MS: open a new stream.');
}

function barrenStream(): AppError {
  const text = `More than ${BARREN_BODIES} times BODY_LIMIT came without a line that can be taken: end each record with a newline, and send no blank lines.`;
  return new AppError('BODY_TOO_LARGE', text);
}

function stopped(): AppError {
  const text = 'The service stops: send what has no result line to it again, or to another.';
  return new AppError('SHUTTING_DOWN', text);
}
