import { Body, Controller, Get, HttpCode, Post } from '@nestjs/common';
import { CheckedBody } from '../../http/checked-body.js';
import { SchedulerStatusDocs, SchedulerSyncDocs } from './scheduler.docs.js';
import { SchedulerService } from './scheduler.service.js';
import { reportView, statusView } from './scheduler.view.js';

/** Nothing to say: `{}`. */
export class Nothing {}

@Controller('scheduler')
export class SchedulerController {
  constructor(private readonly service: SchedulerService) {}

  @Get('status')
  @SchedulerStatusDocs()
  status() {
    return statusView(this.service);
  }

  @Post('sync')
  @HttpCode(200)
  @SchedulerSyncDocs()
  async sync(@Body(new CheckedBody(Nothing)) _nothing: Nothing) {
    const report = await this.service.syncNow();
    return { ...reportView(report), monitors: this.service.current?.schedule?.size ?? 0 };
  }
}
