/** What must hold in each state, and of each step. */
import { laneOf } from './layers';
import { ledgerTotal, type LedgerCounts } from '../ledger';
import type { Place } from './oracle';
import { cutOf, tallyText } from './oracle';
import { memo } from './pool';
import { NOTHING, plus, type Tally } from './script';
import type { SpeedEpoch, State, World } from './world';
import { Violation } from './world';

/** What a reader takes of one lane beyond a pointer's cut. */
interface LaneRead {
  readonly included: number;
  readonly epochs: readonly SpeedEpoch[];
  /** What is right below `included`. */
  readonly place: Place;
}

export class Promises {
  private readonly lanes = memo((lane, store, pointer) => this.readLane(lane, store, pointer));
  private readonly bases = memo((cell, generation) => this.readBase(cell, generation));
  private readonly pointers = memo((pointer) => this.checkPointer(pointer));

  constructor(private readonly world: World) {}

  /** @throws Violation if an answer that this state gives is not what it says it is */
  check(state: State): void {
    const { at } = this.world;
    const pointer = state[at.pointer] as number;
    const { line, generation } = this.world.pointers.get(pointer);
    const base = [0, 1].map((cell) => this.bases(state[this.world.cellAt(line, cell)] as number, generation));
    this.checkAnswer(state, pointer, base as [number, number]);
    const held = state[at.held] as number;
    // Its base view is of a snapshot that was right, see above; of speed it reads what is there now.
    if (held !== pointer) this.checkAnswer(state, held, this.pointers(held));
  }

  /**
   * A reader that began before a step may of course end after it and say less; of those that begin after it none does.
   *
   * @throws Violation if the pointer goes back, or less is included after the step than before
   */
  checkStep(before: State, after: State): void {
    const { world } = this;
    const { at } = world;
    const [was, is] = [before[at.pointer] as number, after[at.pointer] as number];
    if (was !== is) {
      const [from, to] = [world.pointers.get(was), world.pointers.get(is)];
      if (
        to.line < from.line ||
        to.generation < from.generation ||
        (to.line === from.line && to.generation === from.generation)
      )
        throw new Violation(
          `The pointer goes from line ${from.line}, generation ${from.generation} to line ${to.line}, generation ${to.generation}.`,
        );
    }
    for (let place = at.worker; was !== is && place < world.width; place++)
      if (this.comesBack(was, before[place] as number, is))
        throw new Violation(
          'A range that was of the past lands again: it would lack what was refused of it.',
        );
    for (let lane = 0; lane < world.laneCount; lane++) {
      const place = at.lane + lane;
      if (was === is && before[place] === after[place]) continue;
      const { included } = this.lanes(lane, after[place] as number, is);
      if (included < this.lanes(lane, before[place] as number, was).included)
        throw new Violation(`What is included of lane ${lane} goes back to ${included}.`);
    }
  }

  /** True if everything is included, and the newest generation served. */
  isComplete(state: State): boolean {
    const { world } = this;
    const { at } = world;
    const pointer = state[at.pointer] as number;
    if (world.pointers.get(pointer).generation !== world.lastCut) return false;
    for (let lane = 0; lane < world.laneCount; lane++)
      if (
        this.lanes(lane, state[at.lane + lane] as number, pointer).included <
        (world.scripts[lane]?.length ?? 0)
      )
        return false;
    return true;
  }

  private readonly comesBack = memo((was, worker, is) => {
    const run = this.world.workers.get(worker);
    if (run === null || !('head' in run)) return false;
    const judged = (pointer: number) =>
      this.world.rules.judgeRange(this.world.pointers.get(pointer), run.head);
    return judged(was) === null && judged(is) !== null;
  });

  private checkAnswer(state: State, pointer: number, base: Tally): void {
    const { world } = this;
    this.pointers(pointer);
    let answer = base;
    let right = NOTHING;
    for (let lane = 0; lane < world.laneCount; lane++) {
      const { epochs, place } = this.lanes(lane, state[world.at.lane + lane] as number, pointer);
      for (const { tally } of epochs) answer = plus(answer, tally);
      right = plus(right, place.tally);
    }
    if (answer[0] === right[0] && answer[1] === right[1]) return;
    const { line, generation } = world.pointers.get(pointer);
    const reader = `A reader of line ${line}, generation ${generation}`;
    throw new Violation(`${reader} answers ${tallyText(answer)}; right is ${tallyText(right)}.`);
  }

  private readBase(cell: number, generation: number): number {
    const versions = this.world.cells.get(cell);
    if (versions.some((version, at) => at > 0 && version.g >= (versions[at - 1]?.g ?? 0)))
      throw new Violation('The versions of a cell do not stand newest first, each once.');
    const version = this.world.rules.versionAt(versions, generation);
    return (version?.s[0] as number | undefined) ?? 0;
  }

  private readLane(lane: number, store: number, pointer: number): LaneRead {
    const { rules, stores, pointers, places } = this.world;
    const landed = stores.get(store);
    const served = pointers.get(pointer);
    const cut = served.cut[laneOf(lane)] ?? 0;
    const reach = rules.reachOf(landed, cut, served.epochs[laneOf(lane)] ?? 0);
    const place = places[lane]?.[reach.included];
    if (place === undefined)
      throw new Violation(`Lane ${lane} is said to be included up to ${reach.included}.`);
    if (place.epoch !== reach.open)
      throw new Violation(
        `Lane ${lane} is in epoch ${place.epoch} at ${place.offset}, not in ${reach.open}.`,
      );
    const beyond = landed.some(({ next }) => next > reach.included);
    if (beyond !== reach.gap)
      throw new Violation(
        beyond
          ? `States lie beyond ${reach.included} in lane ${lane}, and no gap is said to be there.`
          : `A gap is said to be in lane ${lane}, and nothing lies beyond ${reach.included}.`,
      );
    const epochs = landed.filter(({ epoch }) => reach.epochs.includes(epoch));
    const before = places[lane]?.[cut]?.ledger;
    const counts = epochs.map(({ ledger }) => ledger);
    if (before === undefined || !sameLedger([before, ...counts], [place.ledger]))
      throw new Violation(`The ledger of lane ${lane} does not close at ${reach.included}.`);
    return { included: reach.included, epochs, place };
  }

  /** What a pointer says of itself. @returns what is right before its cut */
  private checkPointer(pointer: number): Tally {
    const { pointers, places } = this.world;
    const { generation, cut, epochs, barriers, ledger, watermark } = pointers.get(pointer);
    const cuts = places.map((of, lane) => {
      const right = cutOf(of, generation) as Place;
      const [offset, epoch] = [cut[laneOf(lane)] ?? 0, epochs[laneOf(lane)] ?? 0];
      if (offset !== right.offset || epoch !== right.epoch)
        throw new Violation(
          `Generation ${generation} is cut at ${offset} (epoch ${epoch}) in lane ${lane}, not at ${right.offset} (${right.epoch}).`,
        );
      if (barriers[laneOf(lane)] !== right.begunAt)
        throw new Violation(
          `The barrier of generation ${generation} in lane ${lane} is of ${barriers[laneOf(lane)]}, not of ${right.begunAt}.`,
        );
      return right;
    });
    const all = cuts.map((place) => place.ledger);
    if (!sameLedger([ledger], all))
      throw new Violation(`The ledger of generation ${generation} does not close.`);
    const latest = cuts.reduce((late, place) => Math.max(late, place.watermark ?? -1), -1);
    if ((watermark ?? -1) !== latest)
      throw new Violation(`The watermark of generation ${generation} is ${watermark}, not ${latest}.`);
    return cuts.reduce((sum, place) => plus(sum, place.tally), NOTHING);
  }
}

function sameLedger(a: readonly LedgerCounts[], b: readonly LedgerCounts[]): boolean {
  const sum = (of: readonly LedgerCounts[], name: keyof LedgerCounts) =>
    of.reduce((all, one) => all + (one[name] ?? 0), 0);
  const total = (of: readonly LedgerCounts[]) => of.reduce((all, one) => all + ledgerTotal(one), 0);
  const names = ['aggregated', 'duplicate', 'deadLettered', 'control'] as const;
  return total(a) === total(b) && names.every((name) => sum(a, name) === sum(b, name));
}
