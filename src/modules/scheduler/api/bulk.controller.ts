import { Controller, Get, Post, Query, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { LargeBody } from '../../../http/body-bounds.js';
import { invalid, type FieldError } from '../../../http/validation.js';
import { MonitorStore, type Monitor } from '../../../ports/monitor-store.port.js';
import { ExportDocs, ImportDocs } from './bulk.docs.js';
import { exportPieces, FORMATS } from './export/export-pieces.js';
import { ExportService } from './export/export.service.js';
import { EXISTING } from './import/import-run.js';
import { ImportService } from './import/import.service.js';
import { monitorExport } from './monitor.view.js';
import { monitorTexts } from './monitor-texts.js';
import { booleanIn, filterQuery, wordIn } from './monitors.query.js';
import { Rules } from './rules.js';

type Query_ = Record<string, unknown>;

/** Many monitors at once. */
@Controller('monitors')
export class BulkController {
  constructor(
    private readonly imports: ImportService,
    private readonly store: MonitorStore,
    private readonly rules: Rules,
    private readonly exports: ExportService,
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
  async export(
    @Query() query: Query_,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const errors: FieldError[] = [];
    const format = wordIn(query, 'format', FORMATS, errors) ?? 'json';
    const secrets = booleanIn(query, 'secrets', errors) ?? false;
    if (errors.length > 0) throw invalid(errors);
    const checks = secrets ? null : this.rules.checks;
    const view = (monitor: Monitor) => monitorExport(monitor, checks);
    const monitors = monitorTexts(this.store, filterQuery(query), null, view);
    const type = format === 'json' ? 'application/json' : 'application/x-ndjson';
    void reply
      .header('content-type', `${type}; charset=utf-8`)
      .header('content-disposition', `attachment; filename="monitors.${format}"`)
      .header('cache-control', 'no-store');
    await this.exports.write(exportPieces(monitors, format), request, reply);
  }
}
