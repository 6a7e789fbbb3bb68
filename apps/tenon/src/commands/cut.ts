/** `tenon cut`: separates what batch takes from what speed takes, now, and waits until the new generation is served. */
import type { Command } from 'commander';
import { Client } from '../cli/client';
import type { CommonOptions } from '../cli/options';
import { command, integerIn, jsonOption, urlOption } from '../cli/options';
import type { Output } from '../cli/output';
import { printJson, seconds } from '../cli/output';
import { spin } from '../cli/spinner';

const EXAMPLES = [
  ['tenon cut', 'batch takes over everything up to now'],
  ['tenon cut --full', 'batch computes everything anew, from the first event'],
  ['tenon cut --no-wait', 'ask for it and go on'],
] as const;

interface CutOptions extends CommonOptions {
  readonly full?: boolean;
  readonly wait: boolean;
  readonly timeout: number;
}

/** What is shown of the answer; the rest is passed on with --json. */
interface CutAnswer {
  readonly epoch: number;
}

export function cutCommand(output: Output): Command {
  return command('cut', 'Make a cut, and wait until its generation is served', EXAMPLES)
    .option('--full', 'Compute the batch view anew from the first event')
    .option('--no-wait', 'Do not wait for the batch')
    .option('--timeout <seconds>', 'How long to wait', integerIn(1, 3600), 3600)
    .addOption(jsonOption())
    .addOption(urlOption())
    .action(async (options: CutOptions) => {
      const client = new Client(options.url);
      const started = performance.now();
      const spinner = spin(output.err, options.json ? null : 'cutting: barriers, then the batch ...');
      try {
        const answer = await requestCut(client, options);
        spinner.stop();
        if (options.json) return void printJson(answer, output);
        const done = options.wait
          ? `Generation ${answer.epoch} is served`
          : `Cut ${answer.epoch} is under way`;
        output.out.write(`${done} (${seconds(performance.now() - started)}).\n`);
      } finally {
        spinner.stop();
        client.close();
      }
    });
}

/** POST /v1/cuts: with `wait`, answered once every product serves the cut. @throws Failure `cut-timeout` */
export function requestCut(
  client: Client,
  { full, wait, timeout }: { readonly full?: boolean; readonly wait: boolean; readonly timeout: number },
): Promise<CutAnswer> {
  const query = {
    ...(full && { full: 'true' }),
    ...(wait && { wait: 'true', timeout: String(timeout * 1000) }),
  };
  return client.json<CutAnswer>('/v1/cuts', { method: 'POST', query });
}
