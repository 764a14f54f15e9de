/** Stands in answers where a secret is; in an edit it means: keep the one that is there. */
export const SECRET_MARKER = '********';

/** Names of settings whose values nobody is to see. */
export const SECRET_NAME = /pass|pwd|secret|token|key|auth|credential|community/i;

type Span = [start: number, end: number];

/** Before the password of a URL: `scheme://user:`; a port is none. */
const USER_INFO = /\b[a-z][a-z0-9+.-]{0,40}:\/\/[^\s/?#:@[\]]*:(?!\d{1,5}(?:[/?#,]|$))/gi;
const PARAMETER = /[?&]([^\s=&#?]*)=([^\s&#]+)/g;
const SECRET_PARAMETER = /pass|pwd|secret|token|key|auth(?!source|mechanism)/i;
const ENTRY = /\b(?:password|pwd)\s*=\s*([^;&\s]+)/gi;

/**
 * The text with markers where it holds a secret: the password of a URL, a parameter of its query, an entry of a
 * connection string. The secrets go to `secrets`, in order of their places. Takes time in proportion to the text: it may
 * be a long one of a hostile server or user.
 */
export function maskText(text: string, secrets: string[] = []): string {
  let masked = '';
  let at = 0;
  for (const [start, end] of joined([...passwords(text), ...parameters(text), ...entries(text)])) {
    masked += text.slice(at, start) + SECRET_MARKER;
    secrets.push(text.slice(start, end));
    at = end;
  }
  return masked + text.slice(at);
}

/**
 * `edited` with the secrets of `old` where it has markers; as it is when it has another number of them, or has one where
 * an answer would show what stands there.
 */
export function unmaskText(edited: string, old: string): string {
  const secrets: string[] = [];
  maskText(old, secrets);
  const parts = edited.split(SECRET_MARKER);
  if (parts.length !== secrets.length + 1) return edited;
  const restored = parts.map((part, i) => part + (secrets[i] ?? '')).join('');
  return maskText(restored) === edited ? restored : edited;
}

/** Of each word with a URL: what is from its user's colon to the last `@`. */
function* passwords(text: string): Generator<Span> {
  for (const [index, to] of words(text)) {
    const word = text.slice(index, to);
    const end = word.lastIndexOf('@');
    if (end < 0) continue;
    for (const head of word.matchAll(USER_INFO)) {
      const start = head.index + head[0].length;
      if (start > end) break;
      yield [index + start, index + end];
      break;
    }
  }
}

/** What lies between white space. Not by \S+, whose stack a word of millions of characters has overflowed. */
function* words(text: string): Generator<Span> {
  let from = 0;
  for (const { index } of text.matchAll(/\s/g)) {
    if (index > from) yield [from, index];
    from = index + 1;
  }
  if (from < text.length) yield [from, text.length];
}

function* parameters(text: string): Generator<Span> {
  for (const { 0: all, 1: name, 2: value, index } of text.matchAll(PARAMETER)) {
    const end = index + all.length;
    if (SECRET_PARAMETER.test(name!)) yield [end - value!.length, end];
  }
}

function* entries(text: string): Generator<Span> {
  for (const { 0: all, 1: value, index } of text.matchAll(ENTRY)) {
    const end = index + all.length;
    yield [end - value!.length, end];
  }
}

/** In order, those that overlap as one; the empty ones left out. */
function joined(spans: Span[]): Span[] {
  const inOrder = spans.filter(([start, end]) => end > start).sort((a, b) => a[0] - b[0]);
  const found: Span[] = [];
  for (const span of inOrder) {
    const last = found.at(-1);
    if (last && span[0] < last[1]) last[1] = Math.max(last[1], span[1]);
    else found.push(span);
  }
  return found;
}
