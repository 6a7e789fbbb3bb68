/**
 * Folds rounds of records into the open epochs of products, and hands over what changed. A product that fails leaves its
 * lanes, and is reported; the others go on.
 */
import type { Partition, ProductId, SourceDefinition } from '@tenon/domain';
import type { TenonError } from '@tenon/errors';
import { epochTooLarge, runTooLong } from '@tenon/errors';
import { inTime } from '@tenon/loops';
import type { EngineEvent, MicroBatch, Refused, Span } from '@tenon/ports';
import type { ProductLayout } from '@tenon/views';
import { lettersOf } from './dead-letters';
import type { SpeedDeps } from './deps';
import type { PendingFlush } from './flush';
import { makeFlush } from './flush';
import type { LetterBox } from './letter-box';
import { Outbox } from './outbox';
import type { LivePartition } from './partition';
import type { Round } from './records';

/** What a partition gives one engine run. */
export interface LaneRound {
  readonly live: LivePartition;
  readonly round: Round;
}

/** A product that could not go on in these lanes, and has left them. */
export interface FailedProduct {
  readonly product: ProductId;
  readonly lives: readonly LivePartition[];
  readonly error: unknown;
}

/** Products that are folded in the same ones of the rounds. */
interface Together {
  readonly layouts: ProductLayout[];
  readonly rounds: readonly LaneRound[];
}

export class Folder {
  private readonly outboxes = new Map<ProductId, Outbox>();
  private readonly ending = new AbortController();
  /** The engine puts away the last micro-batch meanwhile. */
  private closing: Promise<unknown> = Promise.resolve();
  /** What was told to end and has not yet: no interrupt is heeded within a function, and all products of the source wait. */
  private late: string | null = null;

  /**
   * @param layouts the products that it is to fold
   * @param cellsOf how many cells are held of a product, in all lanes
   * @param holdsBack whether what has changed in open epochs is kept for a later round; asked once a round
   */
  constructor(
    private readonly deps: SpeedDeps,
    private readonly source: SourceDefinition,
    private layouts: readonly ProductLayout[],
    private readonly letters: LetterBox,
    private readonly cellsOf: (product: ProductId) => number,
    private readonly observeFlush: (seconds: number) => void = () => undefined,
    private readonly holdsBack: () => boolean = () => false,
  ) {
    this.add(layouts);
  }

  private add(layouts: readonly ProductLayout[]): void {
    for (const { product } of layouts) this.outboxes.set(product, new Outbox(this.deps, this.observeFlush));
  }

  /** Goes on with other products. To be called between two rounds, with those that are gone out of their lanes. */
  async change(layouts: readonly ProductLayout[]): Promise<void> {
    const before = this.layouts;
    this.layouts = layouts;
    this.add(layouts.filter((one) => !before.includes(one)));
    for (const { product } of before.filter((one) => !layouts.includes(one))) {
      const outbox = this.outbox(product);
      outbox.giveUp();
      await outbox.drain();
      this.outboxes.delete(product);
    }
  }

  /** What it waits for, in words; null: nothing. */
  get trouble(): string | null {
    const waiting = [this.letters, ...this.outboxes.values()].find(({ trouble }) => trouble !== null);
    return this.late ?? waiting?.trouble ?? null;
  }

  /** @returns the products that have left lanes of these rounds, or of earlier ones */
  async fold(rounds: readonly LaneRound[], span?: Span): Promise<FailedProduct[]> {
    for (const { live, round } of rounds)
      for (const product of live.products.values()) product.count(round.counts);
    const failed: FailedProduct[] = [];
    const refused = await this.aggregate(rounds, failed);
    const holdsBack = this.holdsBack();
    const due = rounds.filter(({ round }) => round.barrier !== null || !holdsBack);
    const made = this.layouts.map((layout) => ({ layout, flushes: this.flushesOf(layout, due) }));
    for (const { live, round } of rounds) if (round.barrier !== null) live.beginEpoch();
    const conflicts = rounds.flatMap(({ live, round }) => (live.products.size > 0 ? round.conflicts : []));
    const events = rounds.flatMap(({ round }) => round.events);
    await this.letters.write([...conflicts, ...lettersOf(refused, events)], this.ending.signal);
    await Promise.all(
      made.map(async ({ layout: { product }, flushes }) => {
        if (flushes.length === 0) return;
        const outbox = this.outbox(product);
        const failure = await outbox.settled();
        if (failure !== null) failed.push(leave({ product, ...failure }));
        const left = new Set(failure?.lives);
        const rest = flushes.filter(({ lives }) => lives.every((live) => !left.has(live)));
        const [flush] = rest;
        if (flush !== undefined) outbox.send(together(flush.topic, rest), span);
      }),
    );
    return failed;
  }

  /** Waits for what is on its way. @returns the products that have left lanes because it was not written */
  async settle(): Promise<FailedProduct[]> {
    const failures = await Promise.all(
      [...this.outboxes].map(async ([product, outbox]) => ({ product, failure: await outbox.settled() })),
    );
    return failures.flatMap(({ product, failure }) =>
      failure === null ? [] : [leave({ product, ...failure })],
    );
  }

  /** The products that have left lanes since the last round. */
  failed(): FailedProduct[] {
    return [...this.outboxes].flatMap(([product, outbox]) => {
      const failure = outbox.failed();
      return failure === null ? [] : [leave({ product, ...failure })];
    });
  }

  private outbox(product: ProductId): Outbox {
    const outbox = this.outboxes.get(product);
    if (outbox === undefined) throw new Error(`${product} is none of ${this.source.name}`);
    return outbox;
  }

  /** Runs the products' SQL over the events and folds what it gives. @returns what could not be taken */
  private async aggregate(rounds: readonly LaneRound[], failed: FailedProduct[]): Promise<Refused[]> {
    const refused = new Map<string, Refused>();
    const fail = ({ layouts, rounds: of }: Together, error: unknown) => {
      const lives = of.map(({ live }) => live);
      for (const { product } of layouts) failed.push(leave({ product, lives, error }));
    };
    for (const group of this.groups(rounds))
      for (const one of await this.run(group, fail))
        refused.set(`${one.partition}/${one.offset}/${one.code}`, one);
    return [...refused.values()];
  }

  /** Products by the lanes that they are folded in: mostly all of them in all. */
  private groups(rounds: readonly LaneRound[]): Iterable<Together> {
    const groups = new Map<string, Together>();
    for (const layout of this.layouts) {
      const mine = rounds.filter(
        ({ live, round }) => round.events.length > 0 && live.products.has(layout.product),
      );
      if (mine.length === 0) continue;
      const key = mine.map(({ live }) => live.lane.partition).join();
      const group = groups.get(key) ?? { layouts: [], rounds: mine };
      group.layouts.push(layout);
      groups.set(key, group);
    }
    return groups.values();
  }

  private async run(
    group: Together,
    fail: (group: Together, error: unknown) => void,
  ): Promise<readonly Refused[]> {
    const { layouts, rounds } = group;
    await this.closing;
    const events = rounds.flatMap(({ round }) => round.events);
    let opened: MicroBatch;
    try {
      opened = await this.open(layouts, events);
    } catch (error) {
      // Whose columns these are shows when each is alone.
      if (layouts.length > 1) return this.runEach(group, fail);
      fail(group, error);
      return [];
    }
    const partitions = new Map(rounds.map(({ live }) => [live.lane.partition, live]));
    const refused = [...opened.poison];
    try {
      for (const layout of layouts)
        try {
          refused.push(...(await this.take(opened, layout, partitions, events)));
        } catch (error) {
          fail({ layouts: [layout], rounds }, error);
        }
      return refused;
    } finally {
      this.closing = opened.close();
      this.closing.catch(() => undefined); // the next micro-batch meets it
    }
  }

  private async runEach(
    { layouts, rounds }: Together,
    fail: (group: Together, error: unknown) => void,
  ): Promise<readonly Refused[]> {
    const refused: Refused[] = [];
    for (const layout of layouts) refused.push(...(await this.run({ layouts: [layout], rounds }, fail)));
    return refused;
  }

  private open(layouts: readonly ProductLayout[], events: readonly EngineEvent[]): Promise<MicroBatch> {
    const plans = layouts.map(({ plan }) => plan);
    return this.deps.engine.open(this.source, plans, events);
  }

  private async take(
    opened: MicroBatch,
    { plan, product }: ProductLayout,
    partitions: ReadonlyMap<Partition, LivePartition>,
    events: readonly EngineEvent[],
  ): Promise<readonly Refused[]> {
    const { clock, config } = this.deps;
    const { maxEpochCells: mostCells, maxMicroBatchMs: mostMs } = config;
    const late = () => {
      const where = `, in ${placesOf(this.source.name, events)}`;
      const error = runTooLong(product, mostMs ?? 0, 'TENON_MAX_MICRO_BATCH', true, where);
      this.tellLate(product, error, partitions.keys());
      return error;
    };
    const result = await inTime(clock, mostMs, late, (signal) =>
      opened.aggregate(plan, { mostCells, ...(signal !== undefined && { signal }) }),
    ).finally(() => (this.late = null));
    for (const { partition, cells, ledger } of result.partitions)
      partitions.get(partition)?.products.get(product)?.add(cells, ledger);
    if (this.cellsOf(product) > mostCells) throw epochTooLarge(product, mostCells);
    return result.refused.map((one) => ({ ...one, code: `${plan.product}:${one.code}` }));
  }

  /** At once, since what is told to end may go on for a while: whoever asks sees what is waited for. */
  private tellLate(product: ProductId, error: TenonError, partitions: Iterable<Partition>): void {
    const { troubles, logger } = this.deps;
    this.late = `the engine, which was told to end: ${error.message}`;
    logger.error({ error, product }, 'a micro-batch takes too long, and is told to end');
    const { code, message: reason } = error;
    for (const partition of partitions)
      troubles
        .report(product, { layer: 'speed', code, reason, source: this.source.name, partition })
        .catch((failure: unknown) =>
          logger.warn({ error: failure, product }, 'the book of troubles can’t be written'),
        );
  }

  private flushesOf(layout: ProductLayout, rounds: readonly LaneRound[]): PendingFlush[] {
    return rounds.flatMap(({ live, round }) => makeFlush(this.deps, layout, live, round.barrier) ?? []);
  }

  /** Waits for the log no longer. */
  giveUp(): void {
    this.ending.abort();
    for (const outbox of this.outboxes.values()) outbox.giveUp();
  }

  /** Resolves when nothing is on its way. */
  async drain(): Promise<void> {
    await Promise.all([...this.outboxes.values()].map((outbox) => outbox.drain()));
    await this.closing.catch(() => undefined);
  }
}

/** `orders/0 from 5 to 9, orders/3 from 0 to 0`: the offsets of events. */
function placesOf(source: string, events: readonly EngineEvent[]): string {
  const places = new Map<Partition, [first: number, last: number]>();
  for (const { partition, record } of events) {
    const known = places.get(partition);
    if (known === undefined) places.set(partition, [record.offset, record.offset]);
    else known[1] = record.offset;
  }
  return [...places]
    .map(([partition, [first, last]]) => `${source}/${partition} from ${first} to ${last}`)
    .join(', ');
}

/** What a product's lanes have to hand over, as one append. */
const together = (topic: string, flushes: readonly PendingFlush[]): PendingFlush => ({
  topic,
  lives: flushes.flatMap(({ lives }) => lives),
  records: flushes.flatMap(({ records }) => records),
  cells: flushes.reduce((sum, { cells }) => sum + cells, 0),
});

function leave(failed: FailedProduct): FailedProduct {
  for (const { products } of failed.lives) products.delete(failed.product);
  return failed;
}
