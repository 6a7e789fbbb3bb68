/** Writes down in the book of troubles what stands still of some products, and takes it back once all of it works again. */
import type { Partition, ProductId } from '@tenon/domain';
import { TenonError } from '@tenon/errors';
import type { Logger, Trouble, TroubleBook, TroubleLayer } from '@tenon/ports';
import type { TellRest } from './rests';

/** The code of an error that has none, where it stops a product. */
const PRODUCT_FAILED = 'product-failed';

export interface TroubleDeskDeps {
  readonly troubles: TroubleBook;
  readonly logger: Logger;
}

/** What an error is called in the book, and what it says. */
export const describeTrouble = (error: unknown): { readonly code: string; readonly reason: string } => ({
  code: error instanceof TenonError ? error.code : PRODUCT_FAILED,
  reason: error instanceof Error ? error.message : String(error),
});

export class TroubleDesk {
  /** Loop → the code that it failed with; null: it is well; undefined: nobody knows yet, after a restart. */
  private readonly loops = new Map<string, string | null | undefined>();
  private writing: Promise<unknown> = Promise.resolve();
  /** What is over, but could not be taken out of the book; undefined: all of this place. */
  private readonly untaken = new Set<string | undefined>();

  /** @param products all of them stand still where one of the loops does; they may change */
  constructor(
    private readonly deps: TroubleDeskDeps,
    private readonly layer: TroubleLayer,
    private readonly products: Iterable<ProductId>,
    private readonly place: { readonly source?: string; readonly partition?: Partition } = {},
  ) {}

  /** For one of the loops that the products need. @param runs false: it may never say that it is well */
  of(loop: string, runs = true): TellRest {
    if (runs) this.loops.set(loop, undefined);
    return {
      failed: (error) => this.failed(loop, error),
      well: () => this.well(loop),
      isHeard: () => this.untaken.size === 0,
    };
  }

  /** Another product needs the loops: what the book says of it, from when it did so before, is over where they are well. */
  joined(product: ProductId): void {
    if ([...this.loops.values()].every((code) => code === null)) this.take(undefined, [product]);
  }

  private failed(loop: string, error: unknown): void {
    const { code, reason } = describeTrouble(error);
    const before = this.loops.get(loop);
    this.loops.set(loop, code);
    if (typeof before === 'string' && before !== code) this.take(before);
    const { layer, place } = this;
    this.write((product) => this.deps.troubles.report(product, { layer, code, reason, ...place }));
  }

  private well(loop: string): void {
    const before = this.loops.get(loop);
    this.loops.set(loop, null);
    const untaken = [...this.untaken];
    this.untaken.clear();
    if ([...this.loops.values()].every((code) => code === null)) return this.take();
    for (const code of untaken) if (code !== undefined) this.take(code);
    if (typeof before === 'string') this.take(before);
  }

  /** Takes back a code that no loop fails with any more; absent: all of this place, from before a restart too. */
  private take(code?: string, products = this.products): void {
    const { layer, place } = this;
    const { troubles } = this.deps;
    if (code !== undefined) {
      if ([...this.loops.values()].includes(code)) return;
      this.write(
        (product) => troubles.clear(product, { layer, code, ...place }),
        () => this.untaken.add(code),
        products,
      );
      return;
    }
    const isHere = (one: Trouble) =>
      one.layer === layer && one.source === place.source && one.partition === place.partition;
    this.write(
      async (product) => {
        const [all = []] = await troubles.read([product]);
        for (const one of all.filter(isHere))
          await troubles.clear(product, { layer, code: one.code, ...place });
      },
      () => this.untaken.add(undefined),
      products,
    );
  }

  /** In order, and beside the loops. With the store away, what is wrong is said again when the loop rests again, and what is over later. */
  private write(
    change: (product: ProductId) => Promise<void>,
    missed: () => void = () => undefined,
    products = this.products,
  ): void {
    for (const product of products)
      this.writing = this.writing
        .then(() => change(product))
        .catch((error: unknown) => {
          this.deps.logger.warn({ error, product }, 'the book of troubles can’t be written');
          missed();
        });
  }
}
