import { Body, Controller, Get, HttpCode, Param, Post } from '@nestjs/common';
import { CheckedBody, IfGiven } from '../../http/checked-body.js';
import { IsBoolean } from '../../http/field-rules.js';
import { EmitterService } from './emitter.service.js';
import { EmitterDocs, EmittersDocs, PauseDocs, ResumeDocs, TriggerDocs } from './emitters.docs.js';
import { emitterView, endView } from './emitters.view.js';

/** Nothing to say: `{}`. */
export class Nothing {}

export class TriggerRequest {
  /** False: answered as soon as it is taken. */
  @IfGiven()
  @IsBoolean()
  wait?: boolean;
}

/** What is sent on time: look at it, hold it, let it go, send one now. */
@Controller('emitters')
export class EmittersController {
  constructor(private readonly service: EmitterService) {}

  @Get()
  @EmittersDocs()
  list() {
    return { emitters: this.service.all.map(({ settings }) => this.view(settings.name)) };
  }

  @Get(':name')
  @EmitterDocs()
  show(@Param('name') name: string) {
    return this.view(name);
  }

  @Post(':name/pause')
  @HttpCode(200)
  @PauseDocs()
  pause(@Param('name') name: string, @Body(new CheckedBody(Nothing)) _nothing: Nothing) {
    this.service.named(name).pause();
    return this.view(name);
  }

  @Post(':name/resume')
  @HttpCode(200)
  @ResumeDocs()
  resume(@Param('name') name: string, @Body(new CheckedBody(Nothing)) _nothing: Nothing) {
    this.service.named(name).resume();
    return this.view(name);
  }

  @Post(':name/trigger')
  @HttpCode(200)
  @TriggerDocs()
  async trigger(
    @Param('name') name: string,
    @Body(new CheckedBody(TriggerRequest)) { wait = true }: TriggerRequest,
  ) {
    const { key, ended } = this.service.named(name).trigger();
    return wait ? endView(key, await ended) : { key, end: null };
  }

  private view(name: string) {
    return emitterView(this.service.named(name), this.service.givenUp.files.get(name) ?? 0);
  }
}
