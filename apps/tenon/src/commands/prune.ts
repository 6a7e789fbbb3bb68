/** `tenon prune`: removes what the catalog does not ask for any more. */
import type { Command } from 'commander';
import { lazy } from '../cli/lazy';
import type { CommonOptions } from '../cli/options';
import { command, jsonOption, urlOption } from '../cli/options';
import type { Output } from '../cli/output';
import { grouped, printJson, styles } from '../cli/output';
import type { Pruned } from '../prune/prune';

const EXAMPLES = [
  ['tenon prune --dry-run', 'what would go: versions and products that ./catalog does not have'],
  ['tenon prune --catalog my --data /var/lib/tenon', 'other directories'],
] as const;

interface PruneFlags extends CommonOptions {
  readonly catalog?: string;
  readonly data?: string;
  readonly dryRun?: boolean;
}

export function pruneCommand(output: Output): Command {
  return command('prune', 'Remove what the catalog does not have any more', EXAMPLES)
    .option('--catalog <dir>', 'The catalog directory (or TENON_CATALOG; default: catalog)')
    .option('--data <dir>', 'The data directory (or TENON_DATA; default: .tenon)')
    .option('--dry-run', 'Say what would go, and remove nothing')
    .addOption(jsonOption('Print { dryRun, pruned, kept } as JSON'))
    .addOption(urlOption('A Tenon on servers, whose products are kept (or TENON_URL)'))
    .action(async ({ json, url, dryRun = false, ...directories }: PruneFlags) => {
      const pruned = await lazy.prune().prune({ ...directories, url, dryRun, environment: process.env });
      if (json) printJson(pruned, output);
      else printPruned(pruned, output);
    });
}

function printPruned({ dryRun, pruned, kept }: Pruned, { out, err }: Output): void {
  const { bold, dim } = styles(out);
  for (const { product, what, documents, topics } of pruned) {
    const why = what === 'gone' ? 'not in the catalog' : 'base views that nobody reads';
    const all = [`${grouped(documents)} documents`, ...topics.map((topic) => `topic ${topic}`)];
    out.write(`${bold(product)} ${dim(`${why}:`)} ${all.join(', ')}\n`);
  }
  for (const { product, reason } of kept) err.write(`${product} is kept: ${reason}.\n`);
  if (pruned.length === 0) out.write('Nothing to remove.\n');
  else out.write(dryRun ? 'Nothing was removed (--dry-run).\n' : 'Removed.\n');
}
