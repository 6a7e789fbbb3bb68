/** `tenon accept-loss`: records that are gone for good are passed over, and counted as lost. */
import type { Command } from 'commander';
import { Client } from '../cli/client';
import type { CommonOptions } from '../cli/options';
import { command, jsonOption, urlOption } from '../cli/options';
import type { Output } from '../cli/output';
import { grouped, printJson } from '../cli/output';

const EXAMPLES = [
  [
    'tenon accept-loss orders --partition 0 --from 300 --to 700',
    'records 300 to 699, as the warning names them',
  ],
  ['tenon accept-loss orders --partition 0 --from 0 --to 9 --reason "disk 4 died"', 'with a word why'],
] as const;

interface LossFlags extends CommonOptions {
  readonly partition: string;
  readonly from: string;
  readonly to: string;
  readonly reason?: string;
}

interface Accepted {
  readonly source: string;
  readonly partition: number;
  readonly from: number;
  readonly to: number;
}

export function acceptLossCommand(output: Output): Command {
  return command('accept-loss', 'Go on behind records of a source that are gone for good', EXAMPLES)
    .argument('<source>', 'The source')
    .requiredOption('--partition <n>', 'The partition')
    .requiredOption('--from <offset>', 'The first record that is gone')
    .requiredOption('--to <offset>', 'The first one behind them')
    .option('--reason <text>', 'Why, for whoever asks later')
    .addOption(jsonOption('Print the loss as JSON'))
    .addOption(urlOption())
    .action(async (source: string, { partition, from, to, reason, json, url }: LossFlags) => {
      const client = new Client(url);
      try {
        const query = { source, partition, from, to, reason };
        const loss = await client.json<Accepted>('/v1/losses', { method: 'POST', query });
        if (json) printJson(loss, output);
        else
          output.out.write(
            `${grouped(loss.to - loss.from)} records of ${loss.source}, partition ${loss.partition} are taken for lost: ${loss.from} to ${loss.to - 1}. Products go on behind them within 10 s.\n`,
          );
      } finally {
        client.close();
      }
    });
}
