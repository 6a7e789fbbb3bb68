/** The part about landing: the same events' states, landed by consumption; beside another checkout's where one is given. */
import type { Findings } from './findings';
import type { Lab } from './lab';
import type { Amounts, Contender } from './landing';
import { aggregated, fillSource, landFlushes, landRanges } from './landing';
import type { Options } from './main';
import type { SpeedRun } from './speed';
import { serverCpu, serversSince } from './servers';
import { Contest, TENON } from './table';

const LEAST = 1.3;

export async function benchLanding(lab: Lab, findings: Findings, options: Options): Promise<void> {
  const { quick, against } = options;
  const { say } = findings;
  const cells = quick ? 20_000 : 100_000;
  const amounts = { flushes: { epochs: 3, cells }, ranges: { epochs: 2, cells } };
  const rounds = quick ? 1 : 3;
  const contenders: Contender[] = [
    { name: TENON, source: `${lab.run}l` },
    ...(against ? [{ name: `Tenon of ${against.title}`, source: `${lab.run}m`, checkout: against }] : []),
  ];
  const before = serverCpu(lab.servers);
  for (const contender of contenders) await fillSource(lab, contender, amounts.flushes);
  const contests = {
    flushes: new Contest('landing flushes', 'cells', say),
    ranges: new Contest('landing ranges', 'cells', say),
  };
  for (let round = 0; round < rounds; round++)
    for (const contender of contenders) {
      const product = `${contender.source}_${round}`;
      const flushes = await landFlushes(lab, contender, product);
      await add(contests.flushes, contender, product, amounts.flushes, flushes);
      const other = { ...contender, source: `${contender.source}r${round}` };
      const ranges = await landRanges(lab, other, `${product}_r`, amounts.ranges);
      await add(contests.ranges, other, `${product}_r`, amounts.ranges, ranges);
    }
  async function add(
    contest: Contest,
    contender: Contender,
    product: string,
    { epochs, cells }: Amounts,
    run: SpeedRun,
  ) {
    const events = epochs * cells;
    const counted = await aggregated(lab, contender, product);
    if (counted !== events) throw new Error(`${contender.name} has landed ${counted} of ${events} events.`);
    contest.add(contender.name, { ...run, events });
  }
  for (const { name } of contenders.slice(1))
    for (const contest of Object.values(contests)) {
      const { cpu } = contest.ratios(name);
      const what = `${contest.title} beside ${name}, per CPU-second`;
      findings.require(what, `at least ${LEAST}`, `${cpu.toFixed(2)} times`, cpu >= LEAST);
    }
  const count = ({ epochs, cells }: Amounts) => (epochs * cells).toLocaleString('en-US');
  findings.section(
    'Landing',
    'Each event makes a cell of three measures. Speed has written its flushes, or batch its range, before consumption starts, ' +
      'which then lands them in MongoDB; it is measured from the moment it begins to read until answers include all.',
    `Flushes, ${count(amounts.flushes)} cells in ${amounts.flushes.epochs} epochs and 4 partitions:`,
    contests.flushes.markdown(),
    `Ranges, ${count(amounts.ranges)} cells in ${amounts.ranges.epochs} ranges, each on the one before, and each by a process that has just started:`,
    contests.ranges.markdown(),
    `Servers meanwhile: ${serversSince(lab.servers, before)}.`,
  );
}
