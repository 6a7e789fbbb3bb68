/** `tenon dump`: topics into files. */
import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import type { PartitionOffsets } from '../backup/dump';
import { lazy } from '../cli/lazy';
import { command, integerIn, jsonOption, pair } from '../cli/options';
import type { Output } from '../cli/output';
import { grouped, printJson, styles } from '../cli/output';
import { interruptSignal } from '../cli/signals';
import { watch } from '../verify/progress';
import type { Manifest } from '@tenon/topic-backup';

const EXAMPLES = [
  ['tenon dump flights backup', 'the events of a source, of a Tenon that does not run'],
  ['tenon dump flights backup --url http://127.0.0.1:7070', 'of one that runs'],
  ['tenon dump --all backup', 'all topics that Tenon cannot make again'],
  ['tenon dump payments backup --kafka localhost:9092', 'any topic of Kafka'],
  [`tenon dump payments eu --where "json->>'region' = 'eu'"`, 'some of its records'],
] as const;

const NOTES = `
Ended before its end, the same command goes on where it was. --where and --replace are DuckDB's SQL over partition, "offset",
timestamp (milliseconds), time, key, key_text, value, text, json and headers.`;

interface DumpFlags {
  readonly kafka?: string;
  readonly data?: string;
  readonly url?: string;
  readonly all?: boolean;
  readonly topic?: boolean;
  readonly from?: number;
  readonly to?: number;
  readonly fromOffset?: PartitionOffsets;
  readonly toOffset?: PartitionOffsets;
  readonly where?: string;
  readonly replace?: Readonly<Record<string, string>>;
  readonly parallel: number;
  readonly fileSize: number;
  readonly json?: boolean;
}

export function dumpCommand(output: Output): Command {
  return command('dump', 'Copy topics into Parquet files', EXAMPLES)
    .usage('[options] <source|topic...> <dir>')
    .argument('<names...>', 'Sources or topics, and the directory at the end')
    .option('--kafka <brokers>', 'Kafka, host:port (or TENON_KAFKA_BROKERS; default: the embedded log)')
    .option('--data <dir>', 'The data directory of the embedded log (or TENON_DATA; default: .tenon)')
    .option('--url <url>', 'Where a Tenon runs that has the embedded log open')
    .option('--all', 'All topics of Tenon that nothing else can make again')
    .option('--topic', 'The names are those of topics, and not of sources')
    .option('--from <time>', 'Records with this timestamp or a later one', time)
    .option('--to <time>', 'Records with a timestamp before this one', time)
    .option('--from-offset <offsets>', 'From this offset on: 100, or 0:100,1:250 by partition', offsets)
    .option('--to-offset <offsets>', 'Before this offset', offsets)
    .option('--where <sql>', 'Only records of which this is true')
    .option('--replace <column=sql>', 'Put this instead of key, value or headers; once for each', pair)
    .option('--parallel <n>', 'Partitions at a time', integerIn(1, 64), 4)
    .option('--file-size <mib>', 'Records of about so many MiB per file', integerIn(1, 4096), 64)
    .addOption(jsonOption('Print { directory, complete, topics } as JSON'))
    .addHelpText('after', NOTES)
    .action(async (args: string[], { fileSize, json, ...flags }: DumpFlags) => {
      const directory = args.at(-1) as string;
      const manifest = await lazy.dump().runDump({
        ...flags,
        all: flags.all ?? false,
        topic: flags.topic ?? false,
        directory,
        names: args.slice(0, -1),
        fileBytes: fileSize * 1024 * 1024,
        progress: watch(output.err, json === true),
        signal: interruptSignal(() => output.err.write('Ending ...\n')),
        environment: process.env,
      });
      if (manifest.ended === null) output.exitCode = 1;
      if (json) printJson(summaryOf(directory, manifest), output);
      else printDump(directory, manifest, output);
    });
}

/** `2026-01-31`, `2026-01-31T12:00:00Z`, or milliseconds since the epoch; without an offset it is UTC. */
function time(text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  const hasZone = /(Z|[+-]\d\d:?\d\d)$/i.test(text);
  const isDate = /^\d{4}-\d\d-\d\d$/.test(text);
  const parsed = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(hasZone || isDate ? text : `${text}Z`) : NaN;
  if (Number.isNaN(parsed))
    throw new InvalidArgumentError('Write it like 2026-01-31T12:00:00Z, or as milliseconds.');
  return parsed;
}

function offsets(text: string): PartitionOffsets {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  const pairs = text.split(',').map((one) => /^(\d{1,6}):(\d{1,15})$/.exec(one.trim()));
  if (pairs.some((one) => one === null))
    throw new InvalidArgumentError('Write one offset, or partition:offset,partition:offset.');
  return Object.fromEntries(pairs.map((one) => [String(Number(one?.[1])), Number(one?.[2])]));
}

interface TopicSummary {
  readonly topic: string;
  readonly partitions: number;
  readonly records: number;
  readonly files: number;
  readonly bytes: number;
  readonly groups: number;
  readonly missing: Readonly<Record<string, number>>;
  readonly leftOut: number;
  /** Offsets of transactions that were open. */
  readonly undecided: number;
}

function summaryOf(directory: string, { ended, topics }: Manifest) {
  const summaries = topics.map(({ name, partitions, groups, parts }): TopicSummary => {
    const missing: Record<string, number> = {};
    for (const part of parts)
      for (const [reason, count] of Object.entries(part.missing))
        missing[reason] = (missing[reason] ?? 0) + count;
    const files = parts.flatMap((part) => part.files);
    return {
      topic: name,
      partitions,
      records: parts.reduce((sum, part) => sum + part.records, 0),
      files: files.length,
      bytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
      groups: groups.length,
      missing,
      leftOut: parts.reduce((sum, { leftOut }) => sum + leftOut.time + leftOut.sql, 0),
      undecided: parts.reduce((sum, { log }) => sum + log.highWatermark - log.end, 0),
    };
  });
  return { directory, complete: ended !== null, topics: summaries };
}

function printDump(directory: string, manifest: Manifest, { out, err }: Output): void {
  const { bold, dim } = styles(out);
  const { complete, topics } = summaryOf(directory, manifest);
  for (const one of topics) {
    const { partitions, records, files, bytes, groups } = one;
    const what = `${grouped(records)} records of ${grouped(partitions)} partitions in ${grouped(files)} files, ${grouped(bytes)} bytes; ${grouped(groups)} consumer groups`;
    out.write(`${bold(one.topic)} ${what}\n`);
    for (const [reason, count] of Object.entries(one.missing))
      out.write(dim(`  ${grouped(count)} offsets without a record: ${reason}\n`));
    if (one.leftOut > 0) out.write(dim(`  ${grouped(one.leftOut)} records were not asked for\n`));
    if (one.undecided > 0)
      err.write(
        `${one.topic}: ${grouped(one.undecided)} offsets belong to transactions that are open, and are not in it.\n`,
      );
  }
  if (!complete) err.write('It is not complete: the same command goes on from here.\n');
}
