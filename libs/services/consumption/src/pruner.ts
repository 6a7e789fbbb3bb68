/** Remembers which pointers were served, and prunes behind them once no reader can hold an earlier one. */
import type { Pointer } from '@tenon/domain';
import { Periodic } from '@tenon/loops';
import type { ProductLayout } from '@tenon/views';
import type { ConsumptionDeps } from './deps';
import { prune } from './prune';

/** How often it looks, milliseconds. */
const LOOK_EVERY = 1000;

export class Pruner {
  private readonly served: { readonly pointer: Pointer; readonly until: number }[] = [];
  private readonly looking: Periodic;

  constructor(
    private readonly deps: ConsumptionDeps,
    private readonly layout: ProductLayout,
  ) {
    this.looking = new Periodic(
      deps,
      `prune ${layout.product}`,
      () => LOOK_EVERY,
      (signal) => this.look(signal),
    );
  }

  start(): void {
    this.looking.start();
  }

  moved(pointer: Pointer): void {
    const { clock, config } = this.deps;
    this.served.push({ pointer, until: clock.monotonic() + config.graceMs });
  }

  private async look(signal: AbortSignal): Promise<void> {
    const { clock, logger } = this.deps;
    const { product } = this.layout;
    const now = clock.monotonic();
    let last: Pointer | undefined;
    while (this.served[0] !== undefined && this.served[0].until <= now) last = this.served.shift()?.pointer;
    if (last === undefined) return;
    try {
      const deleted = await prune(this.deps, this.layout, last, signal, this.deps.layer);
      logger.debug({ product, deleted }, 'pruned');
    } catch (error) {
      logger.warn({ error, product }, 'pruning failed; the next one does its work too');
    }
  }

  stop(): Promise<void> {
    return this.looking.stop();
  }
}
