import { IfGiven } from '../../../../http/checked-body.js';
import {
  ArrayMaxSize,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsString,
  Length,
  Matches,
  Max,
  Min,
  ValidateIf,
} from '../../../../http/field-rules.js';
import { PRIORITIES, type Priority } from '../../../../ports/monitor-store.port.js';

/** Thirty days. */
export const LONGEST_S = 2_592_000;
export const MOST_RETRIES = 1000;
export const MOST_TAGS = 20;
/** Neither control characters, which no database keeps alike, nor halves of surrogate pairs. */
const PLAIN = /^[^\p{Cc}\p{Cs}]*$/u;
/** Or the marker, which keeps the one that is there. */
const TOKEN = /^(?:[\w-]+|\*{8})$/;

/** A field that may be left out or null. */
const IfSet = () => ValidateIf((_, value) => value !== undefined && value !== null);
const Plain = (each = false) =>
  Matches(PLAIN, { each, message: '$property must have no control characters' });

/** A monitor as people write it: each field by itself. What must be there, and what must fit together, is for `readFields`. */
export class MonitorBody {
  @IfGiven()
  @IsString()
  @Length(1, 255)
  id?: string;

  @IfGiven()
  @Length(1, 20)
  @IsString()
  type?: string;

  @IfGiven()
  @Plain()
  @Matches(/\S/, { message: '$property must have a visible character' })
  @Length(1, 150)
  @IsString()
  name?: string;

  @IfGiven()
  @Max(LONGEST_S)
  @Min(1)
  @IsInt()
  interval?: number;

  @IfGiven()
  @Max(LONGEST_S)
  @Min(1)
  @IsInt()
  timeout?: number;

  @IfGiven()
  @Max(MOST_RETRIES)
  @Min(0)
  @IsInt()
  max_retries?: number;

  @IfGiven()
  @Max(LONGEST_S)
  @Min(1)
  @IsInt()
  retry_interval?: number;

  @IfGiven()
  @Max(LONGEST_S)
  @Min(0)
  @IsInt()
  resend_interval?: number;

  @IfGiven()
  @IsBoolean()
  active?: boolean;

  @IfSet()
  @Length(0, 255)
  @IsString()
  proxy_id?: string | null;

  @IfSet()
  @Matches(TOKEN, { message: '$property must have only the characters a-z A-Z 0-9 _ -' })
  @Length(8, 255)
  @IsString()
  push_token?: string | null;

  @IfSet()
  @Length(1, 200)
  @IsString()
  cron?: string | null;

  @IfSet()
  @Length(1, 64)
  @IsString()
  timezone?: string | null;

  @IfGiven()
  @IsIn(PRIORITIES)
  priority?: Priority;

  @IfGiven()
  @Plain(true)
  @Length(1, 50, { each: true })
  @IsString({ each: true })
  @ArrayMaxSize(MOST_TAGS)
  @IsArray()
  tags?: string[];

  /** ISO 8601 with its offset. */
  @IfSet()
  @IsString()
  maintenance_until?: string | null;

  /** Of an edit: only when nobody edited it since. */
  @IfGiven()
  @IsString()
  if_updated_at?: string;

  /** An object, or its JSON as a text; checked by the type. Set apart from the others, whose shapes are flat. */
  config?: unknown;
}
