import { Readable } from 'node:stream';
import { Inject, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { AppConfig } from '../../../../config/app-config.js';
import { ByteBudget } from '../../../../core/byte-budget.js';
import { AppError } from '../../../../core/errors.js';
import { LineSplitter } from '../../../../core/line-splitter.js';
import { jsonBody } from '../../../../http/json-body.js';
import { Lifecycle } from '../../../../process/lifecycle.js';
import { CONFIG } from '../../../../process/tokens.js';
import { ApiMetrics } from '../api.metrics.js';
import { Importer } from './importer.js';
import { itemsOfArray, itemsOfLines } from './import-item.js';
import type { Existing } from './import-run.js';
import { ImportReport } from './report.js';
import { spool } from './spool.js';

/** Under way at once. */
const MOST_IMPORTS = 2;
/** For the lines of one to arrive, milliseconds. */
const WHOLE_MS = 15 * 60_000;

/** Imports: a JSON array, or a stream of lines that is kept whole before anything of it is done. */
@Injectable()
export class ImportService {
  private underWay = 0;

  constructor(
    private readonly importer: Importer,
    private readonly metrics: ApiMetrics,
    private readonly lifecycle: Lifecycle,
    private readonly budget: ByteBudget,
    @Inject(CONFIG) private readonly config: Pick<AppConfig, 'http' | 'scheduler'>,
  ) {}

  /** @throws AppError of the whole import, before anything is done */
  async run(request: FastifyRequest, existing: Existing): Promise<ImportReport> {
    if (this.underWay >= MOST_IMPORTS) {
      const text = `${MOST_IMPORTS} imports are under way; nothing of this one was done.`;
      throw new AppError('BUFFER_FULL', text, { retryAfterS: 5 });
    }
    this.underWay += 1;
    try {
      const { body } = request;
      return body instanceof Readable
        ? await this.stream(body, existing)
        : await this.array(request, existing);
    } finally {
      this.underWay -= 1;
    }
  }

  private async array(request: FastifyRequest, existing: Existing): Promise<ImportReport> {
    const report = new ImportReport('index', this.metrics);
    const items = await itemsOfArray(jsonBody(request), this.config.scheduler.maxImport);
    await this.importer.run(items, existing, report);
    return report;
  }

  private async stream(body: Readable, existing: Existing): Promise<ImportReport> {
    const { http, scheduler } = this.config;
    const { stopping } = this.lifecycle;
    const limits = { lines: scheduler.maxImport, stallMs: http.bodyTimeoutMs, wholeMs: WHOLE_MS, stopping };
    const kept = await spool(body, limits);
    try {
      const report = new ImportReport('line', this.metrics);
      const splitter = new LineSplitter(http.bodyLimit, this.budget);
      await this.importer.run(itemsOfLines(kept.chunks(), splitter), existing, report);
      return report;
    } finally {
      await kept.dispose();
    }
  }
}
