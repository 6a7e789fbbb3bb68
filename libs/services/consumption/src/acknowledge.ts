/**
 * Speed in a store of its own: which base view is served stands in another store. Its pointer is copied here as it moves, and
 * everything of this store goes by the copy: what lands, what is folded together, and what is pruned. So nothing is pruned that a
 * reader of the other store could still begin at, however late the copy is, and with that store away all goes on as it is.
 */
import { STORE_KEYS, SUBJECTS, pointerDocument } from '@tenon/contracts';
import type { Pointer } from '@tenon/domain';
import { isServedBefore, emptyPointer } from '@tenon/domain';
import type { ProductStore, ServedPointers, Subscription } from '@tenon/ports';
import type { TellRest } from '@tenon/loops';
import { Periodic } from '@tenon/loops';
import type { ProductLayout } from '@tenon/views';
import { readPointer } from '@tenon/views';
import type { ConsumptionDeps } from './deps';

/** How often it looks when no hint comes, milliseconds. */
const LOOK_EVERY = 2000;

/** @returns the pointer that this store goes by from now on */
export async function acknowledge(
  store: Pick<ProductStore, 'transact'>,
  served: ServedPointers,
  layout: ProductLayout,
): Promise<Pointer> {
  const [pointer] = await served.read([layout.plan]);
  return store.transact(async (tx) => {
    const own = await readPointer(tx, layout);
    // Another instance may have been told of a later one.
    if (pointer === undefined || !isServedBefore(own, pointer)) return own;
    tx.put('meta', STORE_KEYS.pointer(layout.product), pointerDocument(pointer));
    return pointer;
  });
}

export class Acknowledging {
  private readonly looking: Periodic;
  private subscription: Subscription | undefined;
  private last: Pointer;

  constructor(
    private readonly deps: Pick<ConsumptionDeps, 'bus' | 'clock' | 'logger' | 'store'>,
    private readonly layout: ProductLayout,
    served: ServedPointers,
    moved: (pointer: Pointer) => void,
    alone?: TellRest,
  ) {
    this.last = emptyPointer(layout.plan.hash);
    this.looking = new Periodic(
      deps,
      `what is served of ${layout.product}`,
      () => LOOK_EVERY,
      async () => {
        const pointer = await acknowledge(deps.store, served, layout);
        if (!isServedBefore(this.last, pointer)) return;
        this.last = pointer;
        moved(pointer);
      },
      alone,
    );
  }

  get done(): Promise<void> {
    return this.looking.done;
  }

  /** Why it does not hear what is served, in words: nothing is pruned meanwhile. Null: it does. */
  get reason(): string | null {
    return this.looking.trouble;
  }

  async start(): Promise<void> {
    const { bus } = this.deps;
    this.subscription = await bus.subscribe(SUBJECTS.generation(this.layout.product), () =>
      this.looking.wake(),
    );
    this.looking.start();
  }

  async stop(): Promise<void> {
    await this.subscription?.close();
    await this.looking.stop();
  }
}
