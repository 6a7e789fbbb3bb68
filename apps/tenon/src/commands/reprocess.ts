/** `tenon reprocess`: the definition that is served is built anew, from the first event on, under the next number. */
import type { Command } from 'commander';
import { command, integerIn, jsonOption, urlOption } from '../cli/options';
import type { Output } from '../cli/output';
import type { RebuildOptions } from '../versions/rebuilt';
import { rebuilt } from '../versions/rebuilt';

const EXAMPLES = [
  ['tenon reprocess routes', 'built beside what is served; tenon diff and tenon promote then'],
  ['tenon reprocess routes --promote', 'served as soon as it includes what the served one does'],
] as const;

export function reprocessCommand(output: Output): Command {
  return command('reprocess', 'Build a product anew, beside what is served', EXAMPLES)
    .argument('<product>', 'Name of the product')
    .option('--promote', 'Its name goes over to it as soon as it is ready')
    .option('--throttle <events>', 'Events a second for what is built, at most', integerIn(1, 999_999_999))
    .option('--no-wait', 'Do not wait until it is')
    .option('--timeout <seconds>', 'How long to wait', integerIn(1, 86_400), 3600)
    .addOption(jsonOption())
    .addOption(urlOption())
    .action((product: string, options: RebuildOptions) => rebuilt(product, 'reprocess', options, output));
}
