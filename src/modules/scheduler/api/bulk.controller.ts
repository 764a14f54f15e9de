import { Controller, Get, Inject, Post, Query, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { AppConfig } from '../../../config/app-config.js';
import { LargeBody } from '../../../http/body-bounds.js';
import { invalid, type FieldError } from '../../../http/validation.js';
import { MonitorStore, type Monitor } from '../../../ports/monitor-store.port.js';
import { Lifecycle } from '../../../process/lifecycle.js';
import { CONFIG } from '../../../process/tokens.js';
import { ExportDocs, ImportDocs } from './bulk.docs.js';
import { exportStream, FORMATS } from './export/export-stream.js';
import { EXISTING } from './import/import-run.js';
import { ImportService } from './import/import.service.js';
import { monitorExport } from './monitor.view.js';
import { booleanIn, filterQuery, wordIn } from './monitors.query.js';
import { Rules } from './rules.js';

/** Monitors read at once: their configs may be of 60 KB each. */
const PAGE = 100;

type Query_ = Record<string, unknown>;

/** Many monitors at once. */
@Controller('monitors')
export class BulkController {
  constructor(
    private readonly imports: ImportService,
    private readonly store: MonitorStore,
    private readonly rules: Rules,
    private readonly lifecycle: Lifecycle,
    @Inject(CONFIG) private readonly config: Pick<AppConfig, 'gateway'>,
  ) {}

  @Post('import')
  @LargeBody('array')
  @ImportDocs()
  async import(
    @Req() request: FastifyRequest,
    @Query() query: Query_,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const errors: FieldError[] = [];
    const existing = wordIn(query, 'existing', EXISTING, errors) ?? 'replace';
    if (errors.length > 0) throw invalid(errors);
    const report = await this.imports.run(request, existing);
    void reply.status(report.status);
    if (report.status === 503) void reply.header('retry-after', '1');
    return report.answer(request.id);
  }

  /** The answer is written page by page. */
  @Get('export')
  @ExportDocs()
  async export(@Query() query: Query_, @Res() reply: FastifyReply): Promise<void> {
    const errors: FieldError[] = [];
    const format = wordIn(query, 'format', FORMATS, errors) ?? 'json';
    const secrets = booleanIn(query, 'secrets', errors) ?? false;
    if (errors.length > 0) throw invalid(errors);
    const filter = filterQuery(query);
    const page = (after: string | null) => this.store.page(filter, after, PAGE);
    const checks = secrets ? null : this.rules.checks;
    const stream = exportStream(await page(null), {
      format,
      page,
      pageSize: PAGE,
      view: (monitor: Monitor) => monitorExport(monitor, checks),
      stallMs: this.config.gateway.streamStallMs,
      stopping: this.lifecycle.stopping,
    });
    const type = format === 'json' ? 'application/json' : 'application/x-ndjson';
    void reply
      .header('content-type', `${type}; charset=utf-8`)
      .header('content-disposition', `attachment; filename="monitors.${format}"`)
      .header('cache-control', 'no-store')
      .send(stream);
  }
}
