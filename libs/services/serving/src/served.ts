/** What answers for one version of a product, while this instance has it. */
import { SUBJECTS, readCovers } from '@tenon/contracts';
import type { Bus, Clock, Ids, Logger, Subscription, Tracer } from '@tenon/ports';
import type { ServingConfig } from './deps';
import { LiveHub } from './live';
import { Questions } from './questions';
import type { ProductReader } from './reader';
import { ReceiptWaits } from './receipt-waits';

export interface ServedDeps {
  readonly bus: Bus;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly logger: Logger;
  readonly tracer?: Tracer;
  readonly config: Pick<ServingConfig, 'live' | 'pollMs'>;
}

export class Served {
  readonly questions: Questions;
  readonly hub: LiveHub;
  readonly waits: ReceiptWaits;
  /** It does not fail: what it reads, each answer reads anew. */
  readonly done = Promise.resolve();
  private subscription: Subscription | undefined;
  private readonly ended = new AbortController();

  constructor(
    private readonly deps: ServedDeps,
    readonly reader: ProductReader,
  ) {
    const { ids, clock, config } = deps;
    const { plan } = reader.layout;
    this.questions = new Questions(plan);
    // An id of the account of one is none of another's.
    const run = `${ids.next().replaceAll('-', '')}v${plan.version}`;
    this.hub = new LiveHub(deps, reader, config.live, run);
    this.waits = new ReceiptWaits(reader, plan.product, clock, config.pollMs);
  }

  /** Aborts when this instance has it no more. */
  get gone(): AbortSignal {
    return this.ended.signal;
  }

  async start(): Promise<void> {
    await this.hub.start();
    const hinted = ({ payload }: { readonly payload: unknown }) => this.waits.hinted(readCovers(payload));
    this.subscription = await this.deps.bus.subscribe(SUBJECTS.live(this.reader.layout.product), hinted);
  }

  async stop(): Promise<void> {
    await this.subscription?.close();
    await this.hub.stop();
    this.ended.abort();
  }
}
