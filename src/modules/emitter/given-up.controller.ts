import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { CheckedBody } from '../../http/checked-body.js';
import { letterPage, ResendRequest } from '../../http/dead-letter-requests.js';
import { LargeAnswer } from '../../http/large-answer.js';
import { EmitterService } from './emitter.service.js';
import { DiscardDocs, EntriesDocs, EntryDocs, ResendDocs, ResendOneDocs } from './given-up.docs.js';
import { entryHead, entryWhole } from './given-up.view.js';

/** What an emitter could not deliver: look at it, send it again, or discard it. */
@Controller('emitters/:name/dead-letters')
export class GivenUpController {
  constructor(private readonly service: EmitterService) {}

  @Get()
  @LargeAnswer()
  @EntriesDocs()
  async list(@Param('name') name: string, @Query() query: Record<string, unknown>) {
    const { total, entries, next } = await this.service.givenUp.list(this.known(name), letterPage(query));
    return { total, dead_letters: entries.map(entryHead), next };
  }

  @Get(':id')
  @LargeAnswer()
  @EntryDocs()
  async show(@Param('name') name: string, @Param('id') id: string) {
    return entryWhole(await this.service.givenUp.get(this.known(name), id));
  }

  @Post('resend')
  @HttpCode(200)
  @ResendDocs()
  resend(@Param('name') name: string, @Body(new CheckedBody(ResendRequest)) { ids, dry_run }: ResendRequest) {
    return this.sendAgain(name, ids ?? null, dry_run ?? false);
  }

  @Post(':id/resend')
  @HttpCode(200)
  @ResendOneDocs()
  async resendOne(
    @Param('name') name: string,
    @Param('id') id: string,
    @Body(new CheckedBody(ResendRequest)) { dry_run }: ResendRequest,
  ) {
    await this.service.givenUp.get(this.known(name), id);
    return this.sendAgain(name, [id], dry_run ?? false);
  }

  @Delete(':id')
  @HttpCode(204)
  @DiscardDocs()
  async discard(@Param('name') name: string, @Param('id') id: string): Promise<void> {
    await this.service.givenUp.discard(this.known(name), id);
  }

  private async sendAgain(name: string, ids: string[] | null, dryRun: boolean) {
    const result = await this.service.resend(this.service.named(name), { ids, dryRun });
    return { dry_run: dryRun, resent: dryRun ? 0 : result.ids.length, ...result };
  }

  private known(name: string): string {
    return this.service.named(name).settings.name;
  }
}
