/** Stands in answers where a secret is; in an edit it means: keep the one that is there. */
export const SECRET_MARKER = '********';

/** Names of settings whose values nobody is to see. */
export const SECRET_NAME = /pass|pwd|secret|token|key|auth|credential|community/i;

type Span = [start: number, end: number];

/** Before the password of a URL: `scheme://user:`; a port is none. */
const USER_INFO = /\b[a-z][a-z0-9+.-]{0,40}:\/\/[^\s/?#:@[\]]*:(?!\d{1,5}(?:[/?#,]|$))/gi;
/** A user of the web, up to its `@`: the name alone may be the token. */
const WEB_USER = /\bhttps?:\/\/([^\s/?#]+)@/gi;
const PARAMETER = /[?&#]([^\s=&#?]*)=([^\s&#]+)/g;
const SECRET_PARAMETER =
  /pass|pwd|secret|token|key|auth(?!source|mechanism)|credential|signature|jwt|^(?:sig|code|sas|session(?:_?id)?|sid)$/i;
/** Scheme and authority, then the path. */
const PATH = /:\/\/[^\s/?#]*\/([^\s?#]*)/g;
/** Telegram's, also in a path without its host. */
const BOT_TOKEN = /\/bot(\d{6,}:[\w-]{8,})/g;
/** What stands after such a segment lets its holder in: Slack, Discord, Teams, push URLs and their like. */
const LEADS_TO_TOKEN = /^(?:web-?hooks?(?:b2)?|hooks?|services|push|tokens?|api-?keys?|secrets?)$/i;
const SEGMENT = /[\w~:=%-]+/;
const ENTRY = /\b(?:password|pwd|accountkey|sharedaccess(?:key|signature))\s*=\s*([^;&\s]+)/gi;

/**
 * The text with markers where it holds a secret: the password of a URL, a token as its user or in its path, a parameter
 * of its query, an entry of a connection string. The secrets go to `secrets`, in order of their places. Takes time in
 * proportion to the text: it may be a long one of a hostile server or user.
 */
export function maskText(text: string, secrets: string[] = []): string {
  let masked = '';
  let at = 0;
  const found = [passwords, webUsers, pathTokens, parameters, entries].flatMap((find) => [...find(text)]);
  for (const [start, end] of joined(found)) {
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
    if (SECRET_PARAMETER.test(decoded(name!))) yield [end - value!.length, end];
  }
}

/** `https://TOKEN@host`, and `https://TOKEN:x-oauth-basic@host`: a user with a password is shown unless it looks like a token. */
function* webUsers(text: string): Generator<Span> {
  for (const { 0: all, 1: info = '', index } of text.matchAll(WEB_USER)) {
    const start = index + all.length - info.length - 1;
    const colon = info.indexOf(':');
    const user = colon < 0 || info.slice(0, colon).includes('@') ? info : info.slice(0, colon);
    const isTokenAlone = user === info || /^:(?:x-oauth-basic|x|)$/i.test(info.slice(colon));
    if (isTokenAlone || looksRandom(user)) yield [start, start + user.length];
  }
}

/** Segments of a URL's path that look like tokens. */
function* pathTokens(text: string): Generator<Span> {
  for (const { 0: all, 1: token = '', index } of text.matchAll(BOT_TOKEN))
    yield [index + all.length - token.length, index + all.length];
  for (const { 0: all, 1: path = '', index } of text.matchAll(PATH)) {
    let at = index + all.length - path.length;
    let follows = false;
    for (const segment of path.split('/')) {
      const { 0: word, index: skipped } = SEGMENT.exec(segment) ?? { 0: '', index: 0 };
      if (isToken(word, follows)) yield [at + skipped, at + skipped + word.length];
      follows ||= LEADS_TO_TOKEN.test(segment);
      at += segment.length + 1;
    }
  }
}

function isToken(word: string, isExpected: boolean): boolean {
  return looksRandom(word) || (isExpected && looksMade(word));
}

/** Of no language: 20 characters or more, with digits, in which letters and digits take turns as they do by chance. */
function looksRandom(word: string): boolean {
  if (word.length < 20 || !/\d/.test(word) || !/[a-z]/i.test(word)) return false;
  const turns = word.match(/[a-z](?=[A-Z0-9])|[A-Z](?=[0-9])|[0-9](?=[a-zA-Z])/g) ?? [];
  return turns.length >= word.length / 6;
}

/** Where a token is expected, anything that is no plain word. */
function looksMade(word: string): boolean {
  return word.length >= 8 && (/\d/.test(word) || /[a-z][A-Z]/.test(word));
}

/** Percent-decoded; as it is where that cannot be, such as a password with a lone %. */
export function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
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
