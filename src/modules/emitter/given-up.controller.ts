import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ArrayMaxSize, IsArray, IsBoolean, IsString, MaxLength, ValidateIf } from 'class-validator';
import { CheckedBody } from '../../http/checked-body.js';
import { invalid, queryInt, type FieldError } from '../../http/validation.js';
import { EmitterService } from './emitter.service.js';
import { DiscardDocs, EntriesDocs, EntryDocs, ResendDocs, ResendOneDocs } from './given-up.docs.js';
import { entryHead, entryWhole } from './given-up.view.js';

const MOST = 1000;
/** Null is a mistake, for an empty variable must not send all, and for real. */
const IfGiven = () => ValidateIf((_, value) => value !== undefined);

/** `{}` or no `ids` means all. */
export class ResendGivenUp {
  @IfGiven()
  @IsArray()
  @ArrayMaxSize(MOST)
  @IsString({ each: true })
  @MaxLength(200, { each: true })
  ids?: string[];

  @IfGiven()
  @IsBoolean()
  dry_run?: boolean;
}

/** What an emitter could not deliver: look at it, send it again, or discard it. */
@Controller('emitters/:name/dead-letters')
export class GivenUpController {
  constructor(private readonly service: EmitterService) {}

  @Get()
  @EntriesDocs()
  async list(@Param('name') name: string, @Query() query: Record<string, unknown>) {
    const errors: FieldError[] = [];
    const limit = queryInt(query, 'limit', { min: 1, max: MOST, fallback: 100 }, errors);
    if (errors.length > 0) throw invalid(errors);
    const after = typeof query.after === 'string' && query.after !== '' ? query.after : null;
    const { total, entries, next } = await this.service.givenUp.list(this.known(name), { limit, after });
    return { total, dead_letters: entries.map(entryHead), next };
  }

  @Get(':id')
  @EntryDocs()
  async show(@Param('name') name: string, @Param('id') id: string) {
    return entryWhole(await this.service.givenUp.get(this.known(name), id));
  }

  @Post('resend')
  @HttpCode(200)
  @ResendDocs()
  resend(@Param('name') name: string, @Body(new CheckedBody(ResendGivenUp)) { ids, dry_run }: ResendGivenUp) {
    return this.sendAgain(name, ids ?? null, dry_run ?? false);
  }

  @Post(':id/resend')
  @HttpCode(200)
  @ResendOneDocs()
  async resendOne(
    @Param('name') name: string,
    @Param('id') id: string,
    @Body(new CheckedBody(ResendGivenUp)) { dry_run }: ResendGivenUp,
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
