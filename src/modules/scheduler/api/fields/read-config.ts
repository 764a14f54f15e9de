import { jsonExcess } from '../../../../core/json-scan.js';
import { MANAGEMENT_BODY } from '../../../../http/body-bounds.js';
import type { FieldError } from '../../../../http/validation.js';

export type Config = Readonly<Record<string, unknown>>;

/** As JSON, in bytes: MySQL's TEXT takes no more than 65,535. */
const MOST_BYTES = 60_000;
const DEEPEST = 32;
/** NUL, which PostgreSQL keeps in no text, and halves of surrogate pairs. */
// eslint-disable-next-line no-control-regex
const UNKEEPABLE = /[\u0000\p{Cs}]/u;

/** The config of a body: an object, or its JSON as a text, as Peekaping writes it; or what is wrong with it. */
export function readConfig(given: unknown): { config: Config } | { mistake: FieldError } {
  const read = typeof given === 'string' ? parsed(given) : given;
  if (!isNested(read) || Array.isArray(read))
    return mistake('dict_type', 'must be a JSON object, or the JSON of one as a text');
  const texts = textsOf(read);
  if (texts === null) return mistake('config_depth', `must be at most ${DEEPEST} levels deep`);
  if (Buffer.byteLength(JSON.stringify(read)) > MOST_BYTES)
    return mistake('config_size', `must be at most ${MOST_BYTES} bytes as JSON`);
  if (texts.some((text) => UNKEEPABLE.test(text)))
    return mistake('config_text', 'must have no NUL and no half of a surrogate pair in a text');
  return { config: read as Config };
}

/** Measured first, as bodies are: a text within the body's bounds may parse to far more than it. */
function parsed(text: string): unknown {
  try {
    return jsonExcess(text, MANAGEMENT_BODY) === null ? JSON.parse(text) : undefined;
  } catch {
    return undefined;
  }
}

/** All texts and keys in it; null when it is too deep. Level by level: a body may be deeper than the stack. */
function textsOf(root: object): string[] | null {
  const texts: string[] = [];
  let level: object[] = [root];
  for (let levels = 0; level.length > 0; levels += 1) {
    if (levels === DEEPEST) return null;
    const next: object[] = [];
    for (const each of level) {
      for (const [key, value] of Object.entries(each)) {
        texts.push(key);
        if (typeof value === 'string') texts.push(value);
        else if (isNested(value)) next.push(value);
      }
    }
    level = next;
  }
  return texts;
}

function isNested(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function mistake(type: string, msg: string): { mistake: FieldError } {
  return { mistake: { type, loc: ['body', 'config'], msg } };
}
