/** `tenon watch`: a product as it changes. A terminal shows a table that is redrawn; elsewhere each change is a line. */
import type { AnswerEnvelope, Row } from '@tenon/contracts';
import type { Command } from 'commander';
import { optionParameters } from '@tenon/contracts';
import { Client } from '../cli/client';
import { columnParameters } from '../cli/columns';
import type { CommonOptions } from '../cli/options';
import { command, integerIn, jsonOption, names, pair, urlOption } from '../cli/options';
import type { Output } from '../cli/output';
import { styles } from '../cli/output';
import type { AskedProduct } from '../cli/product';
import { askedProduct } from '../cli/product';
import { cellText } from '../cli/rows';
import type { LiveView } from '../cli/screen';
import { createLiveView } from '../cli/screen';
import { interruptSignal } from '../cli/signals';
import { follow } from '../cli/sse';

const EXAMPLES = [
  ['tenon watch airport_hours --where origin=ATL', 'one airport, live'],
  ['tenon watch routes --updates 10 | cat', 'the next ten updates, as lines'],
  ['tenon watch routes --json', 'a JSON object per update'],
] as const;

interface WatchOptions extends CommonOptions {
  readonly where?: Readonly<Record<string, string>>;
  readonly whereNull?: readonly string[];
  readonly from?: string;
  readonly updates?: number;
}

interface LiveData {
  readonly rows: readonly Row[];
  readonly removed?: readonly string[];
  readonly answer?: AnswerEnvelope;
}

export function watchCommand(output: Output): Command {
  return command('watch', 'Follow a product as it changes (Ctrl-C ends it)', EXAMPLES)
    .argument('<product>', 'Name of the product; with a version: routes@2')
    .option('--where <dimension=value>', 'Rows of this value; once for each dimension', pair)
    .option('--where-null <dimension>', 'Rows where it is NULL; once for each dimension', names)
    .option('--from <time>', 'Windows that start at or after this time')
    .option('--updates <n>', 'End after this many updates', integerIn(1, 1_000_000_000))
    .addOption(jsonOption('Print each update as a JSON object on a line'))
    .addOption(urlOption())
    .action(async (product: string, options: WatchOptions) => {
      const client = new Client(options.url);
      try {
        await watch(client, product, askedProduct(product), options, output);
      } finally {
        client.close();
      }
    });
}

async function watch(
  client: Client,
  product: string,
  { path, version }: AskedProduct,
  options: WatchOptions,
  output: Output,
): Promise<void> {
  let shown = await describe(client, path, version);
  const { columns } = shown;
  const ended = new AbortController();
  const signal = AbortSignal.any([interruptSignal(), ended.signal]);
  const view: LiveView | null =
    output.out.isTTY && !options.json ? createLiveView(output.out, product, () => shown) : null;
  const query = {
    ...columnParameters(options),
    ...optionParameters({ from: options.from, version }, columns),
  };
  let again = false;
  const onRetry = (how: 'ended' | 'lost') => {
    again = true;
    const note =
      how === 'lost' ? 'connection lost, trying again' : 'the server ended the stream, opening it again';
    if (view) view.note(`${note} ...`);
    else output.err.write(`${note}\n`);
  };
  let updates = 0;
  view?.open();
  try {
    for await (const { event, data } of follow(client, `${path}/live`, { query, signal, onRetry })) {
      if (event !== 'snapshot' && event !== 'rows') continue;
      const update = data as LiveData;
      // A stream that is opened again may be of another version, which has other columns.
      if (again && event === 'snapshot') shown = await describe(client, path, version);
      again = false;
      if (view) view.update(event === 'snapshot', update.rows, update.removed ?? [], update.answer);
      else if (options.json) output.out.write(`${JSON.stringify({ event, ...update })}\n`);
      else for (const row of update.rows) output.out.write(rowLine(row, shown.columns, output));
      updates += 1;
      if (updates === options.updates) break;
    }
  } finally {
    view?.close();
    ended.abort();
  }
}

async function describe(
  client: Client,
  path: string,
  version: string | undefined,
): Promise<{ readonly columns: readonly string[]; readonly windowColumn: string | null }> {
  const described = await client.json<{ columns?: { name: string }[]; window?: { column: string } | null }>(
    path,
    { query: { version } },
  );
  const { columns = [], window } = described;
  return { columns: columns.map(({ name }) => name), windowColumn: window?.column ?? null };
}

function rowLine(row: Row, columns: readonly string[], { out }: Output): string {
  const { dim } = styles(out);
  return `${columns.map((name) => `${dim(`${name}=`)}${cellText(row[name] ?? null)}`).join(' ')} ${dim(row._status)}\n`;
}
