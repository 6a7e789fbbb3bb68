/** `tenon export`: the catalog of what runs, as files. */
import type { Command } from 'commander';
import { lazy } from '../cli/lazy';
import type { CommonOptions } from '../cli/options';
import { command, jsonOption, urlOption } from '../cli/options';
import type { Output } from '../cli/output';
import { printJson, styles } from '../cli/output';

const EXAMPLES = [
  ['tenon export', 'what the Tenon at --url runs, into ./exported'],
  ['tenon export --declared was', 'the catalog as it was taken last, whatever was rolled back since'],
  ['tenon export now && diff -r now catalog', 'what somebody has changed by hand'],
] as const;

export function exportCommand(output: Output): Command {
  return command('export', 'Write the catalog of what runs as files', EXAMPLES)
    .argument('[dir]', 'A directory that is empty, or not there', 'exported')
    .option('--declared', 'The catalog as it was taken last, not the versions that names answer with')
    .addOption(jsonOption())
    .addOption(urlOption())
    .action(async (directory: string, options: CommonOptions & { declared?: boolean }) => {
      const { json, url, declared = false } = options;
      const exported = await lazy.export().exportCatalog({ directory, url, declared });
      if (json) return void printJson(exported, output);
      const { dim } = styles(output.out);
      for (const name of exported.sources) output.out.write(`source ${name}\n`);
      for (const { name, version } of exported.products)
        output.out.write(`product ${name} ${dim(`v${version}`)}\n`);
      output.out.write(`${exported.files.length} files in ${exported.directory}.\n`);
    });
}
