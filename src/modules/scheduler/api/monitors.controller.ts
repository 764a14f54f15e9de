import {
  Body,
  Controller,
  Delete,
  Get,
  Headers,
  HttpCode,
  Param,
  Patch,
  Post,
  Put,
  Query,
  Res,
} from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { jsonReply } from '../../../http/json-reply.js';
import { LargeAnswer } from '../../../http/large-answer.js';
import { MonitorStore, type Monitor } from '../../../ports/monitor-store.port.js';
import { Editor, type Change } from './editor.js';
import { etagOf, expectedOf, type Expected } from './expected.js';
import { MonitorBody } from './fields/monitor-body.js';
import { MonitorBodyPipe } from './fields/read-body.js';
import { readPart, readWhole } from './fields/read-fields.js';
import { checkId, knownMonitor } from './known-monitor.js';
import { sameId } from './same-id.js';
import { monitorView, stateView, uptimeView } from './monitor.view.js';
import { CreateDocs, DeleteDocs, ListDocs, PatchDocs, ReplaceDocs, ShowDocs } from './monitors.docs.js';
import { monitorTexts } from './monitor-texts.js';
import { monitorsPage } from './monitors-page.js';
import { listQuery } from './monitors.query.js';
import { Rules } from './rules.js';

/** Monitors: create, read, edit, delete. */
@Controller('monitors')
export class MonitorsController {
  constructor(
    private readonly store: MonitorStore,
    private readonly editor: Editor,
    private readonly rules: Rules,
  ) {}

  @Get()
  @LargeAnswer()
  @ListDocs()
  async list(
    @Query() query: Record<string, unknown>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    const { filter, after, limit } = listQuery(query, (id) => this.store.isId(id));
    const view = (monitor: Monitor) => monitorView(monitor, this.rules.checks);
    const monitors = monitorTexts(this.store, filter, after, view);
    return jsonReply(reply, 200, await monitorsPage(monitors, limit));
  }

  @Post()
  @CreateDocs()
  async create(@Body(MonitorBodyPipe) body: MonitorBody, @Res({ passthrough: true }) reply: FastifyReply) {
    if (body.id !== undefined) checkId(this.store, body.id, ['body', 'id']);
    const fields = readWhole(body, this.rules);
    const monitor = await this.editor.create({
      ...fields,
      ...(body.id === undefined ? {} : { id: body.id }),
    });
    void reply.header('location', `/monitors/${monitor.id}`);
    return this.tagged(monitor, reply, true);
  }

  @Get(':id')
  @ShowDocs()
  async show(@Param('id') id: string, @Res({ passthrough: true }) reply: FastifyReply) {
    const monitor = await knownMonitor(this.store, id);
    const [states, uptimes] = await Promise.all([
      this.store.states([monitor.id]),
      this.store.uptime([monitor.id], Date.now()),
    ]);
    const uptime = uptimes.get(monitor.id);
    return {
      ...this.tagged(monitor, reply),
      state: stateView(states.get(monitor.id)),
      uptime: uptime ? uptimeView(uptime) : null,
    };
  }

  @Put(':id')
  @ReplaceDocs()
  async replace(
    @Param('id') id: string,
    @Body(MonitorBodyPipe) body: MonitorBody,
    @Headers('if-match') ifMatch: unknown,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    sameId(id, body);
    const expected = expectedOf(ifMatch, body.if_updated_at);
    return this.edit(id, expected, (old) => readWhole(body, this.rules, old), reply);
  }

  @Patch(':id')
  @PatchDocs()
  async patch(
    @Param('id') id: string,
    @Body(MonitorBodyPipe) body: MonitorBody,
    @Headers('if-match') ifMatch: unknown,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    sameId(id, body);
    const expected = expectedOf(ifMatch, body.if_updated_at);
    return this.edit(id, expected, (old) => readPart(body, this.rules, old), reply);
  }

  @Delete(':id')
  @HttpCode(204)
  @DeleteDocs()
  async delete(@Param('id') id: string, @Headers('if-match') ifMatch: unknown): Promise<void> {
    await this.editor.delete(id, expectedOf(ifMatch, undefined));
  }

  private async edit(id: string, expected: Expected | null, change: Change, reply: FastifyReply) {
    let token: string | null = null;
    const monitor = await this.editor.edit(
      id,
      (old) => {
        token = old.pushToken;
        return change(old);
      },
      expected,
    );
    return this.tagged(monitor, reply, monitor.pushToken !== token);
  }

  /** `withToken`: the push token is new. */
  private tagged(monitor: Monitor, reply: FastifyReply, withToken = false) {
    void reply.header('etag', etagOf(monitor));
    return monitorView(monitor, this.rules.checks, withToken);
  }
}
