import { randomBytes } from 'node:crypto';
import { parseInstant } from '../../../../core/instant.js';
import { SECRET_MARKER } from '../../../../core/secret-text.js';
import { invalid, type FieldError } from '../../../../http/validation.js';
import type { Monitor, MonitorFields } from '../../../../ports/monitor-store.port.js';
import { checkConfig, type Checks } from './check-config.js';
import { checkTimes } from './check-times.js';
import type { MonitorBody } from './monitor-body.js';

/** What a monitor is checked against. */
export interface FieldRules {
  checks: Checks;
  /** Of cron lines that name none. */
  timezone: string;
  /** Whether the database can hold such an id. */
  isId(id: string): boolean;
}

const REQUIRED = ['name', 'type', 'interval', 'config'] as const;

/** A whole monitor; `old` is the one that it takes the place of. @throws AppError VALIDATION_FAILED */
export function readWhole(body: MonitorBody, rules: FieldRules, old: Monitor | null = null): MonitorFields {
  const errors: FieldError[] = REQUIRED.filter((name) => body[name] === undefined).map((name) => ({
    type: 'missing',
    loc: ['body', name],
    msg: 'Field required',
  }));
  const given = translate(body, rules, old, errors);
  const config = checkConfig(body, rules.checks, old, errors);
  const interval = body.interval ?? 1;
  const fields = withPushToken({ ...defaults(interval), ...given, ...config } as MonitorFields, old);
  if (body.interval !== undefined) checkTimes(fields, given, rules.timezone, errors);
  if (errors.length > 0) throw invalid(errors);
  return fields;
}

/** The fields of an edit, good together with those that stay. @throws AppError VALIDATION_FAILED */
export function readPart(body: MonitorBody, rules: FieldRules, old: Monitor): Partial<MonitorFields> {
  const errors: FieldError[] = [];
  const given = translate(body, rules, old, errors);
  const config = checkConfig(body, rules.checks, old, errors);
  const edited = { ...old, ...given, ...config };
  checkTimes(edited, given, rules.timezone, errors);
  if (errors.length > 0) throw invalid(errors);
  const { pushToken } = withPushToken(edited, old);
  const isSameToken = given.pushToken === undefined && pushToken === old.pushToken;
  return { ...given, ...config, ...(isSameToken ? {} : { pushToken }) };
}

/** Seconds. The table has whole ones, so an interval of 1 s has a timeout of 1 s. */
function defaults(interval: number): Omit<MonitorFields, 'name' | 'type' | 'interval' | 'config'> {
  return {
    timeout: Math.max(1, Math.floor(interval * 0.8)),
    maxRetries: 0,
    retryInterval: interval,
    resendInterval: 0,
    active: true,
    proxyId: null,
    pushToken: null,
    cron: null,
    timezone: null,
    priority: 'default',
    tags: [],
    maintenanceUntil: null,
  };
}

/** What the body gives, but `type` and `config`, as the store names it. */
function translate(
  body: MonitorBody,
  rules: FieldRules,
  old: Monitor | null,
  errors: FieldError[],
): Partial<MonitorFields> {
  const fields: Partial<MonitorFields> = {
    name: body.name,
    interval: body.interval,
    timeout: body.timeout,
    maxRetries: body.max_retries,
    retryInterval: body.retry_interval,
    resendInterval: body.resend_interval,
    active: body.active,
    proxyId: proxyOf(body.proxy_id, rules, errors),
    pushToken: tokenOf(body.push_token, old, errors),
    cron: body.cron,
    timezone: body.timezone,
    priority: body.priority,
    tags: body.tags && [...new Set(body.tags)],
    maintenanceUntil: momentOf(body.maintenance_until, errors),
  };
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

/** Peekaping writes none as an empty text. */
function proxyOf(id: MonitorBody['proxy_id'], rules: FieldRules, errors: FieldError[]) {
  if (id === undefined || id === null) return id;
  if (id === '') return null;
  if (!rules.isId(id))
    errors.push({
      type: 'id_form',
      loc: ['body', 'proxy_id'],
      msg: 'has not the form of this database’s ids',
    });
  return id;
}

/** The marker keeps the token that is there. */
function tokenOf(token: MonitorBody['push_token'], old: Monitor | null, errors: FieldError[]) {
  if (token !== SECRET_MARKER) return token;
  if (old?.pushToken) return old.pushToken;
  const msg = `is ${SECRET_MARKER}, which stands for a token that is kept, and there is none: write the token, or leave it out for a new one`;
  errors.push({ type: 'secret_marker', loc: ['body', 'push_token'], msg });
  return undefined;
}

function momentOf(text: MonitorBody['maintenance_until'], errors: FieldError[]) {
  if (text === undefined || text === null) return text;
  const moment = parseInstant(text);
  if (moment !== null) return moment;
  const msg = 'must be null or a date and time with its offset, such as 2026-01-31T12:00:00Z';
  errors.push({ type: 'datetime_parsing', loc: ['body', 'maintenance_until'], msg });
  return undefined;
}

/** A push monitor has a token: the one given, the one it had, Peekaping's in the config, or a new one. */
function withPushToken<T extends MonitorFields>(fields: T, old: Monitor | null): T {
  if (fields.type !== 'push' || fields.pushToken !== null) return fields;
  const inConfig = fields.config?.pushToken;
  const known =
    old?.pushToken ?? (typeof inConfig === 'string' && /^[\w-]{8,255}$/.test(inConfig) ? inConfig : null);
  return { ...fields, pushToken: known ?? randomBytes(24).toString('base64url') };
}
