/** `tenon throttle`: a version that is built is folded slower, or as fast as it can. */
import type { Command } from 'commander';
import { Client } from '../cli/client';
import type { CommonOptions } from '../cli/options';
import { command, integerIn, jsonOption, urlOption } from '../cli/options';
import type { Output } from '../cli/output';
import { grouped } from '../cli/output';
import { buildQuery, print, takeStep } from '../versions/step';

const EXAMPLES = [
  ['tenon throttle routes 50000', 'at most so many events a second, from now on'],
  ['tenon throttle routes', 'as many as can be again'],
] as const;

export function throttleCommand(output: Output): Command {
  return command('throttle', 'Fold the version that is built slower', EXAMPLES)
    .argument('<product>', 'Name of the product')
    .argument('[events]', 'Events a second at most, for each layer', integerIn(1, 999_999_999))
    .addOption(jsonOption())
    .addOption(urlOption())
    .action(async (product: string, throttle: number | undefined, options: CommonOptions) => {
      const client = new Client(options.url);
      try {
        const query = buildQuery(throttle === undefined ? {} : { throttle });
        const answer = await takeStep(client, product, 'throttle', query);
        const how =
          throttle === undefined ? 'as fast as can be' : `by ${grouped(throttle)} events a second at most`;
        print(answer, `${product} v${answer.version} is built ${how}.`, options.json, output);
      } finally {
        client.close();
      }
    });
}
