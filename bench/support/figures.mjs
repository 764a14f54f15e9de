// Medians, percentiles, and how benches print them.

const sorted = (numbers) => [...numbers].sort((a, b) => a - b);

/** The smallest number that at least `share` (0 to 1) of them do not exceed. */
export function percentile(numbers, share) {
  return sorted(numbers)[Math.max(0, Math.ceil(numbers.length * share) - 1)];
}

export const median = (numbers) => percentile(numbers, 0.5);

/** With three significant digits at least, and thousands set apart: 12,345; 678; 9.01. */
export function shown(number) {
  const digits = number >= 100 ? 0 : number >= 10 ? 1 : 2;
  return number.toLocaleString('en', { maximumFractionDigits: digits });
}

/** `median (min to max)`. */
export function spread(numbers) {
  return `${shown(median(numbers))} (${shown(Math.min(...numbers))} to ${shown(Math.max(...numbers))})`;
}

/** A Markdown table; the first row is its head. */
export function table(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  const lines = rows.map(
    (row) => `| ${row.map((cell, column) => cell.padEnd(widths[column])).join(' | ')} |`,
  );
  lines.splice(1, 0, `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`);
  return lines.join('\n');
}
