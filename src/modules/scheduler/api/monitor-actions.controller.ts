import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { CheckedBody } from '../../../http/checked-body.js';
import { LargeAnswer } from '../../../http/large-answer.js';
import { MonitorStore } from '../../../ports/monitor-store.port.js';
import { Editor } from './editor.js';
import { cursorOf, historyQuery } from './history.query.js';
import { knownMonitor } from './known-monitor.js';
import { HistoryDocs, PauseDocs, ResumeDocs, RunDocs } from './monitor-actions.docs.js';
import { monitorView, resultView } from './monitor.view.js';
import { Rules } from './rules.js';
import { RunNow } from './run-now.js';

/** Nothing to say: `{}`. */
export class NoFields {}

/** One monitor: its results; hold it, let it go, check it now. */
@Controller('monitors/:id')
export class MonitorActionsController {
  constructor(
    private readonly store: MonitorStore,
    private readonly editor: Editor,
    private readonly runNow: RunNow,
    private readonly rules: Rules,
  ) {}

  @Get('history')
  @LargeAnswer()
  @HistoryDocs()
  async history(@Param('id') id: string, @Query() query: Record<string, unknown>) {
    const { limit, before } = historyQuery(query);
    const monitor = await knownMonitor(this.store, id);
    const found = await this.store.history(monitor.id, before, limit + 1);
    const results = found.slice(0, limit);
    const last = results.at(-1);
    const next = last && found.length > limit ? cursorOf(last) : null;
    return { results: results.map(resultView), next };
  }

  @Post('pause')
  @HttpCode(200)
  @PauseDocs()
  pause(@Param('id') id: string, @Body(new CheckedBody(NoFields)) _nothing: NoFields) {
    return this.setActive(id, false);
  }

  @Post('resume')
  @HttpCode(200)
  @ResumeDocs()
  resume(@Param('id') id: string, @Body(new CheckedBody(NoFields)) _nothing: NoFields) {
    return this.setActive(id, true);
  }

  @Post('run')
  @HttpCode(202)
  @RunDocs()
  run(@Param('id') id: string, @Body(new CheckedBody(NoFields)) _nothing: NoFields) {
    return this.runNow.run(id);
  }

  private async setActive(id: string, active: boolean) {
    const change = (old: { active: boolean }) => (old.active === active ? {} : { active });
    const monitor = await this.editor.edit(id, change, null, active ? 'resumed' : 'paused');
    return monitorView(monitor, this.rules.checks);
  }
}
