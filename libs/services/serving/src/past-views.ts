/** The views of before that questions mean. One that says the same is the same object, so what was made of it is known. */
import type { Pointer } from '@tenon/domain';
import { keptBy, keptGenerations } from '@tenon/domain';
import type { StoreSnapshot, Trouble } from '@tenon/ports';
import type { Layer, PastView, ProductLayout, ProductView } from '@tenon/views';
import { pastView, readKept, troublesOf } from '@tenon/views';
import type { AsOf } from './as-of';
import { meantBy, wasThere } from './as-of';

/** What can be read beside a view of now, and what it has been asked for. */
interface Readable {
  readonly now: ProductView;
  /** The store's version that it is of. */
  readonly version: number | undefined;
  readonly pointers: readonly Pointer[];
  readonly views: Map<Pointer, PastView>;
}

/** Views that are remembered, about: more than a product keeps of generations, unless it keeps very many. */
const MOST = 256;

export class PastViews {
  private last: Readable | null = null;
  private readonly known = new Map<string, PastView>();

  constructor(private readonly layout: ProductLayout) {}

  /** The generations that can be read, the served one first. */
  async pointers(now: ProductView, snapshot: StoreSnapshot): Promise<readonly Pointer[]> {
    return (await this.readable(now, snapshot)).pointers;
  }

  /** @throws HttpProblem where `asOf` is of what is not there */
  async meant(asOf: AsOf, layer: Layer, now: ProductView, snapshot: StoreSnapshot): Promise<ProductView> {
    const { pointers, views } = await this.readable(now, snapshot);
    const meant = meantBy(asOf, layer, this.layout, pointers, now);
    if (meant === 'now') return now;
    const { pointer } = meant;
    let view = views.get(pointer);
    if (view === undefined) views.set(pointer, (view = this.view(pointers, pointer, troublesOf(now))));
    return view;
  }

  /** Of a store that says which moment its snapshots are of, what was read at the same moment is what there is. */
  private async readable(now: ProductView, snapshot: StoreSnapshot): Promise<Readable> {
    const { version } = snapshot;
    const { last, layout } = this;
    if (version !== undefined && last?.version === version && last.now === now) return last;
    const kept = await readKept(snapshot, layout);
    const pointers = keptBy(now.base.pointer, kept, keptGenerations(layout.plan));
    return (this.last = { now, version, pointers, views: new Map() });
  }

  private view(readable: readonly Pointer[], pointer: Pointer, troubles: readonly Trouble[]): PastView {
    const view = pastView(this.layout, readable, pointer);
    const had = troubles.filter((one) => wasThere(one, pointer));
    const text = JSON.stringify([pointer, view.past, had]);
    const known = this.known.get(text);
    if (known !== undefined) return known;
    const made = { ...view, speed: { ...view.speed, troubles: had } };
    if (this.known.size >= MOST) this.known.clear();
    this.known.set(text, made);
    return made;
  }
}
