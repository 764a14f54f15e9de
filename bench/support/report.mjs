// What a bench answers, and how it is printed and kept:
//   { tables: [[head, ...rows]], aims: [[words, figure, sign, wanted]], notes: [sentence], raw }
// A cell is text, or a Figure, which withRatio compares with that of the first row: of who comes first.
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, totalmem, type } from 'node:os';
import { median, shown, spread, table, withRatio } from './figures.mjs';
import { inRoot } from './processes.mjs';
import { versions } from './versions.mjs';

/** Collects the figures of each contestant's rounds. */
export function figures() {
  const raw = {};
  const of = (name, what) =>
    (raw[name] ?? []).map((round) => round[what]).filter((value) => value !== undefined);
  return {
    raw,
    add: (name, round) => (raw[name] ??= []).push(round),
    median: (name, what) => median(of(name, what)),
    spread: (name, what) => spread(of(name, what)),
  };
}

const HOLDS = { '>=': (a, b) => a >= b, '<=': (a, b) => a <= b, '<': (a, b) => a < b };

export const isMet = ([, value, sign, wanted]) => HOLDS[sign](value, wanted);

/** What it was measured on. */
export function machine() {
  const commit = execFileSync('git', ['-C', inRoot(), 'describe', '--always', '--dirty'], {
    encoding: 'utf8',
  });
  return {
    cores: `${cpus().length} × ${cpus()[0]?.model.trim() ?? 'unknown'}`,
    memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
    system: type(),
    commit: commit.trim(),
    at: new Date().toISOString().slice(0, 10),
  };
}

/** Markdown of one bench: tables, notes, then each aim with its figure; or why it was not run. */
export function markdown({ title, report }) {
  if (report.notRun) return `## ${title}\n\n**Not run**: ${report.notRun}.\n`;
  const aims = [
    ['aim', 'figure', 'wanted', ''],
    ...report.aims.map((aim) => {
      const [what, value, sign, wanted] = aim;
      return [what, shown(value), `${sign} ${shown(wanted)}`, isMet(aim) ? 'met' : 'missed'];
    }),
  ];
  const notes = (report.notes ?? []).map((note) => `${note}\n`);
  return [
    `## ${title}\n`,
    ...report.tables.map((rows) => `${table(rows)}\n`),
    ...notes,
    `${table(aims)}\n`,
  ].join('\n');
}

/** The answer as it is kept and printed: its tables with ratios, all text. */
export function finished(report) {
  const tables = report.tables.map((rows) => withRatio(rows).map((row) => row.map(String)));
  return { ...report, tables };
}

/** Keeps one bench's answer in bench/results, as JSON and Markdown. */
export function keep({ name, title, report, seconds = 0 }) {
  const folder = inRoot('bench/results');
  mkdirSync(folder, { recursive: true });
  const kept = { name, title, machine: machine(), versions: versions(), seconds, report };
  writeFileSync(`${folder}/${name}.json`, `${JSON.stringify(kept, null, 2)}\n`);
  writeFileSync(`${folder}/${name}.md`, markdown({ title, report }));
}
