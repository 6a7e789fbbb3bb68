/** `tenon query`: the rows of a product. */
import type { AnswerEnvelope, Row, RowsAnswer } from '@tenon/contracts';
import type { Command } from 'commander';
import { Option } from 'commander';
import { optionParameters } from '@tenon/contracts';
import { Client } from '../cli/client';
import { columnParameters } from '../cli/columns';
import type { CommonOptions } from '../cli/options';
import { command, integerIn, jsonOption, names, pair, urlOption } from '../cli/options';
import type { Output } from '../cli/output';
import { grouped, styles } from '../cli/output';
import type { AskedProduct } from '../cli/product';
import { askedProduct } from '../cli/product';
import { columnsOf, rowsCsv, rowsTable } from '../cli/rows';

const EXAMPLES = [
  ['tenon query airport_hours --where origin=SFO', 'one airport'],
  ['tenon query airport_hours --from 2001-01-08 --to 2001-01-09', 'one day'],
  ['tenon query routes --format csv > routes.csv', 'every row, as CSV'],
  ['tenon query routes --as-of 2001-01-31T00:00:00Z', 'what was served then'],
  ['tenon query routes --after "$RECEIPT" --json', 'once the events of a receipt are in'],
] as const;

/** A page of the server at its largest. */
const PAGE = 10_000;
const TABLE_ROWS = 40;

type Format = 'table' | 'json' | 'csv';

export interface QueryOptions extends CommonOptions {
  readonly from?: string;
  readonly to?: string;
  readonly where?: Readonly<Record<string, string>>;
  readonly whereNull?: readonly string[];
  readonly layer?: string;
  readonly after?: string;
  readonly asOf?: string;
  readonly order?: string;
  readonly limit?: number;
  readonly format?: Format;
}

export function queryCommand(output: Output): Command {
  return command('query', 'Show the rows of a product', EXAMPLES)
    .argument('<product>', 'Name of the product; with a version: routes@2')
    .option('--from <time>', 'Windows that start at or after this time')
    .option('--to <time>', 'Windows that start before this time')
    .option('--where <dimension=value>', 'Rows of this value; once for each dimension', pair)
    .option('--where-null <dimension>', 'Rows where it is NULL; once for each dimension', names)
    .addOption(new Option('--layer <layer>', 'Which layer answers').choices(['merged', 'batch', 'speed']))
    .option('--after <receipt>', 'Wait until the events of this receipt are in')
    .option('--as-of <when>', 'What was served then, as long as its generation is kept')
    .addOption(new Option('--order <order>', 'Order of the rows').choices(['asc', 'desc']))
    .option(
      '--limit <n>',
      `Rows at most (default: all; ${TABLE_ROWS} in a table)`,
      integerIn(1, 1_000_000_000),
    )
    .addOption(
      new Option('--format <format>', 'How to print').choices(['table', 'json', 'csv']).default('table'),
    )
    .addOption(jsonOption('The same as --format json'))
    .addOption(urlOption())
    .action(async (product: string, options: QueryOptions) => {
      const client = new Client(options.url);
      try {
        await query(client, askedProduct(product), options, output);
      } finally {
        client.close();
      }
    });
}

async function query(
  client: Client,
  { path, version }: AskedProduct,
  options: QueryOptions,
  output: Output,
): Promise<void> {
  const format = options.json ? 'json' : (options.format ?? 'table');
  const limit = options.limit ?? (format === 'table' ? TABLE_ROWS : Infinity);
  const product = await client.json<{ columns?: { name: string }[] }>(path, { query: { version } });
  const declared = product.columns?.map((column) => column.name) ?? [];
  const { text, answer, consistent } = await readRows(
    client,
    `${path}/rows`,
    { ...options, version },
    declared,
    limit,
  );
  if (!consistent)
    output.err.write(
      'note: events came in while the pages were read, so their rows differ in what they include.\n',
    );
  const columns = columnsOf(answer.rows, declared);
  const joined = consistent ? answer : { ...answer, consistent };
  if (format === 'json') output.out.write(`${text ?? JSON.stringify(joined)}\n`);
  else if (format === 'csv') output.out.write(rowsCsv(answer.rows, columns));
  else printTable(answer, columns, output);
}

type AskedRows = QueryOptions & Pick<AskedProduct, 'version'>;

interface Read {
  readonly answer: RowsAnswer;
  /** What the server sent, where one page held it all: passed on as it is. */
  readonly text: string | null;
  /** All pages include the same events. */
  readonly consistent: boolean;
}

/** A page is one snapshot, several are not: where something landed in between, they are read once more. */
async function readRows(
  client: Client,
  path: string,
  query: AskedRows,
  declared: readonly string[],
  limit: number,
): Promise<Read> {
  const read = await readPages(client, path, query, declared, limit);
  return read.consistent ? read : readPages(client, path, query, declared, limit);
}

async function readPages(
  client: Client,
  path: string,
  { from, to, layer, after, asOf, order, version, ...asked }: AskedRows,
  declared: readonly string[],
  total: number,
): Promise<Read> {
  const page = (left: number, cursor?: string) => {
    const limit = String(Math.min(left, PAGE));
    const options = optionParameters(
      { from, to, layer, after, asOf, order, version, limit, cursor },
      declared,
    );
    return client.text(path, { query: { ...columnParameters(asked), ...options } });
  };
  const text = await page(total);
  const first = JSON.parse(text) as RowsAnswer;
  const rows: Row[] = [...first.rows];
  let { next, answer } = first;
  let consistent = true;
  while (next !== null && rows.length < total) {
    const more = JSON.parse(await page(total - rows.length, next)) as RowsAnswer;
    for (const row of more.rows) rows.push(row);
    consistent &&= sameEvents(answer, more.answer);
    ({ next, answer } = more);
  }
  return {
    answer: { ...first, rows, answer, next },
    text: rows.length === first.rows.length ? text : null,
    consistent,
  };
}

const sameEvents = (a: AnswerEnvelope, b: AnswerEnvelope) =>
  a.generation === b.generation && JSON.stringify(a.included) === JSON.stringify(b.included);

function printTable(answer: RowsAnswer, columns: readonly string[], { out }: Output): void {
  const { dim } = styles(out);
  const { generation, behind, status, servedAt } = answer.answer;
  if (answer.rows.length === 0) out.write('No rows.\n');
  else out.write(rowsTable(answer.rows, columns, out));
  const count = `${grouped(answer.rows.length)} ${answer.rows.length === 1 ? 'row' : 'rows'}`;
  const rows =
    answer.next === null ? count : `the first ${count}, there are more (--limit, or --format csv for all)`;
  const then = servedAt === undefined ? '' : ` as served from ${servedAt} on`;
  const lag = behind === 0 ? 'nothing behind' : `${grouped(behind)} events behind`;
  out.write(dim(`${rows} · ${status} · generation ${generation}${then} · ${lag}\n`));
}
