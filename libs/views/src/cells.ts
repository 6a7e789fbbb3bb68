/** The cells of a view in key order: base and speed merged cell by cell, without holding more than a chunk of each. */
import type { BaseDocument, SpeedDocument } from '@tenon/contracts';
import { STORE_KEYS } from '@tenon/contracts';
import type { CellVersion, Epoch, Generation, State, Value } from '@tenon/domain';
import { isClosedBefore, mergeStates, versionAt } from '@tenon/domain';
import type { StoreSnapshot, StoreTable } from '@tenon/ports';
import type { ProductLayout } from './layout';
import type { LayerSnapshots } from './open-view';
import type { ProductView } from './view';

export type Layer = 'merged' | 'batch' | 'speed';

/** Which cells, by their `cellKey`: `gte` <= key < `lt`. */
export interface CellRange {
  readonly gte: string;
  readonly lt: string;
  readonly reverse?: boolean;
  /** A `keyPattern` that the keys must match; others than the wanted ones may come all the same. */
  readonly pattern?: string | null;
  /** About so many cells will be asked for, where that is known. */
  readonly expected?: number;
}

export const ALL_CELLS: CellRange = { gte: '', lt: '~' };

export interface MergedCell {
  /** The `cellKey`. */
  readonly id: string;
  readonly key: readonly Value[];
  readonly states: readonly State[];
  /** The version of the base view that is in it. */
  readonly base: CellVersion | undefined;
  readonly inSpeed: boolean;
}

interface Part {
  readonly key: readonly Value[];
  readonly states: readonly State[];
  readonly base?: CellVersion;
}

/** Merges the layers of a view. Cells that neither layer has (at this generation) are left out. */
export async function* cellsOf(
  snapshots: LayerSnapshots,
  layout: ProductLayout,
  view: ProductView,
  layer: Layer,
  range: CellRange,
): AsyncGenerator<MergedCell> {
  const streams: CellStream[] = [];
  if (layer !== 'speed' && view.base.pointer.generation > 0)
    streams.push(baseStream(snapshots.base, layout, view, range));
  if (layer !== 'batch')
    for (const { number, reach } of view.speed.lanes.values())
      for (const epoch of reach.epochs)
        streams.push(speedStream(snapshots.speed, layout, epoch, number, range));
  yield* mergeStreams(layout, streams, range.reverse === true);
}

/**
 * The cells of the speed epochs that generation `before` holds, merged over epochs and lanes: what a fold of Kappa takes.
 * Closed epochs do not change, so any snapshot gives the same, as long as they are not pruned.
 */
export async function* closedSpeedCells(
  snapshot: StoreSnapshot,
  layout: ProductLayout,
  view: ProductView,
  before: Generation,
  range: CellRange = ALL_CELLS,
): AsyncGenerator<MergedCell> {
  const streams: CellStream[] = [];
  for (const { number, reach } of view.speed.lanes.values())
    for (const epoch of reach.epochs)
      if (isClosedBefore(epoch, before)) streams.push(speedStream(snapshot, layout, epoch, number, range));
  yield* mergeStreams(layout, streams, false);
}

async function* mergeStreams(
  layout: ProductLayout,
  streams: readonly CellStream[],
  reverse: boolean,
): AsyncGenerator<MergedCell> {
  try {
    // The first chunk of each at a time: a small read is over with them.
    const begun = await Promise.all(streams.map((stream) => stream.advance()));
    let open = streams.filter((_, index) => begun[index]);
    while (open.length > 0) {
      let id = (open[0] as CellStream).id;
      for (const stream of open) if (reverse ? stream.id > id : stream.id < id) id = stream.id;
      let merged: MergedCell | undefined;
      const ended: CellStream[] = [];
      for (const stream of open) {
        if (stream.id !== id) continue;
        const { key, states, base } = stream.part;
        merged = {
          id,
          key,
          states: merged ? mergeStates(layout.plan.states, merged.states, states) : states,
          base: merged?.base ?? base,
          inSpeed: merged?.inSpeed === true || base === undefined,
        };
        if (!(await stream.advance())) ended.push(stream);
      }
      if (ended.length > 0) open = open.filter((stream) => !ended.includes(stream));
      if (merged) yield merged;
    }
  } finally {
    await Promise.all(streams.map((stream) => stream.close()));
  }
}

function baseStream(
  snapshot: StoreSnapshot,
  layout: ProductLayout,
  view: ProductView,
  range: CellRange,
): CellStream {
  const { line, generation } = view.base.pointer;
  return new CellStream(snapshot, 'base', STORE_KEYS.base(layout.product, line), range, (value) => {
    const { k, v } = value as BaseDocument;
    const version = versionAt(v, generation);
    return version && { key: k, states: version.s, base: version };
  });
}

function speedStream(
  snapshot: StoreSnapshot,
  layout: ProductLayout,
  epoch: Epoch,
  lane: number,
  range: CellRange,
): CellStream {
  const prefix = STORE_KEYS.speed(layout.product, epoch, lane);
  return new CellStream(snapshot, 'speed', prefix, range, (value) => {
    const { k, s } = value as SpeedDocument;
    return { key: k, states: s };
  });
}

/** Steps through one scan; `id` is the cell's key without the prefix. */
class CellStream {
  id = '';
  part!: Part;
  private chunk: readonly { readonly key: string; readonly value: unknown }[] = [];
  private at = 0;
  private readonly chunks: AsyncIterator<readonly { readonly key: string; readonly value: unknown }[]>;

  constructor(
    snapshot: StoreSnapshot,
    table: StoreTable,
    private readonly prefix: string,
    range: CellRange,
    private readonly read: (value: unknown) => Part | undefined,
  ) {
    const bounds = {
      gte: prefix + range.gte,
      lt: prefix + range.lt,
      reverse: range.reverse === true,
      ...(range.expected !== undefined && { expected: range.expected }),
      ...(range.pattern !== undefined &&
        range.pattern !== null && { matching: prefix.replace(/[.+]/g, '\\$&') + range.pattern }),
    };
    this.chunks = snapshot.scan<unknown>(table, bounds)[Symbol.asyncIterator]();
  }

  /** Whoever stops early leaves scans open. */
  async close(): Promise<void> {
    await this.chunks.return?.();
  }

  async advance(): Promise<boolean> {
    for (;;) {
      while (this.at >= this.chunk.length) {
        const next = await this.chunks.next();
        if (next.done === true) return false;
        this.chunk = next.value;
        this.at = 0;
      }
      const entry = this.chunk[this.at++] as { key: string; value: unknown };
      const part = this.read(entry.value);
      if (part === undefined) continue;
      this.id = entry.key.slice(this.prefix.length);
      this.part = part;
      return true;
    }
  }
}

/** Single cells by their keys, merged as `cellsOf` does; undefined where a cell is in no layer. */
export async function cellsByKey(
  snapshots: LayerSnapshots,
  layout: ProductLayout,
  view: ProductView,
  ids: readonly string[],
): Promise<(MergedCell | undefined)[]> {
  const { line, generation } = view.base.pointer;
  const basePrefix = STORE_KEYS.base(layout.product, line);
  const bases = await snapshots.base.getMany<BaseDocument>(
    'base',
    ids.map((id) => basePrefix + id),
  );
  const cells: (MergedCell | undefined)[] = bases.map((document, index) => {
    const version = document && versionAt(document.v, generation);
    return (
      document &&
      version && {
        id: ids[index] as string,
        key: document.k,
        states: version.s,
        base: version,
        inSpeed: false,
      }
    );
  });
  const prefixes = [...view.speed.lanes.values()].flatMap(({ number, reach }) =>
    reach.epochs.map((epoch) => STORE_KEYS.speed(layout.product, epoch, number)),
  );
  const documents = await snapshots.speed.getMany<SpeedDocument>(
    'speed',
    prefixes.flatMap((prefix) => ids.map((id) => prefix + id)),
  );
  documents.forEach((document, at) => {
    if (document === undefined) return;
    const index = at % ids.length;
    const cell = cells[index];
    const states = cell ? mergeStates(layout.plan.states, cell.states, document.s) : document.s;
    cells[index] = { id: ids[index] as string, key: document.k, states, base: cell?.base, inSpeed: true };
  });
  return cells;
}
