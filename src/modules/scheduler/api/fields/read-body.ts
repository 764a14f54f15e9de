import { Injectable, type PipeTransform } from '@nestjs/common';
import { CheckedBody } from '../../../../http/checked-body.js';
import { invalid, type FieldError } from '../../../../http/validation.js';
import { MonitorBody } from './monitor-body.js';

/** What answers show besides: a monitor may be sent back as it was read. */
const READ_ONLY = new Set(['status', 'status_text', 'created_at', 'updated_at', 'state', 'uptime']);
const flat = new CheckedBody(MonitorBody);

/** A monitor's body, field by field. A field that is unknown is refused. @throws AppError VALIDATION_FAILED */
export async function readBody(body: unknown): Promise<MonitorBody> {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return flat.transform(body ?? []);
  const { config, ...rest } = body as Record<string, unknown>;
  const writable = Object.entries(rest).filter(([key]) => !READ_ONLY.has(key));
  const nested = writable.filter(([, value]) => !isFlat(value)).map(([key]) => key);
  if (nested.length > 0) throw invalid(nested.map(notFlat));
  const read = await flat.transform(Object.fromEntries(writable));
  if (config !== undefined) read.config = config;
  return read;
}

/** The transformation goes as deep as a body does, and that may be deeper than the stack. */
function isFlat(value: unknown): boolean {
  return Array.isArray(value) ? value.every((each) => !isNested(each)) : !isNested(value);
}

function isNested(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}

function notFlat(key: string): FieldError {
  return { type: 'flat', loc: ['body', key], msg: `${key} must be no object, and no list of them` };
}

@Injectable()
export class MonitorBodyPipe implements PipeTransform<unknown, Promise<MonitorBody>> {
  transform(body: unknown): Promise<MonitorBody> {
    return readBody(body);
  }
}
