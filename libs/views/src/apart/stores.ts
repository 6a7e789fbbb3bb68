/**
 * Reading a product whose layers are in stores of their own, which have no instant in common. What joins them is the order in
 * which they are read: first speed's, then base's.
 *
 * Speed's store has a pointer of its own, the last served one that its landing has heard of, and prunes behind that alone. So at
 * the instant of its snapshot it has all that landed at or above that pointer's cut; and the pointer that base's store has
 * afterwards is that one or a later one. Whatever was served, pruned or folded in between, the epochs from the later cut on are in
 * the snapshot. Nothing depends on how long anything takes.
 */
import { isServedBefore } from '@tenon/domain';
import type { ProductStore, StoreSnapshot } from '@tenon/ports';
import type { Layer } from '../cell-texts';
import type { ProductLayout } from '../layout';
import type { KnownView } from '../known-view';
import { sameAs } from '../known-view';
import type { LayerSnapshots } from '../open-view';
import type { BaseView, MissingLayer, ProductView } from '../view';
import { emptySpeedView, readBaseView, readJoinedView, readView } from '../view';
import type { HeldSnapshot } from './hold';
import { hold } from './hold';
import type { ApartLayer } from './layer-away';
import { LayerAway, toldApart } from './layer-away';

type Store = Pick<ProductStore, 'snapshot'>;

type Read<T> = (view: ProductView, snapshots: LayerSnapshots) => Promise<T>;

/**
 * How often base's store is asked again where it says less than speed's has heard of it: a database on servers may for a moment,
 * after another of its members took over; one that was restored from a copy does until batch has caught up.
 */
const TRIES = 3;

export class ApartStores {
  private readonly stores: Readonly<Partial<Record<ApartLayer, Store>>>;
  /** Layers whose store was away when it was last asked, and whether it is being asked again. */
  private readonly away = new Map<ApartLayer, { readonly reason: string; asking: boolean }>();

  /** Of a process that serves one layer alone, only that one is given. */
  constructor(stores: { readonly base?: Store; readonly speed?: Store }) {
    this.stores = {
      ...(stores.base !== undefined && { batch: toldApart('batch', stores.base) }),
      ...(stores.speed !== undefined && { speed: toldApart('speed', stores.speed) }),
    };
  }

  /**
   * Runs `read` with the view and what it is of. A question about both layers is answered by the one that is there while the
   * other's store is away, and the view says what is missing.
   *
   * @param known is kept up for the next read
   * @throws LayerAway where what was asked for can't be read
   */
  async read<T>(layout: ProductLayout, layer: Layer, read: Read<T>, known?: KnownView): Promise<T> {
    const { batch, speed } = this.stores;
    if (layer === 'batch') return this.base(layout, read);
    if (layer === 'speed' && batch === undefined) return this.speed(layout, read);
    if (batch === undefined || speed === undefined)
      throw new Error('A layer of it is in no store of this process.');
    const gone = this.gone();
    if (gone !== null) return this.without(gone, layout, layer, read);
    try {
      return await this.joined(batch, speed, layout, read, known);
    } catch (error) {
      if (!(error instanceof LayerAway)) throw error;
      this.away.set(error.layer, { reason: error.message, asking: false });
      return this.without(error.layer, layout, layer, read);
    }
  }

  /** A layer that was away, and is not known to be back; both: whichever. Asks it again, for reads to come. */
  private gone(): ApartLayer | null {
    for (const [layer, one] of this.away) {
      if (!one.asking) {
        one.asking = true;
        void this.askAgain(layer, one);
      }
      return layer;
    }
    return null;
  }

  private async askAgain(layer: ApartLayer, one: { asking: boolean }): Promise<void> {
    try {
      await this.stores[layer]?.snapshot((snapshot) => snapshot.get('meta', 'probe'));
      if (this.away.get(layer) === one) this.away.delete(layer);
    } catch {
      one.asking = false;
    }
  }

  private without<T>(gone: ApartLayer, layout: ProductLayout, layer: Layer, read: Read<T>): Promise<T> {
    if (layer === 'speed')
      // Its own pointer says where it begins.
      return this.speed(layout, read);
    const what =
      gone === 'batch'
        ? 'the rows hold only what came after the cut'
        : 'the rows hold only what came before the cut';
    const reason = `The store of the ${gone} layer can’t be asked: ${what}.`;
    const missing: MissingLayer = { code: 'layer-away', layer: gone, reason };
    const told: Read<T> = (view, snapshots) => read({ ...view, missing }, snapshots);
    return gone === 'batch' ? this.speed(layout, told) : this.base(layout, told);
  }

  private base<T>(layout: ProductLayout, read: Read<T>): Promise<T> {
    return this.storeOf('batch').snapshot(async (snapshot) => {
      const base = await readBaseView(snapshot, layout);
      return read({ base, speed: emptySpeedView(layout, base) }, { base: snapshot, speed: snapshot });
    });
  }

  private speed<T>(layout: ProductLayout, read: Read<T>): Promise<T> {
    return this.storeOf('speed').snapshot(async (snapshot) =>
      read(await readView(snapshot, layout), { base: snapshot, speed: snapshot }),
    );
  }

  private storeOf(layer: ApartLayer): Store {
    const store = this.stores[layer];
    if (store === undefined) throw new Error(`The store of the ${layer} layer is none of this process.`);
    return store;
  }

  private joined<T>(
    batch: Store,
    speed: Store,
    layout: ProductLayout,
    read: Read<T>,
    known: KnownView | undefined,
  ): Promise<T> {
    return speed.snapshot(async (speedSnapshot) => {
      const base = new BaseHolder(batch);
      try {
        const view = await viewOf(speedSnapshot, base, layout, known);
        return await read(view, { base: await base.snapshot(), speed: speedSnapshot });
      } finally {
        await base.release();
      }
    });
  }
}

/** The snapshot of base's store, from when it is first asked for; taken anew where it is too old. */
class BaseHolder {
  private held: HeldSnapshot | null = null;

  constructor(private readonly store: Store) {}

  async snapshot(): Promise<StoreSnapshot> {
    this.held ??= await hold(this.store);
    return this.held.snapshot;
  }

  async release(): Promise<void> {
    const { held } = this;
    this.held = null;
    await held?.release();
  }
}

async function viewOf(
  speed: StoreSnapshot,
  holder: BaseHolder,
  layout: ProductLayout,
  known: KnownView | undefined,
): Promise<ProductView> {
  const { version } = speed;
  if (known === undefined) return joinedView(speed, holder, layout);
  // A store that has versions is of the instant at which its snapshot was opened, and not of its first read.
  const base = version === undefined ? undefined : (await holder.snapshot()).version;
  const isKnown = version !== undefined && base !== undefined;
  if (known.view !== null && isKnown && known.version === base && known.speedVersion === version)
    return known.view;
  const view = sameAs(known, await joinedView(speed, holder, layout));
  // It may have been opened anew.
  known.version = version === undefined ? undefined : (await holder.snapshot()).version;
  known.speedVersion = version;
  return view;
}

async function joinedView(
  speed: StoreSnapshot,
  holder: BaseHolder,
  layout: ProductLayout,
): Promise<ProductView> {
  let isOlder = false;
  const view = await readJoinedView(speed, layout, async (own) => {
    for (let tries = 1; ; tries += 1) {
      const base: BaseView = await readBaseView(await holder.snapshot(), layout);
      isOlder = isServedBefore(base.pointer, own);
      if (!isOlder || tries === TRIES) return base;
      await holder.release();
    }
  });
  if (!isOlder) return view;
  const reason =
    'The store of the batch layer is older than what the speed layer has heard of it, as after it was restored from a copy: it catches up by itself.';
  return { ...view, missing: { code: 'layers-apart', layer: 'batch', reason } };
}
