import { rememberSecrets } from '../core/scrub.js';
import { SECRET_MARKER as M } from '../core/secret-text.js';
import { createJsonLogger, prettyLine } from './logger.js';

const SECRET = 'sword"fish\\7';
beforeAll(() => rememberSecrets([SECRET, '30']));

/** What moves a cursor, ends a string of the terminal, reorders text, or begins a line of its own. */
const HOSTILE = 'a\u001b[2Jb\u009b31mc\u007fd\u0007e\u202ef\u2066g\u2028h\ri\nj';

function lineOf(...args: [object, string]): string {
  const lines: string[] = [];
  createJsonLogger('debug', { write: (line: string) => void lines.push(line) }).error(...args);
  expect(lines).toHaveLength(1);
  return lines[0]!;
}

describe('a line of the log', () => {
  it('holds no configured secret, in whatever field and form', () => {
    const cause = new Error(`said ${SECRET}`);
    const line = lineOf(
      { err: new Error('wrapped', { cause }), deep: { list: [`x${encodeURIComponent(SECRET)}`] } },
      `ERR ${SECRET} and http://u:hidden@h/?code=abc`,
    );
    const { msg, level, deep } = JSON.parse(line) as { msg: string; level: number; deep: unknown };
    expect(msg).toBe(`ERR ${M} and http://u:${M}@h/?code=${M}`);
    expect(deep).toEqual({ list: [`x${M}`] });
    expect(level).toBe(50);
    for (const form of ['fish', 'hidden', 'abc']) expect(line).not.toContain(form);
  });

  it('is valid JSON where a secret is a number that stands in it', () => {
    expect(JSON.parse(lineOf({ failures: 30 }, 'in 30 s'))).toMatchObject({ failures: 30, msg: `in ${M} s` });
  });

  it('as JSON has every control character escaped, and its values are whole', () => {
    const line = lineOf({ field: HOSTILE }, HOSTILE);
    // eslint-disable-next-line no-control-regex
    expect(line.slice(0, -1)).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u202e\u2066]/);
    expect(JSON.parse(line)).toMatchObject({ field: HOSTILE, msg: HOSTILE });
  });

  it('for a terminal shows control characters instead of sending them', () => {
    const { field, msg } = JSON.parse(prettyLine(lineOf({ field: HOSTILE }, HOSTILE))) as {
      field: string;
      msg: string;
    };
    const shown = 'a\\u001b[2Jb\\u009b31mc\\u007fd\\u0007e\\u202ef\\u2066g\\u2028h\\u000di\n    j';
    expect([field, msg]).toEqual([shown, shown]);
  });
});
