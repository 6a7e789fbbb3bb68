/** `tenon drop`: a version that is built or kept goes, with its topics and rows. */
import type { Command } from 'commander';
import { Client } from '../cli/client';
import type { CommonOptions } from '../cli/options';
import { command, integerIn, jsonOption, urlOption } from '../cli/options';
import type { Output } from '../cli/output';
import { print, takeStep } from '../versions/step';

const EXAMPLES = [['tenon drop routes 1', 'before the time that it is kept is over']] as const;

export function dropCommand(output: Output): Command {
  return command('drop', 'Remove a version that is built or kept', EXAMPLES)
    .argument('<product>', 'Name of the product')
    .argument('<version>', 'Which one', integerIn(1, 999_999))
    .addOption(jsonOption())
    .addOption(urlOption())
    .action(async (product: string, version: number, options: CommonOptions) => {
      const client = new Client(options.url);
      try {
        const answer = await takeStep(client, product, 'drop', { version: String(version) });
        print(answer, `${product} v${version} goes.`, options.json, output);
      } finally {
        client.close();
      }
    });
}
