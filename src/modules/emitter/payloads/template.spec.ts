import { describe, expect, it } from '@jest/globals';
import { ManualClock } from '../../../../test/support/manual-clock.js';
import { Template } from './template.js';

const PLANNED = Date.UTC(2026, 2, 29, 1, 0, 0, 7);
const clock = new ManualClock(PLANNED + 12);

function render(value: unknown, count = 3): string {
  return new Template({ name: 'beat', text: JSON.stringify(value), clock }).next({
    plannedAt: PLANNED,
    count,
  });
}

describe('Template', () => {
  it('puts values in the place of placeholders, in text and names', () => {
    expect(render({ at: '{{planned}}', sent: 'at {{ now }}!', 'of {{name}}': ['{{name}}-{{count}}'] })).toBe(
      '{"at":"2026-03-29T01:00:00.007Z","sent":"at 2026-03-29T01:00:00.019Z!","of beat":["beat-3"]}',
    );
  });

  it('makes numbers of the two that are alone in a text, but never of a name', () => {
    expect(
      render({ n: '{{count}}', ms: '{{planned_ms}}', text: ' {{count}}', two: '{{count}}{{count}}' }),
    ).toBe(`{"n":3,"ms":${PLANNED},"text":" 3","two":"33"}`);
    expect(render({ '{{count}}': '{{name}}' })).toBe('{"3":"beat"}');
    expect(render('{{count}}', 10)).toBe('10');
  });

  it('keeps everything else, whatever quotes and braces it has', () => {
    const value = {
      a: 'say "{{count}}" \\',
      b: '}} {{ { }',
      c: '{{{count}}}',
      d: ['\u0000\ud800', '', null, true, 1.5, -0.25, [], {}, [{}]],
    };
    expect(JSON.parse(render(value))).toEqual({ ...value, a: 'say "3" \\', c: '{3}' });
    expect(render([])).toBe('[]');
    expect(render({})).toBe('{}');
  });

  it('has another uuid each time', () => {
    const template = new Template({ name: 'n', text: '["{{uuid}}","{{uuid}}"]' });
    const ids = [1, 2].flatMap((count) => JSON.parse(template.next({ plannedAt: 0, count })) as string[]);
    expect(new Set(ids).size).toBe(4);
    for (const id of ids)
      expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });

  it.each(['{{plannd}}', 'a {{}} b', '{{count }} {{two words}}', '{{constructor}}'])('refuses %p', (text) => {
    expect(() => render({ deep: [text] })).toThrow(
      'use {{planned}}, {{planned_ms}}, {{now}}, {{name}}, {{count}}, {{uuid}}',
    );
  });
});
