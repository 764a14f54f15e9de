import { Module } from '@nestjs/common';
import { discoverChecks } from '../../../checks/discover-checks.js';
import { Announcer } from './announcer.js';
import { ApiMetrics } from './api.metrics.js';
import { BulkController } from './bulk.controller.js';
import { ChecksController } from './checks.controller.js';
import { Editor } from './editor.js';
import { ExportService } from './export/export.service.js';
import { ImportWriter } from './import/import-writer.js';
import { ImportService } from './import/import.service.js';
import { Importer } from './import/importer.js';
import { MonitorActionsController } from './monitor-actions.controller.js';
import { MonitorsController } from './monitors.controller.js';
import { PushController } from './push/push.controller.js';
import { Room } from './room.js';
import { Rules } from './rules.js';
import { RunNow } from './run-now.js';
import { CHECKS } from './tokens.js';

/** Monitors over HTTP: create, read, edit, import, export, pause, run now, history, push. On any process, leader or not. */
@Module({
  controllers: [
    BulkController,
    MonitorsController,
    MonitorActionsController,
    ChecksController,
    PushController,
  ],
  providers: [
    { provide: CHECKS, useFactory: discoverChecks },
    ApiMetrics,
    Announcer,
    Room,
    Rules,
    Editor,
    RunNow,
    ExportService,
    ImportService,
    Importer,
    ImportWriter,
  ],
})
export class MonitorsApiModule {}
