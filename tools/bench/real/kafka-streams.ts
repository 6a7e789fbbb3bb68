/** The Kafka Streams peer: built once with Maven into the cache, run as a process of its own. */
import { createHash } from 'node:crypto';
import { cpSync, readFileSync, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { installed } from '../../stack/installed';
import { run, which } from '../../stack/programs';
import { readSettings } from '../../stack/settings';
import { heard } from './bundles';
import type { Lab } from './lab';
import { TestedProcess } from './process';
import type { SpeedRun } from './speed';
import type { FilledTopic } from './topic';

const PROJECT = join(__dirname, '../peers/kafka-streams');

export interface StreamsProgram {
  readonly folder: string;
  readonly version: string;
}

/** @returns the program, or the reason why there is none */
export async function buildStreams(say: (line: string) => void): Promise<StreamsProgram | string> {
  const mvn = which('mvn');
  if (mvn === undefined || which('java') === undefined) return 'it needs Java 17 or later, and Maven';
  try {
    const folder = await installed(readSettings().cache, `bench-kafka-streams-${digest()}`, async (empty) => {
      say('building Kafka Streams with Maven (once)');
      cpSync(PROJECT, empty, { recursive: true });
      const args = ['-q', '-B', '-Dmaven.test.skip=true', 'package', 'dependency:copy-dependencies'];
      await run(mvn, [...args, '-DoutputDirectory=libs'], { cwd: empty });
    });
    const jar = readdirSync(join(folder, 'libs')).find((name) => name.startsWith('kafka-streams-'));
    return { folder, version: jar?.slice('kafka-streams-'.length, -'.jar'.length) ?? 'of unknown version' };
  } catch (error) {
    return `it could not be built: ${(error as Error).message}`;
  }
}

/** Of the sources, so that a change of them is built anew. */
function digest(): string {
  const hash = createHash('sha256');
  const files = readdirSync(PROJECT, { recursive: true, withFileTypes: true }).filter((one) => one.isFile());
  for (const file of files.map((one) => join(one.parentPath, one.name)).sort())
    hash.update(readFileSync(file));
  return hash.digest('hex').slice(0, 12);
}

export interface StreamsOptions {
  readonly input: string;
  readonly output: string;
  readonly application: string;
  readonly store: 'rocksdb' | 'memory';
  readonly guarantee: 'at_least_once' | 'exactly_once_v2';
  /** Absent: Kafka Streams' default (30 s; with exactly_once_v2 100 ms). */
  readonly commitMs?: number;
  /** It ends after so many; 0: it runs until it is stopped. */
  readonly events: number;
}

const HEAP = '-Xmx1g';
/** It costs least CPU time here: some 15 % less than G1 (Java's default) or the parallel one. */
const COLLECTOR = '-XX:+UseSerialGC';
/** Kafka Streams' default; two cost as much CPU time. */
const THREADS = '1';

export function startStreams(lab: Lab, { folder }: StreamsProgram, options: StreamsOptions): TestedProcess {
  const { input, output, application, store, guarantee, commitMs, events } = options;
  const classPath = [join(folder, 'target/classes'), join(folder, 'libs', '*')].join(delimiter);
  return TestedProcess.start(`kafka-streams (${store}, ${guarantee})`, 'java', [
    HEAP,
    COLLECTOR,
    '-Dorg.slf4j.simpleLogger.defaultLogLevel=error',
    '-cp',
    classPath,
    'tenon.bench.FlightHours',
    lab.servers.kafka,
    input,
    output,
    application,
    join(lab.directory, application),
    store,
    guarantee,
    String(commitMs ?? 'default'),
    THREADS,
    String(events),
  ]);
}

export const VARIANTS = {
  'Kafka Streams, RocksDB': { store: 'rocksdb', guarantee: 'at_least_once' },
  'Kafka Streams, in memory': { store: 'memory', guarantee: 'at_least_once' },
  'Kafka Streams, RocksDB, exactly once': { store: 'rocksdb', guarantee: 'exactly_once_v2' },
} as const;
export type Variant = keyof typeof VARIANTS;

/** From the moment it has its partitions to the end: all aggregated, flushed and committed. */
export async function runStreams(
  lab: Lab,
  program: StreamsProgram,
  filled: FilledTopic,
  variant: Variant,
  round: number,
): Promise<SpeedRun> {
  const application = `${lab.run}-${Object.keys(VARIANTS).indexOf(variant)}-${round}`;
  const output = await lab.topic(`${application}-out`);
  const { topic: input, events } = filled;
  const streams = startStreams(lab, program, { ...VARIANTS[variant], input, output, application, events });
  try {
    const finished = heard<{ aggregated: number }>(streams, 'done', 300_000);
    await heard(streams, 'begun');
    const startup = streams.cpu();
    const since = streams.meter();
    const { aggregated } = await finished;
    const spent = since();
    if (aggregated !== events) throw new Error(`Kafka Streams aggregated ${aggregated} of ${events} events.`);
    return { ...spent, startup, memory: streams.peakMemory() };
  } finally {
    await streams.stop();
    await lab.drop(application);
  }
}
