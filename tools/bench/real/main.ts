/**
 * npm run bench:real [-- --quick] [-- --only ingest|ndjson|speed|landing|freshness|serving-instances]: throughput and freshness on real servers, beside
 * what one would write with kafkajs, and beside Kafka Streams. A whole run in which nothing
 * fails writes docs/benchmarks-real.md.
 */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import kafkajs from 'kafkajs/package.json';
import { kafka } from '../../stack/parts/kafka';
import { mongodb } from '../../stack/parts/mongodb';
import { nats } from '../../stack/parts/nats';
import { readSettings } from '../../stack/settings';
import { stackDown, stackUp } from '../../stack/stack';
import type { Checkout } from '../checkout';
import { openCheckout } from '../checkout';
import { buildAll, buildServices } from './bundles';
import { Findings } from './findings';
import { benchFreshness } from './freshness';
import { benchNdjson, benchSingle } from './ingest-parts';
import type { StreamsProgram } from './kafka-streams';
import { buildStreams } from './kafka-streams';
import { Lab } from './lab';
import { benchLanding } from './landing-part';
import { benchServingInstances } from './serving-instances';
import { benchSpeed } from './speed-part';

const PARTS = ['ingest', 'ndjson', 'speed', 'landing', 'freshness', 'serving-instances'] as const;
type Part = (typeof PARTS)[number];

const PAGE = join(__dirname, '../../../docs/benchmarks-real.md');

const USAGE = `usage: npm run bench:real [-- --quick] [--only ${PARTS.join('|')}] [--profile DIRECTORY] [--against DIRECTORY]
  --quick    100,000 events and short rounds: under 3 minutes; the figures are rough
  --only     one part; may be given several times
  --profile  writes CPU profiles of Tenon's processes there, and prints the functions that cost most
  --against  a checkout of another commit: landing measures its code as well
Uses the servers that TENON_KAFKA_BROKERS, TENON_NATS_URL and TENON_MONGODB_URL name, and starts those that are missing.`;

const HEAD = `# Benchmarks on real servers

\`npm run bench:real\` makes this page. Everything is measured in one run on one machine, in rounds that take turns, and the
ratios are medians of the rounds' ratios. CPU time is that of the whole process tree under test (user and system, from /proc);
the servers' and the client's is not in it. Tenon's services run as they are deployed: the bundles of \`npm run build\`, each
alone in its process. What the figures mean, and why some are missed, is in [performance.md](performance.md); what is compared
is in \`tools/bench/real\` and \`tools/bench/peers\`.
`;

export interface Options {
  readonly quick: boolean;
  readonly profile: string | null;
  readonly streams: StreamsProgram | string;
  readonly against?: Checkout;
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      quick: { type: 'boolean', default: false },
      only: { type: 'string', multiple: true, default: [] },
      profile: { type: 'string' },
      against: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  const asked = values.only.flatMap((names) => names.split(','));
  if (values.help || !asked.every((name) => (PARTS as readonly string[]).includes(name))) {
    console.error(USAGE);
    return values.help ? 0 : 2;
  }
  const parts = PARTS.filter((part) => asked.length === 0 || asked.includes(part));
  const against = values.against === undefined ? undefined : openCheckout(values.against);
  const began = performance.now();
  const say = (line: string) => {
    const seconds = Math.round((performance.now() - began) / 1000);
    console.log(
      `${String(Math.floor(seconds / 60)).padStart(2)}:${String(seconds % 60).padStart(2, '0')}  ${line}`,
    );
  };
  const settings = readSettings();
  const load = loadavg()[0] ?? 0;
  const { urls, started } = await stackUp(settings, say);
  // The first asks for an end, which stops what was started too.
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => void stackDown(settings, say, started).finally(() => process.exit(1)));
  try {
    say('building the services and the peers');
    await buildAll();
    if (against !== undefined && parts.includes('landing')) buildServices(against.directory);
    const streams =
      parts.includes('speed') || parts.includes('freshness') ? await buildStreams(say) : 'not asked for';
    if (typeof streams === 'string' && streams !== 'not asked for')
      say(`Kafka Streams is skipped: ${streams}`);
    const findings = new Findings(say);
    const lab = new Lab(urls);
    const failed: Part[] = [];
    try {
      const options = {
        ...{ quick: values.quick, profile: values.profile ?? null, streams },
        ...(against && { against }),
      };
      for (const part of parts)
        await RUN[part](lab, findings, options).catch((error: Error) => {
          failed.push(part);
          findings.require(part, 'to be measured', `failed: ${error.message.split('\n')[0]}`, null);
          console.error(error);
        });
    } finally {
      await lab.close();
    }
    const versions = describe(streams, started.length > 0, load);
    const page = `${HEAD}\n${versions}\n\n${findings.markdown()}`;
    console.log(`\n${page}`);
    const whole = parts.length === PARTS.length && failed.length === 0;
    if (whole && !values.quick && values.profile === undefined) {
      writeFileSync(PAGE, page);
      spawnSync(join(__dirname, '../../../node_modules/.bin/prettier'), ['--write', PAGE]);
      say('written to docs/benchmarks-real.md');
    }
    say(failed.length === 0 ? 'done' : `failed: ${failed.join(', ')}`);
    return failed.length === 0 ? 0 : 1;
  } finally {
    await stackDown(settings, say, started);
  }
}

const RUN: Readonly<Record<Part, (lab: Lab, findings: Findings, options: Options) => Promise<void>>> = {
  ingest: benchSingle,
  ndjson: benchNdjson,
  speed: benchSpeed,
  landing: benchLanding,
  freshness: benchFreshness,
  'serving-instances': benchServingInstances,
};

function describe(streams: StreamsProgram | string, local: boolean, load: number): string {
  const machine = `${cpus().length} × ${cpus()[0]?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB`;
  const java = /version "([^"]+)"/.exec(String(spawnSync('java', ['-version']).stderr))?.[1];
  const servers = local
    ? `${kafka.title}, ${nats.title} and ${mongodb.title}, one node each on the same machine`
    : 'servers that were there before';
  return [
    `Date: ${new Date().toISOString().slice(0, 10)}. Machine: ${machine}; load before the run ${load.toFixed(1)}.`,
    `Versions: Node ${process.version}, kafkajs ${kafkajs.version}; ${servers};`,
    typeof streams === 'string'
      ? `Kafka Streams: ${streams}.`
      : `Kafka Streams ${streams.version} on Java ${java}.`,
  ].join('\n');
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
