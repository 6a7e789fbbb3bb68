/** Waiting until a cut is served: hints make it quick, asking again makes it sure. */
import type { Bus, Clock } from '@tenon/ports';
import { SUBJECTS, generationsRequest, readGenerationsReply } from '@tenon/contracts';

const ASK_EVERY_MS = 100;

export interface Served {
  readonly served: boolean;
  /** Product → generation, as far as known. */
  readonly generations: Readonly<Record<string, number>>;
}

/**
 * @returns once every product serves generation `epoch` or a later one, or `timeoutMs` have passed, or `signal` aborts
 */
export async function waitUntilServed(
  deps: { readonly bus: Bus; readonly clock: Clock; readonly products: readonly { readonly name: string }[] },
  epoch: number,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<Served> {
  const { bus, clock, products } = deps;
  const deadline = clock.monotonic() + timeoutMs;
  const generations: Record<string, number> = {};
  let hinted: () => void = () => undefined;
  const subscription = await bus.subscribe(SUBJECTS.generation('>'), () => hinted());
  try {
    for (;;) {
      const hint = new Promise<void>((resolve) => (hinted = resolve));
      // Several landing zones may answer, one per layer: whichever serves the most counts.
      for (const reply of await bus.request(SUBJECTS.generations, generationsRequest(), {
        timeoutMs: ASK_EVERY_MS,
      })) {
        merge(generations, reply);
      }
      if (products.every(({ name }) => (generations[name] ?? 0) >= epoch))
        return { served: true, generations };
      if (signal.aborted || clock.monotonic() >= deadline) return { served: false, generations };
      await Promise.race([hint, clock.sleep(ASK_EVERY_MS, signal)]);
    }
  } finally {
    await subscription.close();
  }
}

function merge(generations: Record<string, number>, reply: unknown): void {
  for (const [product, generation] of Object.entries(readGenerationsReply(reply)))
    generations[product] = Math.max(generations[product] ?? 0, generation);
}
