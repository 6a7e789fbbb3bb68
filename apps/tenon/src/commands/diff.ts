/** `tenon diff`: what differs between two versions of a product, or two generations of one. */
import type { DiffAnswer } from '@tenon/service-serving';
import type { Command } from 'commander';
import { Option } from 'commander';
import { Client, segment } from '../cli/client';
import { Failure } from '../cli/failure';
import type { CommonOptions } from '../cli/options';
import { command, integerIn, jsonOption, urlOption } from '../cli/options';
import type { Output } from '../cli/output';
import { grouped, printJson, styles } from '../cli/output';
import { cellText, csvLines, plainTable } from '../cli/rows';
import { spin } from '../cli/spinner';
import { requestCut } from './cut';

const EXAMPLES = [
  ['tenon diff routes 1 2', 'version 2 beside version 1, both of the same events'],
  ['tenon diff routes 1 2 --by flights --format csv', 'the largest differences of a column first'],
  ['tenon diff routes @14 @15', 'what a cut changed'],
] as const;

/** Which differences are shown. */
type Kind = 'changed' | 'onlyA' | 'onlyB' | 'different';
type Format = 'table' | 'json' | 'csv';

interface DiffCommandOptions extends CommonOptions {
  readonly by?: string;
  readonly kind?: Exclude<Kind, 'different'>;
  readonly limit: number;
  readonly cut: boolean;
  readonly timeout: number;
  readonly exitCode?: boolean;
  readonly format: Format;
}

export function diffCommand(output: Output): Command {
  return command('diff', 'Compare two versions of a product, or two generations of one', EXAMPLES)
    .argument('<product>', 'Name of the product')
    .argument('<a>', 'A version (1), a generation of one (1@14), or one of the served version (@14)')
    .argument('<b>', 'The other one')
    .option('--by <column>', 'The column whose largest differences come first')
    .addOption(
      new Option('--kind <kind>', 'Show only these; all are counted').choices(['changed', 'onlyA', 'onlyB']),
    )
    .option('--limit <n>', 'Differences to show', integerIn(0, 10_000), 20)
    .option('--no-cut', 'Where both have no cut in common, say so, and do not make one')
    .option('--timeout <seconds>', 'How long to wait for one', integerIn(1, 3600), 60)
    .option('--exit-code', 'Exit code 1 where anything differs')
    .addOption(
      new Option('--format <format>', 'How to print').choices(['table', 'json', 'csv']).default('table'),
    )
    .addOption(jsonOption('The same as --format json'))
    .addOption(urlOption())
    .action(async (product: string, a: string, b: string, options: DiffCommandOptions) => {
      const client = new Client(options.url);
      const spinner = spin(output.err, options.json || options.format !== 'table' ? null : 'comparing ...');
      try {
        const { by, kind, limit } = options;
        const query = {
          a,
          b,
          limit: String(limit),
          ...(by !== undefined && { by }),
          ...(kind !== undefined && { kind }),
        };
        const answer = await compare(client, `/v1/products/${segment(product)}/diff`, query, options);
        spinner.stop();
        print(answer, options.json ? 'json' : options.format, kind ?? 'different', output);
        if (options.exitCode === true && answer.counts.different > 0) output.exitCode = 1;
      } finally {
        spinner.stop();
        client.close();
      }
    });
}

const LOOK_MS = 500;

/** Versions that have read different events are compared once both have passed a cut. */
async function compare(
  client: Client,
  path: string,
  query: Readonly<Record<string, string>>,
  { cut, timeout }: DiffCommandOptions,
): Promise<DiffAnswer> {
  const until = performance.now() + timeout * 1000;
  for (let isCut = false; ; isCut = true) {
    try {
      return await client.json<DiffAnswer>(path, { query });
    } catch (error) {
      const isApart = error instanceof Failure && error.problems[0]?.code === 'diff-apart';
      if (!isApart || !cut || performance.now() > until) throw error;
    }
    if (!isCut) await requestCut(client, { wait: true, timeout }).catch(() => undefined);
    else await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

function print(answer: DiffAnswer, format: Format, kind: Kind, output: Output): void {
  if (format === 'json') printJson(answer, output);
  else if (format === 'csv') output.out.write(diffCsv(answer));
  else printTable(answer, kind, output);
}

const nameOf = (side: DiffAnswer['a'], other: DiffAnswer['a']) =>
  side['version'] === other['version']
    ? `generation ${cellText(side['generation'] as number)}`
    : `v${cellText(side['version'] as number)}`;

function printTable(answer: DiffAnswer, kind: Kind, { out }: Output): void {
  const { bold, dim } = styles(out);
  const { a, b, counts, columns, rows } = answer;
  const [left, right] = [nameOf(a, b), nameOf(b, a)];
  const where =
    answer.offsets === 'equal'
      ? `both of the same ${grouped(a['events'] as number)} events`
      : `${grouped(a['events'] as number)} and ${grouped(b['events'] as number)} events`;
  out.write(`${bold(`${answer.product}: ${left} and ${right}`)}, ${where}\n`);
  out.write(
    `${grouped(counts.same)} rows the same · ${grouped(counts.changed)} changed · ${grouped(counts.onlyA)} only in ${left} · ${grouped(counts.onlyB)} only in ${right}\n`,
  );
  for (const [only, names] of [
    [left, answer.columnsOnlyA],
    [right, answer.columnsOnlyB],
  ] as const)
    if (names.length > 0)
      out.write(`only ${only} has the column${names.length > 1 ? 's' : ''} ${names.join(', ')}\n`);
  if (counts.different === 0) return;
  if (counts.changed > 0) {
    const lines = columns.map(({ name, changed, largest }) => [name, grouped(changed), signed(largest)]);
    out.write(`\n${plainTable(['column', 'rows changed', 'largest'].map(bold), lines, [1, 2])}`);
  }
  if (rows.length === 0) return;
  const order =
    answer.by === null ? 'in relation to their values (--by <column>: by size)' : `of ${answer.by}`;
  out.write(`\n${dim(`the largest differences first, ${order}`)}\n`);
  const keys = Object.keys(rows[0]?.key ?? {});
  const lines = rows.map((row) => [
    row.kind === 'changed' ? 'changed' : `only ${row.kind === 'onlyA' ? left : right}`,
    ...keys.map((key) => cellText(row.key[key] ?? null)),
    row.kind === 'changed'
      ? row.columns.map((name) => `${name} ${valueOf(row.a, name)} → ${valueOf(row.b, name)}`).join(', ')
      : columns.map(({ name }) => `${name} ${valueOf(row.a ?? row.b, name)}`).join(', '),
  ]);
  out.write(`\n${plainTable(['', ...keys, ''].map(bold), lines, [])}`);
  if (answer.more)
    out.write(dim(`the largest ${grouped(rows.length)} of ${grouped(counts[kind])} (--limit)\n`));
}

const valueOf = (row: DiffAnswer['rows'][number]['a'], name: string) =>
  cellText(row?.[name] ?? null) || 'NULL';
const signed = (value: number | null) => (value === null ? '' : value > 0 ? `+${value}` : String(value));

/** A line for each difference: of each column the value of either side. */
export function diffCsv({ rows, columns }: DiffAnswer): string {
  const keys = Object.keys(rows[0]?.key ?? {});
  const head = ['kind', ...keys, ...columns.flatMap(({ name }) => [`${name} a`, `${name} b`])];
  const lines = rows.map((row) => [
    row.kind,
    ...keys.map((key) => row.key[key] ?? null),
    ...columns.flatMap(({ name }) => [row.a?.[name] ?? null, row.b?.[name] ?? null]),
  ]);
  return csvLines([head, ...lines]);
}
