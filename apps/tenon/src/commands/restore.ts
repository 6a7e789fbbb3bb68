/** `tenon restore`: topics from files, with a certificate. */
import type { Command } from 'commander';
import type { RestoreResult } from '../backup/restore';
import { lazy } from '../cli/lazy';
import { command, integerIn, jsonOption } from '../cli/options';
import type { Output } from '../cli/output';
import { grouped, printJson, styles } from '../cli/output';
import { interruptSignal } from '../cli/signals';
import { watch } from '../verify/progress';
import type { Certificate } from '@tenon/topic-backup';

const EXAMPLES = [
  ['tenon restore backup', 'all topics of a dump, under their names'],
  ['tenon restore backup --into payments2 --kafka other:9092', 'into another name, and another Kafka'],
  ['tenon restore backup --into wide --partitions 12', 'partitioned anew by key'],
  ['tenon restore backup --accept', 'services take the topics for those of before'],
] as const;

const NOTES = `
Records are read back and compared: the exit code is 1 where they are not what was dumped. Ended before its end, the same command
goes on where it was.`;

interface RestoreFlags {
  readonly kafka?: string;
  readonly data?: string;
  readonly topic?: string;
  readonly into?: string;
  readonly partitions?: number;
  readonly replication?: number;
  readonly groups: boolean;
  readonly out?: string;
  readonly parallel: number;
  readonly accept?: boolean;
  readonly json?: boolean;
}

export function restoreCommand(output: Output): Command {
  return command('restore', 'Put the topics of a dump back, and prove it', EXAMPLES)
    .argument('<dir>', 'The directory of the dump')
    .option('--kafka <brokers>', 'Kafka, host:port (or TENON_KAFKA_BROKERS; default: the embedded log)')
    .option('--data <dir>', 'The data directory of the embedded log (or TENON_DATA; default: .tenon)')
    .option('--topic <name>', 'Of the topics of the dump, this one')
    .option('--into <name>', 'Another name for the topic')
    .option('--partitions <n>', 'Partition anew by key, into so many', integerIn(1, 10_000))
    .option('--replication <n>', 'Copies of each partition', integerIn(1, 32))
    .option('--no-groups', 'Without the offsets of consumer groups')
    .option('--out <dir>', 'Where certificates and maps of offsets go (default: <dir>/restored)')
    .option('--parallel <n>', 'Partitions at a time', integerIn(1, 64), 4)
    .option('--accept', "Tenon's services take restored topics of events for those of before")
    .addOption(jsonOption('Print { equal, certificates, accept, accepted } as JSON'))
    .addHelpText('after', NOTES)
    .action(async (directory: string, { json, accept = false, ...flags }: RestoreFlags) => {
      const result = await lazy.restore().runRestore({
        ...flags,
        directory,
        accept,
        progress: watch(output.err, json === true),
        signal: interruptSignal(() => output.err.write('Ending ...\n')),
        environment: process.env,
      });
      const certificates = result.restored.map(({ certificate }) => certificate);
      const equal = !result.interrupted && certificates.every((one) => one.equal);
      if (!equal) output.exitCode = 1;
      if (json) {
        const { acceptable, accepted, restored } = result;
        const paths = restored.map(({ path, offsets }) => ({ certificate: path, offsets }));
        printJson({ equal, certificates, files: paths, accept: acceptable, accepted }, output);
      } else printRestored(result, output);
    });
}

function printRestored({ restored, acceptable, accepted, interrupted }: RestoreResult, output: Output): void {
  const { out, err } = output;
  const { bold, dim, green, red } = styles(out);
  for (const { certificate, offsets, path } of restored) {
    const { topic, into, partitions, groups, config } = certificate;
    out.write(`${bold(into)}${into === topic ? '' : ` from ${topic}`}\n`);
    for (const { partition, records, found, dumped, equal } of partitions)
      out.write(
        `  partition ${partition}: ${grouped(records)} records, ${equal ? green('equal') : red(`not equal: ${grouped(found)} were read back`)} ${dim(dumped.slice(0, 16))}\n`,
      );
    for (const { group, equal, problem } of groups)
      out.write(`  group ${group}: ${equal ? green('equal') : red(`not equal: ${problem}`)}\n`);
    if (!config.equal) out.write(`  configuration: ${red(`not equal: ${config.problem}`)}\n`);
    out.write(`  ${placesOf(certificate)}\n`);
    out.write(dim(`  offsets: ${offsets}\n  certificate: ${path}\n`));
  }
  if (acceptable.length > 0)
    out.write(
      accepted
        ? 'Services take these topics for those of before.\n'
        : `Services refuse topics with other ids (log-replaced). Start them with\n  TENON_ACCEPT_TOPICS=${acceptable.map(({ id }) => id).join(',')}\nor restore with --accept.\n`,
    );
  if (interrupted) err.write('It is not complete: the same command goes on from here.\n');
}

/** What has become of the names that others have for records: receipts, cuts, progress. */
function placesOf({ offsetsKept, topic, into }: Certificate): string {
  if (offsetsKept)
    return into === topic
      ? 'Records are at the offsets that they had: receipts and positions of before hold.'
      : `Records are at the offsets that they had, in another topic: receipts of ${topic} do not mean it.`;
  const own = topic.startsWith('tenon.')
    ? ' Store and archive of before name those: begin with new ones.'
    : '';
  return `Records are at other offsets: the file offsets.parquet says which for receipts and positions of before.${own}`;
}
