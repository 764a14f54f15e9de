import { STATUS_CODES } from 'node:http';
import type { CheckContext, CheckOutcome } from '../define-check.js';
import { down, excerpt, unknown, up } from '../outcomes.js';
import { isAccepted } from './accepted-status.js';
import { asksQuery, type HttpConfig } from './http-schema.js';
import { JsonThread } from './json-thread.js';
import { MOST_BODY_BYTES, type Visit } from './visit.js';

const DAY_MS = 86_400_000;
/** From so many days before its end on a certificate is spoken of. */
const TELL_DAYS = 21;
/** What a check keeps back of its time to say that there was none left. */
const SPARE_MS = 50;

const thread = new JsonThread();

/** What an answer means, by status, certificate, keyword and query, in this order. `elapsed`: of the check, milliseconds. */
export async function judgeVisit(
  visit: Visit,
  config: HttpConfig,
  context: CheckContext,
  elapsed: () => number,
): Promise<CheckOutcome> {
  const { latencyMs } = visit;
  const days = visit.certificateEnd === null ? Infinity : (visit.certificateEnd - context.now()) / DAY_MS;
  const said = `${wordsOf(visit)}${days > 0 && days <= TELL_DAYS ? `; ${certificateWords(days)}` : ''}`;
  const fault = plainFault(visit, config, days);
  if (fault) return down(`${said}, but ${fault}.`, latencyMs);
  if (!asksQuery(config)) return up(`${said}.`, latencyMs);
  const question = questionOf(textOf(visit), config);
  try {
    const { holds, reason } = await thread.ask(question, context.timeoutMs - elapsed() - SPARE_MS);
    return holds ? up(`${said}.`, latencyMs) : down(`${said}, but ${reason}.`, latencyMs);
  } catch (error) {
    return unknown(`${said}. ${(error as Error).message}`);
  }
}

function wordsOf({ answer: { status }, redirects }: Visit): string {
  const said = `${status} ${STATUS_CODES[status] ?? ''}`.trim();
  if (redirects === 0) return said;
  return `${said} after ${redirects === 1 ? 'a redirect' : `${redirects} redirects`}`;
}

/** What can be told at once; null: nothing is wrong. */
function plainFault(visit: Visit, config: HttpConfig, days: number): string | null {
  const { status, isWhole } = visit.answer;
  const accepted = config.accepted_statuscodes;
  if (!isAccepted(status, accepted)) return `${accepted.join(', ')} is asked for`;
  if (days <= 0) return certificateWords(days);
  if (days < config.cert_min_days) return `it must have ${config.cert_min_days} left`;
  const fault = config.keyword === '' ? null : keywordFault(textOf(visit), isWhole, config);
  if (fault || isWhole || !asksQuery(config)) return fault;
  return 'the body has more than 1 MiB: it is not queried';
}

function certificateWords(days: number): string {
  if (days <= 0) return 'the certificate has expired';
  const whole = Math.floor(days);
  return `the certificate ends in ${whole === 1 ? '1 day' : `${whole} days`}`;
}

function keywordFault(text: string, isWhole: boolean, config: HttpConfig): string | null {
  const { keyword, invert_keyword: invert } = config;
  if (text.includes(keyword) !== invert) return null;
  const where = isWhole ? 'the body' : `the first ${MOST_BODY_BYTES / 1024} KiB of the body`;
  return `${where} ${invert ? 'has' : 'does not have'} the keyword ${excerpt(keyword, 100)}`;
}

function questionOf(text: string, config: HttpConfig): Parameters<JsonThread['ask']>[0] {
  const { json_query: query, json_condition: condition, expected_value: expected } = config;
  return { text, query, condition, expected: String(expected) };
}

/** In the encoding that its header names, where Node knows it. */
function textOf({ answer: { headers, body } }: Visit): string {
  const [, charset = 'utf-8'] = /charset\s*=\s*"?([^\s";]+)/i.exec(headers['content-type'] ?? '') ?? [];
  try {
    return new TextDecoder(charset).decode(body);
  } catch {
    return body.toString('utf8');
  }
}
