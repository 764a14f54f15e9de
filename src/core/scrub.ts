import { maskText, SECRET_MARKER } from './secret-text.js';

/** A shorter one is only masked where it stands as a word of its own. */
const SHORTEST_ANYWHERE = 4;
/** The middle of a secret in base64 must have so many characters to be told from other text. */
const SHORTEST_BASE64 = 8;

/** Of this process: what the configuration keeps secret may stand in nothing that it writes. */
const known = new Set<string>();
/** In plain text, and as JSON writes them. */
let plain: RegExp | null = null;
let inJson: RegExp | null = null;

/** Adds configured secrets to what `scrub` masks. */
export function rememberSecrets(secrets: Iterable<string>): void {
  for (const secret of secrets) if (secret !== '') known.add(secret);
  const forms = [...known].flatMap(formsOf);
  plain = patternOf(forms);
  inJson = patternOf(forms.flatMap((form) => [form, JSON.stringify(form).slice(1, -1)]));
}

/**
 * The text without configured secrets, plain or encoded as a URL, Basic and SASL do, and without those that its URLs
 * hold. A server may repeat what it was sent, so every message that a driver passes on goes through here: AppError does
 * it for answers and /health, the logger for its lines.
 */
export function scrub(text: string): string {
  const masked = text.includes('://') ? maskText(text) : text;
  return plain === null ? masked : masked.replace(plain, SECRET_MARKER);
}

/** Whether `scrub` may have to do something in a line of JSON. */
export function mayHoldSecret(json: string): boolean {
  return json.includes('://') || (inJson !== null && json.search(inJson) >= 0);
}

function formsOf(secret: string): string[] {
  const encoded = encodeURIComponent(secret.toWellFormed());
  return [secret, encoded, encoded.replaceAll('%20', '+'), ...base64Forms(secret)];
}

/** The characters that base64 has for the secret wherever it begins in the encoded text, so `user:secret` is found too. */
function base64Forms(secret: string): string[] {
  const bytes = Buffer.from(secret);
  const forms = [0, 1, 2].map((offset) => {
    const text = Buffer.concat([Buffer.alloc(offset), bytes])
      .toString('base64')
      .replaceAll('=', '');
    const start = Math.ceil((offset * 8) / 6);
    return text.slice(start, Math.floor(((offset + bytes.length) * 8) / 6));
  });
  return forms
    .filter((form) => form.length >= SHORTEST_BASE64)
    .flatMap((form) => [form, form.replaceAll('+', '-').replaceAll('/', '_')]);
}

function patternOf(forms: string[]): RegExp | null {
  const longestFirst = [...new Set(forms)].sort((a, b) => b.length - a.length);
  return longestFirst.length === 0 ? null : new RegExp(longestFirst.map(patternOfOne).join('|'), 'gu');
}

function patternOfOne(form: string): string {
  const literal = form.toWellFormed().replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
  return form.length >= SHORTEST_ANYWHERE ? literal : `(?<![\\p{L}\\p{N}_])${literal}(?![\\p{L}\\p{N}_])`;
}
