import type { Flavour } from '../flavour.js';

/** Name, type, and what else there is to say of it. */
export type Column = [name: string, type: string, rest?: string];

export interface Table {
  name: string;
  columns: Column[];
  primaryKey: string[];
  indexes?: Record<string, string[]>;
}

/** The statements that make a table where it is absent. */
export function statementsOf(table: Table, flavour: Flavour): string[] {
  const { inlineIndexes, tableEnd } = flavour;
  const q = quoted(flavour);
  const list = (names: string[]): string => `(${names.map(q).join(', ')})`;
  const indexes = Object.entries(table.indexes ?? {});
  const lines = [
    ...table.columns.map((column) => columnText(column, flavour)),
    `primary key ${list(table.primaryKey)}`,
    ...(inlineIndexes ? indexes.map(([name, columns]) => `index ${q(name)} ${list(columns)}`) : []),
  ];
  const made = indexes.map(
    ([name, columns]) => `create index if not exists ${q(name)} on ${q(table.name)} ${list(columns)}`,
  );
  return [
    `create table if not exists ${q(table.name)} (\n  ${lines.join(',\n  ')}\n)${tableEnd}`,
    ...(inlineIndexes ? [] : made),
  ];
}

/** The statement that adds a column to a table that lacks it. */
export function addColumn(table: string, column: Column, flavour: Flavour): string {
  return `alter table ${quoted(flavour)(table)} add column ${columnText(column, flavour)}`;
}

function columnText([name, type, rest]: Column, flavour: Flavour): string {
  return [quoted(flavour)(name), type, rest].filter(Boolean).join(' ');
}

function quoted({ quote }: Flavour): (name: string) => string {
  return (name) => `${quote}${name}${quote}`;
}
