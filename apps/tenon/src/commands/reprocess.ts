/** `tenon reprocess`: the definition that is served is built anew, from the first event on, under the next number. */
import type { Command } from 'commander';
import { Client } from '../cli/client';
import type { CommonOptions } from '../cli/options';
import { command, integerIn, jsonOption, urlOption } from '../cli/options';
import type { Output } from '../cli/output';
import { printJson } from '../cli/output';
import { follow, printVersions } from '../versions/follow';
import { takeStep } from '../versions/step';

const EXAMPLES = [
  ['tenon reprocess routes', 'built beside what is served; tenon diff and tenon promote then'],
  ['tenon reprocess routes --promote', 'served as soon as it includes what the served one does'],
] as const;

interface ReprocessOptions extends CommonOptions {
  readonly promote?: boolean;
  readonly wait: boolean;
  readonly timeout: number;
}

export function reprocessCommand(output: Output): Command {
  return command('reprocess', 'Build a product anew, beside what is served', EXAMPLES)
    .argument('<product>', 'Name of the product')
    .option('--promote', 'Its name goes over to it as soon as it is ready')
    .option('--no-wait', 'Do not wait until it is')
    .option('--timeout <seconds>', 'How long to wait', integerIn(1, 86_400), 3600)
    .addOption(jsonOption())
    .addOption(urlOption())
    .action(async (product: string, options: ReprocessOptions) => {
      const client = new Client(options.url);
      try {
        const query = { ...(options.promote && { promote: 'true' }) };
        const step = await takeStep(client, product, 'reprocess', query);
        if (!options.json) output.err.write(`${product} v${step.version} is built of v${step.served}.\n`);
        if (!options.wait) return void (options.json && printJson(step, output));
        const sink = options.json ? null : output.err;
        const isIt = (one: { product: string; version: number }) =>
          one.product === product && one.version === step.version;
        const versions = await follow(client, isIt, { timeout: options.timeout, sink });
        if (options.json) printJson({ ...step, versions }, output);
        else printVersions(versions, output.out, output.err);
        if (options.promote && versions.some(({ state }) => state === 'ready')) output.exitCode = 1;
      } finally {
        client.close();
      }
    });
}
