/**
 * Two stores have no instant in common. Here everything that may happen to them does, between any two steps of a read: speed
 * lands, batch serves, speed's landing hears of it, and prunes. Each answer is the fold of the records that it names, and none
 * names fewer than the one before.
 */
import { cellsOf } from '../cells';
import { withView } from '../open-view';
import { ALL_CELLS } from '../question';
import type { Documents, StoreOfSpec } from '../testing/snapshots';
import { storeWith } from '../testing/snapshots';
import { LAYOUT, base, ledger, pointer, progress, speed } from '../testing/visits';
import { hasGap, includedIn, ledgerOf } from '../view';
import { ApartStores } from './stores';

/** Numbers of a seed: the worlds are the same each time. */
function randomOf(seed: number) {
  let state = seed;
  return (below: number) => {
    state = (state * 1103515245 + 12345) % 2147483648;
    return Math.floor((state / 2147483648) * below);
  };
}

const LANES = [0, 1] as const;
const EPOCHS = 6;
const PAGES = ['a', 'b', 'c'];

class History {
  /** Lane → its records: pages, and null where a barrier stands. */
  readonly logs: (string | null)[][];
  private readonly landed = [0, 0];
  private served = 0;
  private heard = 0;
  private pruned = 0;

  constructor(
    private readonly random: (below: number) => number,
    private readonly stores: { readonly base: StoreOfSpec; readonly speed: StoreOfSpec },
  ) {
    this.logs = LANES.map(() =>
      Array.from({ length: EPOCHS }, (_, epoch) => [
        ...Array.from({ length: random(4) }, () => PAGES[random(PAGES.length)] as string),
        ...(epoch < EPOCHS - 1 ? [null] : []),
      ]).flat(),
    );
    this.show();
  }

  /** Where an epoch of a lane begins. */
  private startOf(lane: number, epoch: number): number {
    let barriers = 0;
    const log = this.logs[lane] as (string | null)[];
    for (let offset = 0; offset < log.length; offset++) {
      if (barriers === epoch) return offset;
      if (log[offset] === null) barriers += 1;
    }
    return log.length;
  }

  happens(): void {
    for (let steps = this.random(4); steps > 0; steps--) this.step();
    this.show();
  }

  private step(): void {
    const lane = this.random(2);
    const end = this.logs[lane]?.length ?? 0;
    switch (this.random(4)) {
      case 0:
        this.landed[lane] = Math.min(end, (this.landed[lane] ?? 0) + 1 + this.random(3));
        return;
      case 1:
        // Batch reads the log itself: it may be ahead of speed.
        this.served = Math.min(EPOCHS - 1, this.served + 1 + this.random(2));
        return;
      case 2:
        this.heard = Math.max(this.heard, this.served);
        return;
      default:
        this.pruned = this.heard;
    }
  }

  count(lane: number, from: number, to: number): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const page of this.logs[lane]?.slice(from, to) ?? [])
      if (page !== null) counts[page] = (counts[page] ?? 0) + 1;
    return counts;
  }

  private pointerAt(generation: number): Record<string, unknown> {
    if (generation === 0) return {};
    const cut = LANES.map((lane) => this.startOf(lane, generation));
    const at = (numbers: readonly number[]) => ({ 'clicks/0': numbers[0] ?? 0, 'clicks/1': numbers[1] ?? 0 });
    const all = ledger((cut[0] ?? 0) + (cut[1] ?? 0));
    return pointer({ generation, cut: at(cut), epochs: at([generation, generation]), ledger: all });
  }

  private show(): void {
    this.stores.base.documents = this.base();
    this.stores.speed.documents = this.speed();
  }

  private base(): Documents {
    const pages: Record<string, Record<number, number>> = {};
    for (let generation = 1; generation <= this.served; generation++)
      for (const lane of LANES)
        for (const [page, count] of Object.entries(this.count(lane, 0, this.startOf(lane, generation)))) {
          const versions = (pages[page] ??= {});
          versions[generation] = (versions[generation] ?? 0) + count;
        }
    return { meta: this.pointerAt(this.served), base: base(0, pages) };
  }

  private speed(): Documents {
    const meta: Record<string, unknown> = this.pointerAt(this.heard);
    const cells: Record<string, unknown> = {};
    for (const lane of LANES)
      for (let epoch = this.pruned; epoch < EPOCHS; epoch++) {
        const [start, end] = [this.startOf(lane, epoch), this.startOf(lane, epoch + 1)];
        const next = Math.min(end, this.landed[lane] ?? 0);
        if (next <= start) continue;
        const closed = next === end && epoch < EPOCHS - 1;
        Object.assign(meta, progress(epoch, lane, start, next, { closed }));
        Object.assign(cells, speed(epoch, lane, this.count(lane, start, next)));
      }
    return { meta, speed: cells as Documents['speed'] } as Documents;
  }
}

/** Steps happen before a snapshot is opened, and before each of its reads. */
function disturbed(store: StoreOfSpec, happens: () => void): Pick<StoreOfSpec, 'snapshot'> {
  return {
    snapshot: (read) => {
      happens();
      return store.snapshot((snapshot) =>
        read(
          Object.assign(Object.create(snapshot), {
            getMany: (...given: Parameters<typeof snapshot.getMany>) => (
              happens(),
              snapshot.getMany(...given)
            ),
            texts: (...given: Parameters<typeof snapshot.texts>) => (happens(), snapshot.texts(...given)),
          }),
        ),
      );
    },
  };
}

test('whatever happens between the reads of two stores, answers are exact and do not go back', async () => {
  const seen = { both: 0, 'base alone': 0, 'speed far ahead': 0 };
  for (let seed = 1; seed <= 150; seed++) {
    const stores = { base: storeWith({}), speed: storeWith({}) };
    const history = new History(randomOf(seed), stores);
    const happens = () => history.happens();
    const apart = new ApartStores({
      base: disturbed(stores.base, happens),
      speed: disturbed(stores.speed, happens),
    });
    let before: Record<string, number> = {};
    for (let reads = 0; reads < 8; reads++) {
      const answer = await withView(apart, LAYOUT, async (view, snapshots) => {
        const pages: Record<string, number> = {};
        for await (const { key, states } of cellsOf(snapshots, LAYOUT, view, 'merged', ALL_CELLS))
          pages[String(key[0])] = states[0] as number;
        const included = includedIn(view);
        return { pages, included, view };
      });
      const { pages, included, view } = answer;
      const expected: Record<string, number> = {};
      for (const lane of LANES)
        for (const [page, count] of Object.entries(history.count(lane, 0, included[`clicks/${lane}`] ?? 0)))
          expected[page] = (expected[page] ?? 0) + count;
      expect({ seed, pages }).toEqual({ seed, pages: expected });
      expect([view.missing, hasGap(view)]).toEqual([undefined, false]);
      const total = Object.values(included).reduce((sum, next) => sum + next, 0);
      expect(ledgerOf(view).aggregated).toBe(total);
      for (const [lane, next] of Object.entries(before)) expect(included[lane]).toBeGreaterThanOrEqual(next);
      before = included;
      const epochs = [...view.speed.lanes.values()].map(({ reach }) => reach.epochs.length);
      if (view.base.pointer.generation > 0) seen[Math.max(...epochs) === 0 ? 'base alone' : 'both'] += 1;
      if (Math.max(...epochs) > 2) seen['speed far ahead'] += 1;
    }
  }
  for (const count of Object.values(seen)) expect(count).toBeGreaterThan(5);
});
