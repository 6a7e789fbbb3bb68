/** The part about speed: the same topic through Tenon's speed process and its peers, in turn. */
import type { Findings } from './findings';
import type { Variant } from './kafka-streams';
import { VARIANTS, runStreams } from './kafka-streams';
import type { Lab } from './lab';
import type { Options } from './main';
import { profiled } from './profile';
import { serverCpu, serversSince } from './servers';
import { runConsumer, runTenon } from './speed';
import { Contest, TENON } from './table';
import { copyBare, fillTopic } from './topic';

const NOTHING = 'kafkajs consumer that does nothing';
const NOTHING_BARE = 'kafkajs consumer that does nothing, records without headers';
const MAP = 'kafkajs consumer, JSON.parse and a Map';
const LEAST_OF_RAW = 0.6;
const LEAST_OF_STREAMS = 2;

export async function benchSpeed(lab: Lab, findings: Findings, options: Options): Promise<void> {
  const { quick, streams, profile } = options;
  const { say } = findings;
  const events = quick ? 100_000 : 1_000_000;
  const rounds = 3;
  say(`speed: filling a topic with ${events.toLocaleString('en-US')} flights through ingestion`);
  const filled = await fillTopic(lab, `${lab.run}f`, events);
  const bare = await copyBare(lab, filled, await lab.topic(`${lab.run}-no-headers`));
  const variants = typeof streams === 'string' ? [] : (Object.keys(VARIANTS) as Variant[]);
  const contest = new Contest('speed', 'events', say);
  const before = serverCpu(lab.servers);
  for (let round = 0; round < rounds; round++) {
    const add = (name: string, run: Awaited<ReturnType<typeof runTenon>>) =>
      contest.add(name, { ...run, events });
    add(TENON, await runTenon(lab, filled, `${lab.run}_s${round}`));
    add(NOTHING, await runConsumer(lab, filled, 'nothing', `${round}`));
    add(NOTHING_BARE, await runConsumer(lab, bare, 'nothing', `${round}-bare`));
    add(MAP, await runConsumer(lab, filled, 'map', `${round}`));
    // Kafka Streams takes the longest.
    for (const variant of quick && round > 0 ? [] : variants)
      if (typeof streams !== 'string') add(variant, await runStreams(lab, streams, filled, variant, round));
  }
  if (profile !== null) {
    const profiler = profiled(profile, 'speed');
    await runTenon(
      lab,
      filled,
      `${lab.run}_sp`,
      profiler.nodeArgs,
      (one) => {
        say(
          `threads: ${one
            .threads()
            .map(([name, cpu]) => `${name} ${cpu.toFixed(2)} s`)
            .join(', ')}`,
        );
        profiler.mark(false);
      },
      () => profiler.mark(true),
    );
    profiler.report(say);
  }
  findings.requireRatios(
    'speed beside a kafkajs consumer that does nothing',
    LEAST_OF_RAW,
    contest.ratios(NOTHING),
  );
  // Most of what kafkajs spends on that topic are Tenon's headers; so the harder yardstick stands beside it.
  findings.requireRatios(
    'speed beside the same consumer on records without headers',
    LEAST_OF_RAW,
    contest.ratios(NOTHING_BARE),
  );
  for (const variant of Object.keys(VARIANTS) as Variant[]) {
    const what = `speed beside ${variant}, per CPU-second`;
    const wanted = `at least ${LEAST_OF_STREAMS}`;
    if (typeof streams === 'string') findings.require(what, wanted, `skipped: ${streams}`, null);
    else {
      const { cpu } = contest.ratios(variant);
      findings.require(what, wanted, `${cpu.toFixed(2)} times`, cpu >= LEAST_OF_STREAMS);
    }
  }
  findings.section(
    'Speed',
    `One topic of ${events.toLocaleString('en-US')} flights in ${Object.keys(filled.ends).length} partitions, as Tenon's ` +
      `ingestion writes them: CloudEvents of ${filled.bytes.toFixed(0)} bytes with three headers, keyed by airport. Each ` +
      'contender reads all of it in a process that has just started, so that compiling on the way is in its figures; what it ' +
      'spends before the first record is not, and stands apart. Tenon and Kafka Streams count flights and average their ' +
      'delay per hour and airport. Tenon is measured until its last flush is in the log, and also finds duplicates among the ' +
      'last 100,000 events of a partition; Kafka Streams until it has closed, all flushed and committed, at its default ' +
      'commit interval (30 s; with exactly_once_v2 100 ms), with one thread and a heap of 1 GiB.',
    contest.markdown(),
    `Servers meanwhile: ${serversSince(lab.servers, before)}.`,
  );
}
