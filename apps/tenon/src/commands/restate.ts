/** `tenon restate`: the served definition is built anew with events left out, or with columns replaced, by a rule. */
import type { Command } from 'commander';
import { usage } from '../cli/failure';
import { command, integerIn, jsonOption, names, pair, urlOption } from '../cli/options';
import type { Output } from '../cli/output';
import type { RebuildOptions } from '../versions/rebuilt';
import { rebuilt } from '../versions/rebuilt';

const EXAMPLES = [
  ['tenon restate routes --correlation-id load-17', 'without what came under that id'],
  [
    "tenon restate routes --where 'delay > 10000' --from 2001-01-01T00:00:00Z",
    'without what is wrong since then',
  ],
  ["tenon restate routes --where 'distance < 0' --replace 'distance=-distance'", 'with other values'],
] as const;

interface RestateOptions extends RebuildOptions {
  readonly id?: readonly string[];
  readonly correlationId?: readonly string[];
  readonly where?: string;
  readonly from?: string;
  readonly to?: string;
  readonly replace?: Readonly<Record<string, string>>;
}

export function restateCommand(output: Output): Command {
  return command('restate', 'Build a product anew without some events, or with other values', EXAMPLES)
    .argument('<product>', 'Name of the product')
    .option('--id <id>', 'The event with this id; once for each', names)
    .option('--correlation-id <id>', 'Events with this correlation id; once for each', names)
    .option('--where <sql>', 'Events of which this is true: SQL on the columns of the source')
    .option('--from <time>', 'Only events with this time, or a later one')
    .option('--to <time>', 'Only events before this time')
    .option('--replace <column=sql>', 'Keeps them, with this in place of the column; once for each', pair)
    .option('--promote', 'Its name goes over to it as soon as it is ready')
    .option('--throttle <events>', 'Events a second for what is built, at most', integerIn(1, 999_999_999))
    .option('--no-wait', 'Do not wait until it is')
    .option('--timeout <seconds>', 'How long to wait', integerIn(1, 86_400), 3600)
    .addOption(jsonOption())
    .addOption(urlOption())
    .action((product: string, options: RestateOptions) => restate(product, options, output));
}

async function restate(product: string, options: RestateOptions, output: Output): Promise<void> {
  const { id: ids, correlationId: correlationIds, where, from, to, replace } = options;
  const rule = { ids, correlationIds, where, from, to, replace };
  if (Object.entries(rule).every(([name, one]) => name === 'replace' || one === undefined))
    throw usage('Which events?', 'Name them with --id, --correlation-id, --where, --from or --to.');
  await rebuilt(product, 'restate', options, output, rule);
}
