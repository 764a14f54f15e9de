// Medians, percentiles, lines through points, and how benches print them.

const sorted = (numbers) => [...numbers].sort((a, b) => a - b);

/** The smallest number that at least `share` (0 to 1) of them do not exceed. */
export function percentile(numbers, share) {
  return atShare(sorted(numbers), share);
}

const atShare = (ordered, share) => ordered[Math.max(0, Math.ceil(ordered.length * share) - 1)];

export const median = (numbers) => percentile(numbers, 0.5);

/**
 * The median, and an interval in which it lies whatever their distribution is: between two of the numbers themselves, as
 * close together as `certainty` (0 to 1) allows, else the least and the most of them. The answer's `certainty` is what that is.
 * Source: the binomial distribution of how many numbers lie below the median.
 */
export function medianOf(numbers, certainty = 0.95) {
  const ordered = sorted(numbers);
  const n = ordered.length;
  // Each step gives up one number at either end: `outside` is the chance that the median lies beyond what is left.
  let [drop, outside, term] = [0, 2 ** (1 - n), 2 ** (1 - n)];
  for (let next = outside; ; outside = next, drop += 1) {
    term *= (n - drop) / (drop + 1);
    next += term;
    if (1 - next < certainty || 2 * (drop + 1) >= n) break;
  }
  const middle = (ordered[Math.floor((n - 1) / 2)] + ordered[Math.ceil((n - 1) / 2)]) / 2;
  return { median: middle, least: ordered[drop], most: ordered[n - 1 - drop], certainty: 1 - outside };
}

/** Of delays. */
export function latenessOf(numbers) {
  const ordered = sorted(numbers);
  return { p50: atShare(ordered, 0.5), p99: atShare(ordered, 0.99), max: ordered.at(-1) };
}

/** 99 % of a normal distribution lie so many deviations around its middle. */
const DEVIATIONS = 2.576;

/**
 * The slope of a line through points, and the interval in which it lies with a certainty of 99 %: the median of the slopes
 * between all pairs (Theil and Sen), which single points far away do not bend, and Kendall's variance for their ranks.
 */
export function slopeOf(points) {
  const slopes = [];
  for (const [i, a] of points.entries())
    for (const b of points.slice(i + 1)) slopes.push((b.y - a.y) / (b.x - a.x));
  const ordered = sorted(slopes);
  const n = points.length;
  const reach = DEVIATIONS * Math.sqrt((n * (n - 1) * (2 * n + 5)) / 18);
  const rank = (at) => ordered[Math.min(ordered.length - 1, Math.max(0, Math.round(at)))];
  const middle = (ordered.length - 1) / 2;
  return { slope: rank(middle), least: rank(middle - reach / 2), most: rank(middle + reach / 2) };
}

/** How far an interval is from zero; 0 when zero lies in it. */
export const beyondZero = ({ least, most }) => Math.max(0, least, -most);

/** With three significant digits at least, and thousands set apart: 12,345; 678; 9.01. */
export function shown(number) {
  const digits = Math.abs(number) >= 100 ? 0 : Math.abs(number) >= 10 ? 1 : 2;
  return number.toLocaleString('en', { maximumFractionDigits: digits });
}

/** A cell of a table that keeps its number, so that rows can be compared. */
export class Figure {
  constructor(value, text = shown(value)) {
    this.value = value;
    this.text = text;
  }

  toString() {
    return this.text;
  }
}

/** `median (minimum to maximum)`; one number stands alone. */
export function spread(numbers) {
  const middle = median(numbers);
  if (numbers.length < 2) return new Figure(middle);
  const ends = [Math.min(...numbers), Math.max(...numbers)].map(shown);
  return new Figure(middle, `${shown(middle)} (${ends.join(' to ')})`);
}

/**
 * A table with one more column: the first figure of each row as a multiple of that of the first row. One that has no two
 * figures to compare stays as it is.
 */
export function withRatio([head, ...rows]) {
  const at = rows[0]?.findIndex((cell) => cell instanceof Figure) ?? -1;
  if (at < 0 || rows.length < 2) return [head, ...rows];
  const first = rows[0][at].value;
  const ratio = (cell) => (cell instanceof Figure && first !== 0 ? shown(cell.value / first) : '');
  const wider = (row, cell) => [...row.slice(0, at + 1), cell, ...row.slice(at + 1)];
  return [wider(head, 'to the first'), ...rows.map((row) => wider(row, ratio(row[at])))];
}

/** A Markdown table; the first row is its head. */
export function table(rows) {
  const texts = rows.map((row) => row.map(String));
  const widths = texts[0].map((_, column) => Math.max(...texts.map((row) => row[column].length)));
  const lines = texts.map(
    (row) => `| ${row.map((cell, column) => cell.padEnd(widths[column])).join(' | ')} |`,
  );
  lines.splice(1, 0, `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`);
  return lines.join('\n');
}
