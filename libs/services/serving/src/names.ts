/**
 * Which version of a product each name answers with, as this instance goes by it: read again when it is told of a change, and from
 * time to time in case nobody told.
 */
import { SUBJECTS, versionsReply } from '@tenon/contracts';
import type { Plan, ProductId, Versions } from '@tenon/domain';
import { parseProductId } from '@tenon/domain';
import { Periodic } from '@tenon/loops';
import type { Bus, Clock, Logger, ProductStore, Subscription } from '@tenon/ports';
import { servedIn, versionsIn } from '@tenon/views';

/** Milliseconds. */
const LOOK_EVERY = 1000;

export interface NamesDeps {
  readonly store: Pick<ProductStore, 'snapshot'>;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly logger: Logger;
  /** What this instance can answer with; it may change. */
  readonly plans: () => readonly Plan[];
}

export class Names {
  private products: ReadonlyMap<string, ProductId> = new Map();
  private books: ReadonlyMap<string, Versions> = new Map();
  private readonly looking: Periodic;
  private subscription: Subscription | undefined;
  private readonly listeners = new Set<() => void>();

  constructor(private readonly deps: NamesDeps) {
    this.looking = new Periodic(
      deps,
      'versions that are served',
      () => LOOK_EVERY,
      () => this.look(),
    );
  }

  /** @throws UnsupportedVersion */
  async start(): Promise<void> {
    await this.look();
    this.subscription = await this.deps.bus.respond(SUBJECTS.versions, async () => {
      await this.look();
      const served = [...this.products].map(([name, id]) => [name, parseProductId(id).version] as const);
      return versionsReply(Object.fromEntries(served));
    });
    this.looking.start();
  }

  all(): readonly string[] {
    return [...new Set(this.deps.plans().map(({ product }) => product))];
  }

  /** What a name answers with; undefined: there is no such name. */
  served(name: string): ProductId | undefined {
    return this.products.get(name);
  }

  versions(name: string): Versions | undefined {
    return this.books.get(name);
  }

  /** @returns aborts once the name answers with another product @param ended ends the watching */
  movedFrom(name: string, product: ProductId, ended: AbortSignal): AbortSignal {
    const moved = new AbortController();
    const check = () => {
      if (this.served(name) === product && !ended.aborted) return;
      this.listeners.delete(check);
      ended.removeEventListener('abort', check);
      moved.abort();
    };
    this.listeners.add(check);
    ended.addEventListener('abort', check, { once: true });
    check();
    return moved.signal;
  }

  /** Reads which version each answers with. */
  async look(): Promise<void> {
    const names = this.all();
    const books = await this.deps.store.snapshot((snapshot) => versionsIn(snapshot, names));
    this.books = books;
    this.products = servedIn(books, this.deps.plans());
    for (const listener of [...this.listeners]) listener();
  }

  async stop(): Promise<void> {
    await this.subscription?.close();
    await this.looking.stop();
  }
}
