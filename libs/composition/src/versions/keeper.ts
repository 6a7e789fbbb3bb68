/**
 * Takes the steps in the life of products' versions that nobody has to ask for: what is built becomes ready, and is served where
 * it is to be by itself; what was kept for long enough is dropped. Several may do it at once: each step is one transaction.
 */
import { STORE_KEYS } from '@tenon/contracts';
import type { OtherVersion, Plan, ProductId, Versions } from '@tenon/domain';
import { droppedVersion, expireVersions, idOf, productId, promoteVersion, readyVersion } from '@tenon/domain';
import { Periodic } from '@tenon/loops';
import type { Bus, Clock, EventLog, Logger, ProductStore, TopicRemover } from '@tenon/ports';
import type { VersionBook, VersionStep } from '@tenon/views';
import { isProblem, layoutOf, versionBook } from '@tenon/views';
import type { LoadedCatalog } from '../catalog';
import type { Coverage } from './coverage';
import { CAUGHT_UP_MS, Catching, coverageOf } from './coverage';
import type { Gone } from './gone';
import { goneOf } from './gone';
import type { ProductLayers } from './product-layers';
import { removeFrom } from './remove';
import { tellVersions } from './tell';

export interface KeeperDeps {
  readonly store: ProductStore;
  readonly log: EventLog & TopicRemover;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly layers: (plans: readonly Plan[]) => Promise<ProductLayers>;
  /** What runs in this process. */
  readonly catalog: () => LoadedCatalog;
  readonly graceMs: number;
}

/** How often it looks: while something is built, and else. Milliseconds. */
const LOOK_EVERY = 1000;
const LOOK_OFTEN = 100;
/** What is dropped is removed once no reader, and no instance that has not heard of it, can be at it any more. Milliseconds. */
const LONGEST_READ = 30_000;
const SHORTEST_WAIT = 1000;

export class VersionKeeper {
  private readonly looking: Periodic;
  private readonly book: VersionBook;
  private readonly catching = new Map<ProductId, Catching>();
  private isBusy = false;

  constructor(private readonly deps: KeeperDeps) {
    this.book = versionBook(deps.store);
    this.looking = new Periodic(
      deps,
      'versions of products',
      () => (this.isBusy ? LOOK_OFTEN : LOOK_EVERY),
      (signal) => this.look(signal),
      // An error of one look is none of the next: it rests, and says so in the log.
      { failed: () => undefined, well: () => undefined },
    );
  }

  start(): void {
    this.looking.start();
  }

  private async look(signal: AbortSignal): Promise<void> {
    const { clock } = this.deps;
    const names = [...new Set(this.deps.catalog().plans.map(({ product }) => product))];
    this.isBusy = false;
    for (const [name, versions] of await this.book.read(names)) {
      if (signal.aborted) return;
      const now = clock.now();
      if (expireVersions(versions, now) !== versions)
        await this.step(
          name,
          (current) => expireVersions(current, now),
          'what was kept for long enough goes',
        );
      for (const other of versions.others) await this.lookAt(name, versions, other, signal);
    }
  }

  private async lookAt(
    name: string,
    versions: Versions,
    other: OtherVersion,
    signal: AbortSignal,
  ): Promise<void> {
    const { clock } = this.deps;
    if (other.state === 'dropping') {
      const wait = Math.min(LONGEST_READ, Math.max(SHORTEST_WAIT, this.deps.graceMs));
      if (clock.now() - other.since >= wait) await this.drop(name, other, signal);
      return;
    }
    const isBuilt = other.state === 'building' && other.paused !== true;
    if (!isBuilt && !(other.state === 'ready' && other.auto === true)) return;
    this.isBusy = true;
    const caught = await this.hasCaughtUp(name, versions, other);
    if (caught === null) return;
    if (other.state === 'building')
      await this.step(name, (current) => readyVersion(current, other.version, clock.now()), 'ready');
    // One that has a trouble is somebody's to look at first.
    if (other.auto !== true || caught.troubles.length > 0) return;
    await this.step(
      name,
      (current) =>
        current.others.some((one) => one.version === other.version && one.auto === true)
          ? promoteVersion(current, other.version, clock.now(), this.deps.graceMs)
          : current,
      'served by itself',
    );
  }

  /** @returns null where it has not, or does not run here yet */
  private async hasCaughtUp(
    name: string,
    { served }: Versions,
    { version }: OtherVersion,
  ): Promise<Coverage | null> {
    const { clock } = this.deps;
    const { plans, sources } = this.deps.catalog();
    const layouts = [served, version].map((number) => {
      const plan = plans.find((one) => idOf(one) === productId(name, number));
      return plan && layoutOf(plan, sources);
    });
    const [before, after] = layouts;
    if (before === undefined || after === undefined) return null;
    const layers = () => this.deps.layers(plans);
    const coverage = await coverageOf({ log: this.deps.log, layers }, before, after);
    const catching = this.catching.get(after.product) ?? new Catching(CAUGHT_UP_MS);
    this.catching.set(after.product, catching);
    if (!catching.hasCaughtUp(coverage, clock.monotonic())) return null;
    this.catching.delete(after.product);
    return coverage;
  }

  private async drop(name: string, other: OtherVersion, signal: AbortSignal): Promise<void> {
    const { log, clock, logger } = this.deps;
    const product = productId(name, other.version);
    if (this.deps.catalog().plans.some((plan) => idOf(plan) === product)) return;
    const [plan] = await this.book.plans([product]);
    const gone = await goneOf(log, product, false);
    const { topics } = gone;
    // One that is wanted anew keeps its plan.
    const isPlan = ({ range }: Gone) => other.again !== undefined && range.gte === STORE_KEYS.plan(product);
    const ranges = gone.ranges.filter((one) => !isPlan(one));
    // First what is written, so that nothing comes after; the plan last, by which what is left is found.
    for (const topic of topics) await log.deleteTopic(topic);
    const pause = () => clock.sleep(1, signal);
    const layers = await this.deps.layers(plan === undefined ? [] : [plan]);
    const documents = await removeFrom(layers, plan, ranges, { pause, signal });
    if (signal.aborted) return;
    logger.info({ product, documents, topics }, 'a version was dropped');
    await this.step(name, (current) => droppedVersion(current, other.version, clock.now()), 'dropped');
  }

  private async step(name: string, step: VersionStep, what: string): Promise<void> {
    const { bus, logger } = this.deps;
    const [before] = (await this.book.read([name])).values();
    const after = await this.book.change(name, step);
    if (after === undefined || isProblem(after) || JSON.stringify(after) === JSON.stringify(before)) return;
    logger.info({ product: name, served: after.served, others: after.others }, `versions: ${what}`);
    void tellVersions(bus, name, after.served, 1);
  }

  async stop(): Promise<void> {
    await this.looking.stop();
  }
}
