/** Landing: cells that consumption alone lands per CPU-second, of flushes and of ranges that wait in the log. */
import { rmSync } from 'node:fs';
import type { Checkout } from './checkout';
import type { Usage } from './child';
import { Child, median } from './child';
import type { Report } from './report';
import { format } from './report';
import { wideCatalog } from './wide';

const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 7);

/** An event makes a cell, as its key is not another's of the same flush or range. */
const KINDS = {
  flushes: {
    what: 'landing, 200 flushes of 1,000 cells in 5 epochs',
    amounts: { epochs: 5, pieces: 40, events: 1000, keys: 20_000 },
  },
  ranges: {
    what: 'landing, 2 ranges of 100,000 cells, the second on the first',
    amounts: { epochs: 2, pieces: 4, events: 25_000, keys: 100_000 },
  },
} as const;

type Kind = keyof typeof KINDS;

interface Contender {
  readonly checkout?: Checkout;
  readonly data: string;
  /** Which is served once its ranges have landed. */
  generation: number;
  readonly perCpu: number[];
  readonly perWall: number[];
}

export async function benchLanding(directory: string, report: Report, against?: Checkout): Promise<void> {
  // With windows cells stand in an order more, as those of the example do.
  const catalog = wideCatalog(`${directory}/landing`, 'lambda', process.env.BENCH_WINDOWED !== undefined);
  for (const kind of Object.keys(KINDS) as Kind[]) {
    const { what, amounts } = KINDS[kind];
    const cells = amounts.epochs * amounts.pieces * amounts.events;
    const contender = (name: string): Contender => ({
      ...{ data: `${directory}/landing/${kind}-${name}`, generation: 0, perCpu: [], perWall: [] },
    });
    const own = contender('own');
    const other = against && { ...contender('other'), checkout: against };
    const contenders = [own, ...(other ? [other] : [])];
    // Each writes states as it will read them.
    for (const one of contenders) one.generation = await writeStates(kind, catalog, one);
    for (let round = 0; round < ROUNDS; round++)
      // Whoever comes first in a round is not always the same.
      for (const one of round % 2 === 0 ? contenders : contenders.toReversed()) {
        const { cpu, wall, events } = await land(kind, catalog, one);
        if (events !== cells) throw new Error(`${kind}: ${events} of ${cells} events have landed.`);
        one.perCpu.push(cells / cpu);
        one.perWall.push(cells / wall);
      }
    const found = median(own.perCpu);
    const note = `${format(median(own.perWall))} per second; ${spread(own.perCpu)}`;
    if (other === undefined) report.fact(what, `${format(found)} cells/CPU-s`, note);
    else
      report.ratio(
        ...([
          what,
          found,
          median(other.perCpu),
          'cells/CPU-s',
          `the code of ${against?.title}`,
          1.3,
        ] as const),
        `${note}; there ${format(median(other.perWall))} per second; ${spread(other.perCpu)}`,
      );
  }
}

const spread = (values: readonly number[]) =>
  `${format(Math.min(...values))} to ${format(Math.max(...values))} in ${values.length} rounds`;

/** @returns the generation that will be served */
async function writeStates(kind: Kind, catalog: string, { data, checkout }: Contender): Promise<number> {
  const amounts = JSON.stringify(KINDS[kind].amounts);
  const child = await Child.start('landing-states', [kind, catalog, data, amounts], checkout);
  await child.stop();
  return child.ready.generation as number;
}

async function land(kind: Kind, catalog: string, { data, checkout, generation }: Contender) {
  const store = `${data}/store`;
  const child = await Child.start('landing', [kind, catalog, data, store, String(generation)], checkout);
  const usage = (await child.ask('go')) as unknown as Usage & { events: number };
  await child.stop();
  rmSync(store, { recursive: true });
  return usage;
}
