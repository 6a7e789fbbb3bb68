/** Waiting until a cut is served: hints make it quick, asking again makes it sure. */
import type { Epoch, Generation, ProductId } from '@tenon/domain';
import { generationBefore, parseProductId } from '@tenon/domain';
import type { Bus, Clock } from '@tenon/ports';
import { SUBJECTS, generationsRequest, readGenerationsReply } from '@tenon/contracts';

const ASK_EVERY_MS = 100;

export interface Served {
  readonly served: boolean;
  /** Name of the product → generation, as far as known. */
  readonly generations: Readonly<Record<string, number>>;
}

/**
 * @returns once every product serves generation `epoch` or a later one, or `timeoutMs` have passed, or `signal` aborts
 */
export async function waitUntilServed(
  deps: { readonly bus: Bus; readonly clock: Clock; readonly products: readonly ProductId[] },
  epoch: Epoch,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<Served> {
  const { bus, clock, products } = deps;
  const deadline = clock.monotonic() + timeoutMs;
  const generations: Record<ProductId, Generation> = {};
  let hinted: () => void = () => undefined;
  const subscription = await bus.subscribe(SUBJECTS.anyGeneration, () => hinted());
  try {
    for (;;) {
      const hint = new Promise<void>((resolve) => (hinted = resolve));
      // Several landing zones may answer, one per layer: whichever serves the most counts.
      for (const reply of await bus.request(SUBJECTS.generations, generationsRequest(), {
        timeoutMs: ASK_EVERY_MS,
      })) {
        merge(generations, readGenerationsReply(reply, products));
      }
      const served = products.every((id) => (generations[id] ?? 0) >= generationBefore(epoch));
      if (served || signal.aborted || clock.monotonic() >= deadline)
        return { served, generations: byName(generations) };
      await Promise.race([hint, clock.sleep(ASK_EVERY_MS, signal)]);
    }
  } finally {
    await subscription.close();
  }
}

type Generations = Readonly<Record<ProductId, Generation>>;

function merge(generations: Record<ProductId, Generation>, reply: Generations): void {
  for (const [product, generation] of Object.entries(reply))
    generations[product] = Math.max(generations[product] ?? 0, generation);
}

/** As the HTTP interface names products. */
const byName = (generations: Generations): Readonly<Record<string, Generation>> =>
  Object.fromEntries(
    Object.entries(generations).map(([id, generation]) => [parseProductId(id).name, generation]),
  );
