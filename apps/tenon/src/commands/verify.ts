/** `tenon verify`: is what is stored what was written? */
import type { Command } from 'commander';
import { lazy } from '../cli/lazy';
import { command, jsonOption } from '../cli/options';
import type { Output } from '../cli/output';
import { describeProblem, grouped, printJson, styles } from '../cli/output';
import { watch } from '../verify/progress';
import type { Verified } from '../verify/verify';

const EXAMPLES = [
  ['tenon verify', 'the data directory .tenon (or TENON_DATA), of a Tenon that does not run'],
  ['tenon verify --data /var/lib/tenon', 'another directory'],
  ['TENON_MONGODB_URL=... TENON_LAKE=... tenon verify', 'store and archive of services on servers'],
] as const;

export function verifyCommand(output: Output): Command {
  return command('verify', 'Check what is stored: log, archive and store', EXAMPLES)
    .option('--data <dir>', 'The data directory (or TENON_DATA; default: .tenon)')
    .addOption(jsonOption('Print { ok, log, archive, store, problems } as JSON'))
    .action(async ({ data, json }: { data?: string; json?: boolean }) => {
      const verified = await lazy.verify().verify({
        ...(data !== undefined && { data }),
        environment: process.env,
        watcher: watch(output.err, json === true),
      });
      if (!verified.ok) output.exitCode = 1;
      if (json) printJson(verified, output);
      else printVerified(verified, output);
    });
}

function printVerified({ log, archive, store, problems }: Verified, { out, err }: Output): void {
  const { red, green } = styles(out);
  const line = (name: string, text: string) => out.write(`${name.padEnd(8)} ${text}\n`);
  if (log !== null) line('log', `${grouped(log.records)} records in ${grouped(log.topics)} topics`);
  if (archive !== null) {
    const { files, bytes, withoutDigest, unnamed } = archive;
    const notes = [
      withoutDigest > 0 && `${grouped(withoutDigest)} without a digest, of a release before`,
      unnamed > 0 && `${grouped(unnamed)} more in the lake that nothing names`,
    ].filter((note) => note !== false);
    line('archive', [`${grouped(files)} files, ${grouped(bytes)} bytes`, ...notes].join('; '));
  }
  if (store !== null) line('store', `${grouped(store.documents)} documents`);
  for (const problem of problems) err.write(`${red('damaged')} ${describeProblem(problem, err)}`);
  out.write(
    problems.length === 0
      ? green('All of it is what was written.\n')
      : red(`${problems.length} ${problems.length === 1 ? 'problem' : 'problems'}.\n`),
  );
}
