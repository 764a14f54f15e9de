import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { CheckedBody } from '../../http/checked-body.js';
import { letterPage, ResendRequest } from '../../http/dead-letter-requests.js';
import { LargeAnswer } from '../../http/large-answer.js';
import { DiscardDocs, LetterDocs, LettersDocs, ResendDocs, ResendOneDocs } from './dead-letters.docs.js';
import { letterHead, letterWhole } from './dead-letters.view.js';
import { SubscriptionService } from './subscription.service.js';

/** What nobody could process: look at it, send it again, or discard it. */
@Controller('processor/dead-letters')
export class DeadLettersController {
  constructor(private readonly subscription: SubscriptionService) {}

  @Get()
  @LargeAnswer()
  @LettersDocs()
  async list(@Query() query: Record<string, unknown>) {
    const { total, letters, next } = await this.letters.list(letterPage(query));
    return { total, dead_letters: letters.map(letterHead), next };
  }

  @Get(':id')
  @LargeAnswer()
  @LetterDocs()
  async show(@Param('id') id: string) {
    return letterWhole(await this.letters.get(id));
  }

  @Post('resend')
  @HttpCode(200)
  @ResendDocs()
  async resend(@Body(new CheckedBody(ResendRequest)) { ids, dry_run }: ResendRequest) {
    return this.sendAgain(ids ?? null, dry_run ?? false);
  }

  @Post(':id/resend')
  @HttpCode(200)
  @ResendOneDocs()
  async resendOne(@Param('id') id: string, @Body(new CheckedBody(ResendRequest)) { dry_run }: ResendRequest) {
    await this.letters.get(id);
    return this.sendAgain([id], dry_run ?? false);
  }

  @Delete(':id')
  @HttpCode(204)
  @DiscardDocs()
  async discard(@Param('id') id: string): Promise<void> {
    await this.letters.discard(id);
  }

  private async sendAgain(ids: string[] | null, dryRun: boolean) {
    const result = await this.letters.resend({ ids, dryRun });
    return { dry_run: dryRun, resent: dryRun ? 0 : result.ids.length, ...result };
  }

  private get letters() {
    return this.subscription.consumer.deadLetters;
  }
}
