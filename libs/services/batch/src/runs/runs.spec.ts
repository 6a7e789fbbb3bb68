import { ArchiveManifest, archiveName } from '@tenon/archive';
import type { Pointer } from '@tenon/domain';
import { emptyPointer } from '@tenon/domain';
import { TenonError, Unavailable } from '@tenon/errors';
import { createLeases } from '@tenon/leases';
import type { ProductStore } from '@tenon/ports';
import { NO_LOGGER } from '@tenon/telemetry';
import type { ManualClock } from '@tenon/testing';
import { MemoryLog, MemoryStore, MemoryTroubleBook, createManualClock } from '@tenon/testing';
import { Archiver } from '../archive/archiver';
import { CutContexts } from '../archive/cut-contexts';
import type { BatchDeps } from '../deps';
import { BATCH_DEFAULTS } from '../deps';
import { ListingEngine, MemoryLake } from '../testing/memory-lake';
import type { ProductLayout } from '@tenon/views';
import { layoutOf } from '@tenon/views';
import { EVENTS, PLAN, SOURCE, barrier, cell, layout, order } from '../testing/orders';
import { RANGES, readRange } from '../testing/ranges';
import { Runs } from './runs';

/** What several instances of batch share. */
class Deployment {
  readonly log = new MemoryLog();
  readonly lake = new MemoryLake();
  readonly store = new MemoryStore();
  private readonly manifest = new ArchiveManifest(this, 'orders', 2);
  readonly clock: ManualClock = createManualClock();
  readonly troubles = new MemoryTroubleBook();
  pointer: Pointer = emptyPointer('h');
  private instances = 0;
  private id = 0;

  /** Both partitions are archived up to a cut. */
  async archive(epoch: number, full = false): Promise<void> {
    for (const partition of [0, 1]) {
      const file = { from: (epoch - 1) * 10, to: epoch * 10, epoch, end: full ? 'f' : 'b' } as const;
      const entry = { ...file, bytes: 1, digest: null, columns: null };
      await this.manifest.append(partition, entry);
      await this.lake.commit('/file', archiveName('orders', { ...file, partition }));
    }
  }

  serve(generation: number, line = 0): void {
    const cut = { 'orders/0': generation * 10, 'orders/1': generation * 10 };
    this.pointer = { ...emptyPointer('h'), generation, line, cut };
  }

  async instance(layouts: readonly ProductLayout[] = [layout()]) {
    const owner = `batch-${(this.instances += 1)}`;
    await this.log.ensureTopic({ name: RANGES, partitions: 2 });
    await this.log.ensureTopic({ name: EVENTS, partitions: 2 });
    const engine = new ListingEngine();
    engine.cells = [[cell('north')]];
    const { log, lake, clock } = this;
    /** Whether this instance reaches the store for its leases. */
    const link = { away: false };
    const store: Pick<ProductStore, 'transact' | 'snapshot'> = {
      transact: (work) =>
        link.away ? Promise.reject(new Unavailable('the store is away')) : this.store.transact(work),
      snapshot: (read) => this.store.snapshot(read),
    };
    const deps = {
      ...{ log, lake, store, clock, engine: engine.asEngine(), logger: NO_LOGGER },
      ids: { next: () => `id-${(this.id += 1)}` },
      pointers: { read: async () => [this.pointer] },
      troubles: this.troubles,
      config: { ...BATCH_DEFAULTS, leaseMs: 1000, rerunAfterMs: 60_000 },
    } as unknown as BatchDeps;
    const leases = createLeases({ store, clock, logger: NO_LOGGER, owner, ttlMs: 1000 });
    const manifest = new ArchiveManifest({ store: this.store, lake }, 'orders', 2);
    const runs = new Runs(deps, leases, SOURCE, layouts, manifest, new CutContexts());
    const archiver = new Archiver(deps, SOURCE, manifest, [], () => runs.wake());
    runs.start();
    await this.settle();
    return { runs, engine, leases, archiver, link };
  }

  /** Lets all run that waits for neither time nor a gate. */
  settle = () => this.clock.advance(0);

  /** `<from>-<to>` of each range that was committed, with an `f` where it is full. */
  committed(): string[] {
    return this.log.all(RANGES).flatMap(({ value }) => {
      const [, head = ''] = Buffer.from(value).toString().split('\n');
      const { type, from, to, full } = JSON.parse(head) as Record<string, unknown>;
      return type === 'commit' ? [`${from}-${to}${full === true ? 'f' : ''}`] : [];
    });
  }
}

describe('the runs of a product', () => {
  it('are made for each cut that the archive has passed and the served view has not', async () => {
    const deployment = new Deployment();
    await deployment.archive(1);
    const { runs } = await deployment.instance();
    expect(deployment.committed()).toEqual(['0-1']);
    deployment.serve(1);
    await deployment.archive(2);
    await deployment.archive(3);
    runs.wake();
    await deployment.settle();
    expect(deployment.committed()).toEqual(['0-1', '1-3']);
    expect(runs.status()).toMatchObject({
      runs: [
        { from: 0, to: 1 },
        { from: 1, to: 3, cells: 1 },
      ],
    });
    await runs.stop();
  });

  it('are said to be well again after a failure that one without the lease writes down late', async () => {
    const deployment = new Deployment();
    await deployment.archive(1);
    const { runs } = await deployment.instance();
    deployment.serve(1);
    runs.wake();
    await deployment.settle();
    await deployment.troubles.report(layout().product, {
      layer: 'batch',
      code: 'archive-damaged',
      reason: 'late',
    });
    await deployment.clock.advance(60_000);
    expect(deployment.troubles.of(layout().product)).toEqual([]);
    await runs.stop();
  });

  it('are full where a cut asks for it, once', async () => {
    const deployment = new Deployment();
    await deployment.archive(1);
    await deployment.archive(2, true);
    deployment.serve(1);
    const { runs } = await deployment.instance();
    expect(deployment.committed()).toEqual(['0-2f']);
    deployment.serve(2, 1);
    await deployment.archive(3);
    runs.wake();
    await deployment.settle();
    expect(deployment.committed()).toEqual(['0-2f', '2-3']);
    await runs.stop();
  });

  it('are not made where nothing is due, nor twice while the last one may still be landing', async () => {
    const deployment = new Deployment();
    const { runs } = await deployment.instance();
    expect(deployment.committed()).toEqual([]);
    await deployment.archive(1);
    runs.wake();
    await deployment.settle();
    // Another cut comes before the first run is served: a run builds on what is served.
    await deployment.archive(2);
    runs.wake();
    await deployment.clock.advance(59_000);
    expect(deployment.committed()).toEqual(['0-1']);
    await runs.stop();
  });

  it('are made again, up to the latest cut, when their generation is not served after a time', async () => {
    const deployment = new Deployment();
    await deployment.archive(1);
    const { runs } = await deployment.instance();
    await deployment.archive(2);
    await deployment.clock.advance(66_000);
    expect(deployment.committed()).toEqual(['0-1', '0-2']);
    await deployment.clock.advance(66_000);
    expect(deployment.committed()).toEqual(['0-1', '0-2', '0-2']);
    await runs.stop();
  });

  it('are found without being told, since hints can be lost', async () => {
    const deployment = new Deployment();
    const { runs } = await deployment.instance();
    await deployment.archive(1);
    await deployment.clock.advance(4_999);
    expect(deployment.committed()).toEqual([]);
    await deployment.clock.advance(1);
    expect(deployment.committed()).toEqual(['0-1']);
    await runs.stop();
  });

  it('are made by the one instance that has the lease, and by another soon after it has gone silent', async () => {
    const deployment = new Deployment();
    await deployment.archive(1);
    const first = await deployment.instance();
    const second = await deployment.instance();
    await deployment.clock.advance(3_000);
    expect(deployment.committed()).toEqual(['0-1']);
    expect(second.leases.status()).toEqual({ held: [], others: ['batch/per_shop@1'] });
    first.link.away = true;
    await deployment.clock.advance(3_000);
    expect(deployment.committed()).toEqual(['0-1', '0-1']);
    expect(second.leases.status().held).toEqual(['batch/per_shop@1']);
    await first.runs.stop();
    await second.runs.stop();
    await second.leases.close();
  });

  it('give the lease back once their generation is served', async () => {
    const deployment = new Deployment();
    await deployment.archive(1);
    const { runs, leases } = await deployment.instance();
    expect(leases.status().held).toEqual(['batch/per_shop@1']);
    deployment.serve(1);
    runs.wake();
    await deployment.settle();
    expect(leases.status().held).toEqual([]);
    await runs.stop();
  });

  describe('that are under way', () => {
    async function underWay() {
      const deployment = new Deployment();
      const { runs, engine } = await deployment.instance();
      let goOn = () => {};
      engine.beforeRun = () => new Promise((resolve) => (goOn = resolve));
      await deployment.archive(1);
      runs.wake();
      await deployment.settle();
      return { deployment, runs, goOn: () => goOn() };
    }

    it('commit nothing when the instance stops', async () => {
      const { deployment, runs, goOn } = await underWay();
      const stopped = runs.stop();
      goOn();
      await stopped;
      expect(deployment.committed()).toEqual([]);
    });

    it('commit nothing once another instance has the lease', async () => {
      const { deployment, runs, goOn } = await underWay();
      await deployment.store.transact(async (tx) =>
        tx.put('meta', 'lease/batch/per_shop@1', { owner: 'another', counter: 99 }),
      );
      await deployment.clock.advance(250);
      goOn();
      await deployment.settle();
      expect(deployment.committed()).toEqual([]);
      await runs.stop();
    });
  });

  it('do not miss a cut that comes while one is under way', async () => {
    const deployment = new Deployment();
    const { runs, engine } = await deployment.instance();
    let goOn = () => {};
    engine.beforeRun = () => new Promise((resolve) => (goOn = resolve));
    await deployment.archive(1);
    runs.wake();
    await deployment.settle();
    // Its range is served at once, and a cut is there that it did not know of.
    deployment.serve(1);
    await deployment.archive(2);
    runs.wake();
    engine.beforeRun = () => undefined;
    goOn();
    await deployment.settle();
    expect(deployment.committed()).toEqual(['0-1', '1-2']);
    await runs.stop();
  });

  it('let the archiver go on while one is under way', async () => {
    const deployment = new Deployment();
    await deployment.archive(1);
    const { runs, engine, archiver } = await deployment.instance();
    deployment.serve(1);
    let goOn = () => {};
    engine.beforeRun = () => new Promise((resolve) => (goOn = resolve));
    await deployment.archive(2);
    runs.wake();
    await deployment.settle();
    await archiver.start();
    const before = Array.from({ length: 20 }, (_, index) => order(`o${index}`));
    await deployment.log.append(EVENTS, [...before, order('late'), barrier(3)]);
    await deployment.log.idle(EVENTS);
    expect(archiver.archived).toBe(2);
    expect(readRange(deployment.log).commits).toHaveLength(1);
    goOn();
    await deployment.settle();
    expect(deployment.committed()).toEqual(['0-1', '1-2']);
    await archiver.stop();
    await runs.stop();
  });

  describe('where those of one product fail', () => {
    const LAYOUTS = [layoutOf({ ...PLAN, product: 'broken' }, [SOURCE]), layout()];

    it('those of others are made; it is written down, and made again after a pause that grows', async () => {
      const deployment = new Deployment();
      const { runs, engine } = await deployment.instance(LAYOUTS);
      await deployment.log.ensureTopic({ name: 'tenon.ranges.broken.1', partitions: 2 });
      const tries: number[] = [];
      engine.beforeRun = ({ product }) => {
        if (product !== 'broken') return;
        tries.push(deployment.clock.monotonic());
        if (tries.length < 3) throw new Error('out of memory');
      };
      await deployment.archive(1);
      runs.wake();
      await deployment.settle();
      expect(deployment.committed()).toEqual(['0-1']);
      expect(runs.degraded()).toEqual(['broken@1: out of memory']);
      expect(deployment.troubles.of('broken@1')).toMatchObject([
        { layer: 'batch', code: 'product-failed', reason: 'out of memory' },
      ]);
      for (let second = 0; second < 20; second++) await deployment.clock.advance(1000);
      expect(tries).toHaveLength(3);
      expect([runs.degraded(), deployment.troubles.of('broken@1')]).toEqual([[], []]);
      await runs.stop();
    });

    it('what waiting does not mend is made again at another cut only', async () => {
      const deployment = new Deployment();
      const { runs, engine } = await deployment.instance(LAYOUTS);
      let tries = 0;
      engine.beforeRun = ({ product }) => {
        if (product !== 'broken') return;
        tries += 1;
        throw new TenonError('damaged-file', 'a bit of it is another one');
      };
      await deployment.archive(1);
      for (let second = 0; second < 20; second++) await deployment.clock.advance(1000);
      expect(tries).toBe(1);
      await deployment.archive(2);
      for (let second = 0; second < 20; second++) await deployment.clock.advance(1000);
      expect(tries).toBe(2);
      await runs.stop();
    });
  });
});
