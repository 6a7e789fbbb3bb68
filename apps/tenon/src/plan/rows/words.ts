/** Compared rows in words, for people and for Markdown. */
import { grouped } from '../../cli/output';
import { cellText } from '../../cli/rows';
import { bytesText } from '../words';
import type { ComparedRows } from './rows';

export interface RowsText {
  /** `sales: v1 and v2`. */
  readonly title: string;
  /** What was compared, and how much differs; or why not. */
  readonly sentences: readonly string[];
  /** The largest differences: head, and lines. */
  readonly head: readonly string[];
  readonly lines: readonly (readonly string[])[];
}

export function rowsText(one: ComparedRows): RowsText {
  const { product, served, version, reason, sample, differences } = one;
  const title = `${product}: v${served} and v${version}`;
  if (sample === null || differences === null)
    return { title, sentences: [`Rows were not compared: ${reason}.`], head: [], lines: [] };
  const { counts, columnsOnlyA, columnsOnlyB, columns, rows, more } = differences;
  const [left, right] = [`v${served}`, `v${version}`];
  const only = (name: string, all: readonly string[]) =>
    all.length === 0
      ? []
      : [`Only ${name} has ${all.length > 1 ? 'columns' : 'the column'} ${all.join(', ')}.`];
  const keys = Object.keys(rows[0]?.key ?? {});
  const value = (row: (typeof rows)[number]['a'], name: string) => cellText(row?.[name] ?? null) || 'NULL';
  return {
    title,
    sentences: [
      sampleText(sample),
      `${grouped(counts.same)} rows the same, ${grouped(counts.changed)} changed, ${grouped(counts.onlyA)} only in ${left}, ${grouped(counts.onlyB)} only in ${right}.`,
      ...only(left, columnsOnlyA),
      ...only(right, columnsOnlyB),
      ...(more ? [`The largest ${grouped(rows.length)} of ${grouped(counts.different)} differences:`] : []),
    ],
    head: ['', ...keys, 'what differs'],
    lines: rows.map((row) => [
      row.kind === 'changed' ? 'changed' : `only ${row.kind === 'onlyA' ? left : right}`,
      ...keys.map((key) => value(row.key, key)),
      row.kind === 'changed'
        ? row.columns.map((name) => `${name} ${value(row.a, name)} → ${value(row.b, name)}`).join(', ')
        : columns.map(({ name }) => `${name} ${value(row.a ?? row.b, name)}`).join(', '),
    ]),
  };
}

function sampleText({
  kind,
  records,
  of,
  bytes,
  source,
  generation,
}: NonNullable<ComparedRows['sample']>): string {
  const where = `of ${source} below cut ${generation}`;
  if (kind === 'all') return `Over all ${grouped(of)} records ${where}, beside what is served of them.`;
  return `A sample: both over the newest ${grouped(records)} of ${grouped(of)} records ${where} (${bytesText(bytes)} of archive).`;
}
