import { AppError } from './errors.js';

/** What may stand between {{ and }}. */
export const PLACEHOLDERS = ['planned', 'planned_ms', 'now', 'name', 'count', 'uuid'] as const;

export type Placeholder = (typeof PLACEHOLDERS)[number];

/** JSON text, or what stands for a value of the moment. */
export type TemplatePart = { text: string } | { placeholder: Placeholder };

/** Alone in a string they take its quotes' place, so that they are numbers. */
const NUMBERS: readonly Placeholder[] = ['count', 'planned_ms'];

const PLACEHOLDER = /\{\{([^{}]*)\}\}/g;

/**
 * JSON text, cut at the `{{placeholders}}` in its strings and member names. Braces that enclose nothing stay text.
 *
 * @param text valid JSON.
 * @throws AppError VALIDATION_FAILED for a placeholder that does not exist.
 */
export function templateParts(text: string): TemplatePart[] {
  const parts: TemplatePart[] = [];
  addValue(parts, JSON.parse(text));
  return joined(parts);
}

function addValue(parts: TemplatePart[], value: unknown): void {
  if (typeof value === 'string') addString(parts, value);
  else if (Array.isArray(value)) {
    value.forEach((element, i) => {
      addText(parts, i === 0 ? '[' : ',');
      addValue(parts, element);
    });
    addText(parts, value.length === 0 ? '[]' : ']');
  } else if (typeof value === 'object' && value !== null) addObject(parts, value);
  else addText(parts, JSON.stringify(value));
}

function addObject(parts: TemplatePart[], value: object): void {
  const members = Object.entries(value);
  members.forEach(([name, member], i) => {
    addText(parts, i === 0 ? '{' : ',');
    addString(parts, name, false);
    addText(parts, ':');
    addValue(parts, member);
  });
  addText(parts, members.length === 0 ? '{}' : '}');
}

function addString(parts: TemplatePart[], text: string, mayBeNumber = true): void {
  const found = [...text.matchAll(PLACEHOLDER)];
  const [first] = found;
  if (mayBeNumber && first?.[0] === text && NUMBERS.includes(nameOf(first))) {
    parts.push({ placeholder: nameOf(first) });
    return;
  }
  let from = 0;
  addText(parts, '"');
  for (const match of found) {
    addText(parts, escaped(text.slice(from, match.index)));
    parts.push({ placeholder: nameOf(match) });
    from = match.index + match[0].length;
  }
  addText(parts, `${escaped(text.slice(from))}"`);
}

function nameOf([whole, inner = '']: RegExpExecArray): Placeholder {
  const name = inner.trim();
  if (PLACEHOLDERS.includes(name as Placeholder)) return name as Placeholder;
  const known = PLACEHOLDERS.map((placeholder) => `{{${placeholder}}}`).join(', ');
  throw new AppError('VALIDATION_FAILED', `has an unknown placeholder ${whole.slice(0, 40)}: use ${known}`);
}

/** As it stands between the quotes of a JSON string. */
function escaped(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

function addText(parts: TemplatePart[], text: string): void {
  parts.push({ text });
}

function joined(parts: readonly TemplatePart[]): TemplatePart[] {
  const result: TemplatePart[] = [];
  let texts: string[] = [];
  const flush = () => {
    if (texts.length > 0) result.push({ text: texts.join('') });
    texts = [];
  };
  for (const part of parts) {
    if ('text' in part) texts.push(part.text);
    else {
      flush();
      result.push(part);
    }
  }
  flush();
  return result;
}
