/** Freshness: from a POST to an answer that includes it, at half of the rate that Tenon's five processes sustain here. */
import { quantile } from '../child';
import { readFlights } from '../flights';
import type { Drive } from './drive';
import { Supply, drive, isSustained, summary } from './drive';
import type { Findings } from './findings';
import type { StreamsProgram } from './kafka-streams';
import type { Lab } from './lab';
import type { Pipeline } from './pipelines';
import { startStreamsPipeline, startTenonPipeline } from './pipelines';

export interface FreshnessOptions {
  /** The program, or why there is none. */
  readonly streams: StreamsProgram | string;
  readonly quick: boolean;
}

/** Events per second to try, in turn. */
const LADDER = [100, 250, 500, 750, 1000, 1500, 2000, 3000, 4000, 6000, 8000, 12_000];
const PROBES_PER_SECOND = 25;
const P50_MS = 40;
const P99_MS = 150;
const DEFAULT_COMMIT = 'at its default commit interval of 30 s';

export async function benchFreshness(lab: Lab, findings: Findings, options: FreshnessOptions): Promise<void> {
  const { streams, quick } = options;
  const { say } = findings;
  const flights = await readFlights(0, quick ? 150_000 : 800_000);
  // As long as from one cut to the next, so that one is in it, and the pruning after the one before.
  const seconds = quick ? 8 : 60;
  const rows: string[] = [];
  const row = (name: string, one: Drive, probes = PROBES_PER_SECOND) => {
    say(`freshness: ${name}: ${summary(one)}`);
    const [p50, p99] = [quantile(one.visible, 0.5), quantile(one.visible, 0.99)];
    const slow = one.visible.flatMap((ms, index) => (ms > P99_MS ? [Math.floor(index / probes)] : []));
    if (slow.length > 0)
      say(`freshness: ${name}: above ${P99_MS} ms in the seconds ${[...new Set(slow)].join(', ')}`);
    const busy = one.cores.map(({ name: part, busy }) => `${part} ${busy.toFixed(2)}`).join(', ');
    const cells = [
      name,
      `${p50.toFixed(0)} ms`,
      `${p99.toFixed(0)} ms`,
      `${quantile(one.acknowledged, 0.5).toFixed(0)} ms`,
      one.visible.length,
      `${(one.cpu / one.seconds).toFixed(2)}: ${busy}`,
    ];
    rows.push(`| ${cells.join(' | ')} |`);
    return { p50, p99 };
  };

  const tenon = await startTenonPipeline(lab, `${lab.run}t`);
  let rate: number;
  let highest: number;
  try {
    const supply = new Supply(flights);
    await drive(tenon, supply, 100, 5, PROBES_PER_SECOND);
    highest = await findHighest(tenon, supply, quick ? 3 : 5, say);
    if (highest === 0) throw new Error(`Lag grows at ${LADDER[0]} POSTs a second: this machine is too busy.`);
    rate = Math.round(highest / 2);
    await drive(tenon, supply, rate, 3, PROBES_PER_SECOND);
    const { p50, p99 } = row(
      'Tenon, five processes',
      await drive(tenon, supply, rate, seconds, PROBES_PER_SECOND),
    );
    const what = `freshness at half load (${rate} POSTs/s)`;
    findings.require(`${what}, p50`, `at most ${P50_MS} ms`, `${p50.toFixed(0)} ms`, p50 <= P50_MS);
    findings.require(`${what}, p99`, `at most ${P99_MS} ms`, `${p99.toFixed(0)} ms`, p99 <= P99_MS);
  } finally {
    await tenon.stop();
  }

  const notes: string[] = [];
  const beside = async (name: string, commitMs: number | null, forSeconds: number, probes: number) => {
    if (typeof streams === 'string') return;
    const id = `${lab.run}-fresh-${commitMs ?? 'default'}`;
    const pipeline = await startStreamsPipeline(lab, streams, id, commitMs);
    try {
      const supply = new Supply(flights);
      await drive(pipeline, supply, rate, quick ? 5 : 10, probes);
      row(name, await drive(pipeline, supply, rate, forSeconds, probes), probes);
    } finally {
      await pipeline.stop();
    }
  };
  if (typeof streams === 'string') notes.push(`Kafka Streams is missing: ${streams}.`);
  await beside('Kafka Streams, at a commit interval of 100 ms', 100, seconds, PROBES_PER_SECOND);
  if (quick) notes.push(`Kafka Streams ${DEFAULT_COMMIT} is left out of a quick run.`);
  else await beside(`Kafka Streams, ${DEFAULT_COMMIT}`, null, 60, 2);

  findings.section(
    'Freshness',
    `The five processes sustain ${highest} single POSTs a second here, together with the servers and the client, before lag ` +
      `grows. At half of that, ${rate} a second, from the moment a client sends a POST to the moment it has an answer that ` +
      'includes the event: of Tenon, the answer of `rows?after=RECEIPT`, which is asked for once the POST is acknowledged; of ' +
      'Kafka Streams, the row in its output topic, as a consumer sees it that is waiting there. Kafka Streams is fed by a ' +
      'bare node:http server with kafkajs. The same events at the same rate; cuts every 60 s, as by default, so that there is one in the minute that is measured.',
    [
      '| pipeline | p50 | p99 | acknowledged, p50 | events followed | cores |',
      '| --- | --- | --- | --- | --- | --- |',
      ...rows,
    ].join('\n'),
    ...notes,
  );
}

/** Climbs until lag grows (twice, since anything may happen once), then tries the middle of the last step. */
async function findHighest(
  pipeline: Pipeline,
  supply: Supply,
  seconds: number,
  say: (line: string) => void,
): Promise<number> {
  const sustains = async (rate: number): Promise<boolean> => {
    for (const attempt of [1, 2]) {
      const one = await drive(pipeline, supply, rate, seconds, PROBES_PER_SECOND);
      const holds = isSustained(one, rate);
      say(`freshness: ${rate} POSTs/s ${holds ? 'sustained' : 'not sustained'} (${summary(one)})`);
      if (holds || attempt === 2) return holds;
    }
    return false;
  };
  let highest = 0;
  for (const rate of LADDER) {
    if (!(await sustains(rate))) {
      const middle = Math.round((highest + rate) / 2);
      return (await sustains(middle)) ? middle : highest;
    }
    highest = rate;
  }
  return highest;
}
