/**
 * Holes of an events topic, as its readers judge them: what is gone from the log and not kept elsewhere can only be missing in
 * what is counted from there on. So nothing behind it is read, what has landed stays as it is, and the products say so.
 */
import type { Offset, Partition, PartitionJudge, ProductId } from '@tenon/domain';
import { TenonError } from '@tenon/errors';
import type { Displaced, Logger, Trouble, TroubleBook } from '@tenon/ports';

/** What a hole is called; see docs/errors.md. */
const CODES = ['log-hole', 'dedupe-hole', 'log-too-short'] as const;

export interface Hole {
  readonly code: (typeof CODES)[number];
  readonly reason: string;
  readonly from: Offset;
  readonly to: Offset;
}

/** True for what `Holes` has written down. */
export const isHole = ({ code }: Pick<Trouble, 'code'>): boolean => CODES.some((one) => one === code);

/** What a product needs is gone. It may be put back, so it is worth another try. */
export class RecordsMissing extends TenonError {
  constructor(readonly hole: Hole) {
    super(hole.code, hole.reason);
  }
}

export interface HolesOf {
  readonly layer: Trouble['layer'];
  readonly source: string;
  /** Those that read the source; they may change. */
  readonly products: Iterable<ProductId>;
}

export class Holes {
  private readonly standing = new Map<Partition, Hole>();

  constructor(
    private readonly deps: { readonly troubles: TroubleBook; readonly logger: Logger },
    private readonly of: HolesOf,
  ) {}

  /**
   * A partition cannot be read on.
   *
   * @param judge of its records: offsets before its next one are read for duplicates only
   * @returns `pass` if nothing that counts is missing
   */
  async found(judge: PartitionJudge, displaced: Displaced): Promise<'stand' | 'pass'> {
    const { layer, source, products } = this.of;
    const { partition } = displaced;
    const hole = holeOf(source, judge.next, displaced);
    this.deps.logger.error({ ...hole, layer, source, partition }, 'records of a source are gone');
    for (const product of products)
      await this.deps.troubles.report(product, { layer, source, partition, ...hole });
    if (hole.code === 'dedupe-hole') return 'pass';
    this.standing.set(partition, hole);
    return 'stand';
  }

  /** True while nothing of a partition is read, because what comes next is gone. */
  stands(partition: Partition): boolean {
    return this.standing.has(partition);
  }

  /** Another product reads the source: what stands still is its matter too. */
  async joined(product: ProductId): Promise<void> {
    const { layer, source } = this.of;
    for (const [partition, hole] of this.standing)
      await this.deps.troubles.report(product, { layer, source, partition, ...hole });
  }

  /** A partition is read: what this reader, or one before it, has said of it is over. */
  async over(partition: Partition): Promise<void> {
    const { layer, source } = this.of;
    const products = [...this.of.products];
    this.standing.delete(partition);
    const troubles = await this.deps.troubles.read(products);
    for (const [index, product] of products.entries())
      for (const code of CODES) {
        const over = { layer, code, source, partition };
        const isThere = (troubles[index] ?? []).some(
          (one) =>
            one.layer === layer && one.code === code && one.source === source && one.partition === partition,
        );
        if (isThere) await this.deps.troubles.clear(product, over);
      }
  }
}

/**
 * Where a partition is read from: before what counts, for what may repeat; but of a log that ends before what counts only there,
 * where nothing is found. Another log could otherwise pass for the window.
 *
 * @param end of the log, looked at when it was known what counts
 */
export const readFrom = ({ next, readFrom: window }: PartitionJudge, end: Offset): Offset =>
  end < next ? next : window;

/** @param next the offset from which on records count; those before are read for duplicates only */
export function holeOf(source: string, next: Offset, displaced: Displaced): Hole {
  const { partition, wanted, start, end, held = 0 } = displaced;
  const place = `${source}, partition ${partition}`;
  const to = Math.max(wanted, held);
  if (to > end) {
    const reason = `The log of ${place} ends at ${end}, and there were records up to offset ${to}: it is an older copy or another log, or has lost what it acknowledged. Nothing of it is counted, and events of the source are refused. Put back a copy that has these records, or log, store and archive of one copy; or go on with a new source.`;
    return { code: 'log-too-short', reason, from: end, to };
  }
  if (start <= next) {
    const reason = `Records ${wanted} to ${start - 1} of ${place} are gone from the log and not archived: repeats of them are not known as such.`;
    return { code: 'dedupe-hole', reason, from: wanted, to: start };
  }
  const from = Math.max(wanted, Math.min(next, start));
  const reason = `Records ${from} to ${start - 1} of ${place} are gone from the log and not archived: what was counted before them stays, what came after them is not counted. Put the archive back that has them, or go on with a new source.`;
  return { code: 'log-hole', reason, from, to: start };
}
