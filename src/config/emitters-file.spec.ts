import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { EmittersFolder, oneEmitter as one } from '../../test/support/emitters-folder.js';

let folder: EmittersFolder;
const mistakes: EmittersFolder['mistakes'] = (...args) => folder.mistakes(...args);

beforeEach(() => {
  folder = new EmittersFolder();
});

afterEach(() => folder.remove());

describe('secrets', () => {
  const http = (more: object) => ({ target: { http: { url: 'http://target.test', ...more } } });

  it.each<[Record<string, unknown>, string]>([
    [http({ url: 'ftp://secret' }), 'target.http.url must be an http:// or https:// URL'],
    [
      http({ url: 'http://${NOT_SET}/secret' }),
      'target.http.url names the environment variable NOT_SET, which is not',
    ],
    [http({ url: 'http://${1}/secret' }), 'target.http.url has a ${ that names no environment variable'],
    [http({ headers: { 'x-a': 'secret\r\nb: c' } }), 'target.http.headers.x-a has a value that no header'],
    [http({ headers: { 'x-a': '${BREAK}' } }), 'target.http.headers.x-a has a value that no header'],
    [http({ headers: { 'x a': 'secret' } }), 'target.http.headers.x a is no name of a header'],
    [http({ headers: { 'x-a': 5 } }), 'target.http.headers.x-a must be text: put it in quotes'],
    [http({ headers: { 'X-A': 'secret', 'x-a': '' } }), 'target.http.headers.x-a stands there twice'],
    ...['Host', 'content-length', 'Transfer-Encoding', 'connection', 'Idempotency-Key', 'webhook-x'].map(
      (name) =>
        [http({ headers: { [name]: 'secret' } }), `target.http.headers.${name} cannot be set`] as [
          Record<string, unknown>,
          string,
        ],
    ),
    [{ preflight: 'secret' }, 'preflight must be an http:// or https:// URL'],
    [{ signing_secret: 'whsec_secret!' }, 'signing_secret must be base64 after whsec_'],
    [{ signing_secret: '${NOT_SET}' }, 'signing_secret names the environment variable NOT_SET'],
  ])('never shows the value of %j', (change, message) => {
    const told = mistakes(one(change), { BREAK: 'secret\nline' });
    expect(told).toHaveLength(1);
    expect(told[0]).toContain(`EMITTERS_FILE emitters[0].${message}`);
    expect(told[0]?.replace('signing_secret', '')).not.toContain('secret');
  });

  it('quotes nothing of a file that cannot be read', () => {
    const told = mistakes('emitters:\n  - name: a\n   signing_secret: hush\n');
    expect(told).toEqual([
      expect.stringMatching(/^EMITTERS_FILE is no valid YAML or JSON: line \d+, column \d+ \(.*\)$/),
    ]);
    expect(told[0]).not.toContain('hush');
  });
});

describe('a file that is no emitters’ file', () => {
  const deep = (count: number) =>
    `{"emitters":[{"payload":{"template":${'['.repeat(count)}${']'.repeat(count)}}}]}`;
  const bomb = ['a: &a [x,x,x,x,x,x,x,x,x]'];
  for (let i = 1; i < 12; i += 1) {
    const [name, before] = [String.fromCharCode(97 + i), String.fromCharCode(96 + i)];
    bomb.push(`${name}: &${name} [${Array(9).fill(`*${before}`).join(',')}]`);
  }

  it.each<[string, string | Buffer, string]>([
    ['is empty', '', 'must be a map of members'],
    ['is a list', '[]', 'must be a map of members'],
    ['is binary', Buffer.from([0xff, 0xfe, 0]), 'must be UTF-8'],
    ['is large', `#${'x'.repeat(1024 * 1024)}`, 'must be at most 1 MiB'],
    ['is a bomb of aliases', bomb.join('\n'), 'has aliases (*name) that lead nowhere, or stand for too much'],
    ['has an alias to nothing', 'emitters: *none', 'has aliases (*name) that lead nowhere'],
    ['contains itself', 'emitters: &a [*a, *a]', 'must not be nested so deep, nor contain itself'],
    [
      'has a member twice',
      'emitters: []\nemitters: []',
      'is no valid YAML or JSON: line 2, column 1 (duplicate key)',
    ],
    ['has a tag', 'emitters: !foo []', 'is no valid YAML or JSON: line 1, column 11 (tag resolve failed)'],
    ['is deep', deep(200), 'must not be nested more than 100 deep'],
    ['is very deep', deep(100_000), 'must not be nested so deep'],
    ['is very deep YAML', `${'- '.repeat(100_000)}x`, 'EMITTERS_FILE '],
    ['has many emitters', JSON.stringify({ emitters: Array(1001).fill({}) }), 'EMITTERS_FILE '],
    [
      'loses digits',
      one({ payload: { template: { id: 0 } } }).replace('"id":0', '"id":1234567890123456789'),
      'a number that cannot be kept',
    ],
    ['has an infinite number', 'emitters: [{payload: {template: .inf}}]', 'a number that cannot be kept'],
  ])('is refused: it %s', (_, text, message) => {
    const told = mistakes(text);
    expect(told.length).toBeGreaterThan(0);
    expect(told.length).toBeLessThanOrEqual(51);
    expect(told.join('\n')).toContain(message);
  });

  it('is refused: it does not exist, or is a folder', () => {
    const file = { EMITTERS_FILE: join(folder.path, 'none') };
    expect(mistakes('', file)).toEqual(['EMITTERS_FILE names a file that does not exist']);
    expect(mistakes('', { EMITTERS_FILE: folder.path })).toEqual(['EMITTERS_FILE must be a regular file']);
  });
});
