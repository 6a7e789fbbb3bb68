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
 * @param deps.products those that run by now: who is removed meanwhile is waited for no more, who is new is not at all
 * @returns once every product serves generation `epoch` or a later one, or `timeoutMs` have passed, or `signal` aborts
 */
export async function waitUntilServed(
  deps: { readonly bus: Bus; readonly clock: Clock; readonly products: readonly ProductId[] },
  epoch: Epoch,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<Served> {
  const { bus, clock } = deps;
  // Consumption says it of the versions that names serve; what is built or kept beside them is not waited for.
  const namesOf = () => new Set(deps.products.map((id) => parseProductId(id).name));
  let products = [...namesOf()];
  const deadline = clock.monotonic() + timeoutMs;
  // A product may be called as something that every object has.
  const generations = new Map<string, Generation>();
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
      const running = namesOf();
      products = products.filter((name) => running.has(name));
      const served = products.every((name) => (generations.get(name) ?? 0) >= generationBefore(epoch));
      if (served || signal.aborted || clock.monotonic() >= deadline)
        return { served, generations: Object.fromEntries(generations) };
      await Promise.race([hint, clock.sleep(ASK_EVERY_MS, signal)]);
    }
  } finally {
    await subscription.close();
  }
}

function merge(generations: Map<string, Generation>, reply: Readonly<Record<string, Generation>>): void {
  for (const [product, generation] of Object.entries(reply))
    generations.set(product, Math.max(generations.get(product) ?? 0, generation) as Generation);
}
