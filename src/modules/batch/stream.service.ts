import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { Inject, Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { AppConfig } from '../../config/app-config.js';
import { AppError } from '../../core/errors.js';
import { BoundedQueue } from '../../core/bounded-queue.js';
import { failureOf, inRequestOrder, resultText, type RecordResult } from '../../gateway/answers.js';
import type { Enrichment } from '../../gateway/enrichment.js';
import { readRecord, type ReadRecord } from '../../gateway/read-record.js';
import { SendService } from '../../gateway/send.service.js';
import { ErrorTranslator } from '../../http/error-translator.js';
import { unsupportedMediaType } from '../../http/guard-content-type.js';
import { Lifecycle } from '../../process/lifecycle.js';
import { CONFIG } from '../../process/tokens.js';
import { BatchMetrics } from './batch.metrics.js';
import { LineSplitter, type Line } from './line-splitter.js';
import { ResultWriter } from './result-writer.js';
import { startPatiently } from './start-patiently.js';
import { untilAborted } from './until-aborted.js';

/** Bytes of lines that are read but not answered. Four times as much is no faster, and 80 MB more of young garbage. */
const IN_FLIGHT_BYTES = 256 * 1024;
/** Lines that are checked and appended in one go: the event loop turns between two groups. */
const GROUP_LINES = 250;
/** What a line takes besides its bytes: its record, its outcome, its result. */
const LINE_OVERHEAD = 300;
const GRACE_MS = 2000;

interface Totals {
  records: number;
  written: number;
  failed: number;
}

/** NDJSON in, one result line a record out, while the request is still being read. */
@Injectable()
export class StreamService {
  constructor(
    private readonly sends: SendService,
    private readonly metrics: BatchMetrics,
    private readonly lifecycle: Lifecycle,
    private readonly errors: ErrorTranslator,
    @Inject(CONFIG) private readonly config: Pick<AppConfig, 'gateway' | 'http'>,
  ) {}

  /** @throws AppError before the first byte of the answer only */
  async run(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    if (!(request.body instanceof Readable)) throw unsupportedMediaType('application/x-ndjson');
    if (request.headers['idempotency-key'] !== undefined) {
      throw new AppError(
        'IDEMPOTENCY_KEY_INVALID',
        'A stream takes no Idempotency-Key; send batches to have one each.',
      );
    }
    reply.hijack();
    reply.raw.writeHead(200, { 'content-type': 'application/x-ndjson; charset=utf-8' });
    reply.raw.flushHeaders();
    const writer = new ResultWriter(reply.raw, this.config.gateway.streamStallMs);
    const groups = new BoundedQueue<Promise<RecordResult[]>>(IN_FLIGHT_BYTES);
    const totals: Totals = { records: 0, written: 0, failed: 0 };
    const reading = this.read(request.body, groups).finally(() => groups.close());
    // Awaited below, when all that was read is answered; until then nobody listens.
    reading.catch(() => undefined);
    try {
      await this.answer(groups, writer, totals);
      await reading;
      await writer.end({ done: true, ...totals });
    } catch (thrown) {
      groups.close();
      const { code, message, retryable } = this.errors.translate(thrown, request);
      await writer.end({ done: false, error: { code, message, retryable }, ...totals });
      cutOff(request.raw);
    }
  }

  private async read(body: Readable, groups: BoundedQueue<Promise<RecordResult[]>>): Promise<void> {
    const splitter = new LineSplitter(this.config.http.bodyLimit);
    let count = 0;
    const take = async (lines: Line[]) => {
      for (let at = 0; at < lines.length; at += GROUP_LINES) {
        const group = lines.slice(at, at + GROUP_LINES);
        const { results } = await this.append(group, count);
        count += group.length;
        if (!(await groups.push(results, weightOf(group)))) return false;
      }
      return true;
    };
    for await (const chunk of untilAborted(body, this.lifecycle.stopping)) {
      if (!(await take(splitter.push(chunk)))) return;
    }
    if (this.lifecycle.stopping.aborted) {
      const text = 'The service stops: send what has no result line to it again, or to another.';
      throw new AppError('SHUTTING_DOWN', text);
    }
    await take(splitter.end());
  }

  /** Resolves when the lines' records are in the log's buffer: those of the next lines come behind them. */
  private async append(lines: readonly Line[], first: number): Promise<{ results: Promise<RecordResult[]> }> {
    const now = Date.now();
    const enrichment = this.sends.enrichment(now);
    const read = lines.map((line, index) => readLine(line, ['body', first + index], enrichment, now));
    const records = read.flatMap((item) => (item.ok ? [item.record] : []));
    const { outcomes: answer } = await startPatiently(
      this.sends,
      records,
      now,
      this.config.gateway.produceTimeoutMs,
    );
    const results = answer.then((outcomes) => {
      const inOrder = inRequestOrder(read, outcomes);
      this.metrics.count(inOrder);
      return inOrder;
    });
    return { results };
  }

  private async answer(
    groups: BoundedQueue<Promise<RecordResult[]>>,
    writer: ResultWriter,
    totals: Totals,
  ): Promise<void> {
    for await (const group of groups) {
      const results = await group;
      const failed = results.filter((result) => failureOf(result)).length;
      totals.records += results.length;
      totals.failed += failed;
      totals.written += results.length - failed;
      await writer.write(results.map((result) => `${resultText(result)}\n`).join(''));
    }
  }
}

function weightOf(lines: readonly Line[]): number {
  return lines.reduce((sum, line) => sum + LINE_OVERHEAD + ('text' in line ? line.text.length : 0), 0);
}

function readLine(line: Line, at: (string | number)[], enrichment: Enrichment, now: number): ReadRecord {
  if ('error' in line) return { ok: false, topic: null, error: line.error };
  try {
    return readRecord({ text: line.text, value: JSON.parse(line.text), at }, enrichment, now);
  } catch {
    return { ok: false, topic: null, error: new AppError('MALFORMED_JSON', 'The line is not valid JSON.') };
  }
}

/** What the client still sends is not wanted: a moment to read our last line, then the connection ends. */
function cutOff(request: IncomingMessage): void {
  if (request.complete) return;
  request.resume();
  request.socket.end();
  setTimeout(() => request.socket.destroy(), GRACE_MS).unref();
}
