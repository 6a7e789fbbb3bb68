/** The cells of a view in key order: base and speed merged cell by cell, without holding more than a piece of each. */
import { STORE_KEYS } from '@tenon/contracts';
import type { CellVersion, Generation, LandedPart, State, Value } from '@tenon/domain';
import { isPastRetention, mergeStates, versionAt } from '@tenon/domain';
import type { StoreSnapshot } from '@tenon/ports';
import type { CellTexts, Layer } from './cell-texts';
import { cellTexts, closedTexts, textsByKey, textsOfParts } from './cell-texts';
import type { ProductLayout } from './layout';
import type { LayerSnapshots } from './open-view';
import type { CellRange } from './question';
import { ALL_CELLS } from './question';
import { soundBase, soundSpeed } from './sound';
import type { LaneView, ProductView } from './view';

export interface MergedCell {
  /** The `cellKey`. */
  readonly id: string;
  readonly key: readonly Value[];
  readonly states: readonly State[];
  /** The version of the base view that is in it. */
  readonly base: CellVersion | undefined;
  readonly inSpeed: boolean;
  /** The generation of the newest version that its base document has, which may not be served yet; 0: it has none. */
  readonly newest: Generation;
}

/**
 * A cell of its documents; undefined if none of them counts at the view's generation, or it is past the product's retention.
 *
 * @throws DamagedDocument
 */
export function mergedCell(
  snapshots: LayerSnapshots,
  layout: ProductLayout,
  view: ProductView,
  { id, base, speed, past }: CellTexts,
): MergedCell | undefined {
  const { line, generation, horizon } = view.base.pointer;
  let key: readonly Value[] | undefined;
  let states: readonly State[] | undefined;
  let version: CellVersion | undefined;
  let newest = 0;
  if (base !== undefined) {
    const stands = STORE_KEYS.base(layout.product, line) + id;
    const document = soundBase(layout, stands, snapshots.base.parse('base', stands, base));
    newest = document.v[0]?.g ?? 0;
    version = versionAt(document.v, generation);
    if (version !== undefined) ({ key, states } = { key: document.k, states: version.s });
  }
  // The latest come first: of what was taken out that which a later fold took is newer.
  for (const text of past ?? []) {
    if (version !== undefined) break;
    const stands = `${layout.product}/-past/…/${id}`;
    const document = soundBase(layout, stands, snapshots.base.parse('base', stands, text));
    version = versionAt(document.v, generation);
    if (version !== undefined) ({ key, states } = { key: document.k, states: version.s });
  }
  for (const text of speed) {
    const stands = `${layout.product}/…/${id}`;
    const { k, s } = soundSpeed(layout, stands, snapshots.speed.parse('speed', stands, text));
    states = states === undefined ? s : mergeStates(layout.plan.states, states, s);
    key ??= k;
  }
  if (key === undefined || states === undefined) return undefined;
  if (isPastRetention(layout.plan, key[0], horizon)) return undefined;
  return { id, key, states, base: version, inSpeed: speed.length > 0, newest };
}

/** Merges the layers of a view. Cells that neither layer has (at this generation) are left out. */
export function cellsOf(
  snapshots: LayerSnapshots,
  layout: ProductLayout,
  view: ProductView,
  layer: Layer,
  range: CellRange,
): AsyncGenerator<MergedCell> {
  return merged(snapshots, layout, view, cellTexts(snapshots, layout, view, layer, range));
}

/**
 * The cells of the speed epochs that generation `before` holds, merged over epochs and lanes: what a fold of Kappa takes.
 * Closed epochs do not change, so any snapshot gives the same, as long as they are not pruned.
 */
export function closedSpeedCells(
  snapshot: StoreSnapshot,
  layout: ProductLayout,
  view: ProductView,
  before: Generation,
  range: CellRange = ALL_CELLS,
): AsyncGenerator<MergedCell> {
  const snapshots = { base: snapshot, speed: snapshot };
  return merged(snapshots, layout, view, closedTexts(snapshot, layout, view, before, range));
}

/**
 * The cells of some parts of a lane, merged: what a stretch takes. As closed epochs, they do not change.
 */
export function cellsOfParts(
  snapshot: StoreSnapshot,
  layout: ProductLayout,
  view: ProductView,
  lane: LaneView,
  parts: readonly LandedPart[],
  range: CellRange,
): AsyncGenerator<MergedCell> {
  const snapshots = { base: snapshot, speed: snapshot };
  return merged(snapshots, layout, view, textsOfParts(snapshot, layout, lane, parts, range));
}

async function* merged(
  snapshots: LayerSnapshots,
  layout: ProductLayout,
  view: ProductView,
  pieces: AsyncGenerator<readonly CellTexts[]>,
): AsyncGenerator<MergedCell> {
  for await (const piece of pieces)
    for (const texts of piece) {
      const cell = mergedCell(snapshots, layout, view, texts);
      if (cell !== undefined) yield cell;
    }
}

/** Single cells by their keys, merged as `cellsOf` does; undefined where a cell is in no layer. */
export async function cellsByKey(
  snapshots: LayerSnapshots,
  layout: ProductLayout,
  view: ProductView,
  ids: readonly string[],
): Promise<(MergedCell | undefined)[]> {
  const texts = await textsByKey(snapshots, layout, view, ids);
  return texts.map((one) => one && mergedCell(snapshots, layout, view, one));
}
