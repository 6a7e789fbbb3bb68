/** What differs between two versions of a product, or two generations of one. */
import type { Plan } from '@tenon/domain';
import { Unavailable } from '@tenon/errors';
import type { Engine } from '@tenon/ports';
import type { CellTexts, LayerStores, ProductView } from '@tenon/views';
import { ALL_CELLS, cellTexts, mergedCell, withView } from '@tenon/views';
import type { ComparedSide } from './compare';
import { compareCells } from './compare';
import type { ColumnDifference, Counts, DifferenceKind, RowDifference } from './row-differences';
import { sameCells } from './same-cells';
import type { AskedSide, ChosenSide } from './sides';
import { areAtEqualOffsets, chooseSides, describeSide, sight } from './sides';

export interface DiffDeps {
  /** Where the layers of a product are. */
  readonly stores: (plan: Plan) => LayerStores;
  readonly engine: Pick<Engine, 'finalize'>;
}

export interface DiffOptions {
  /** The column whose differences come first by size; absent: see `RankOptions`. */
  readonly by?: string;
  /** Differences in full, at most. */
  readonly limit: number;
  /** Of this kind alone; absent: of each. */
  readonly kind?: DifferenceKind;
  readonly signal?: AbortSignal;
  /** Of the cuts that both keep, those from here on, milliseconds since the epoch; absent: all. */
  readonly notBefore?: number;
}

/** The answer of `GET /v1/products/{name}/diff`. */
export interface DiffAnswer {
  readonly product: string;
  readonly a: Readonly<Record<string, unknown>>;
  readonly b: Readonly<Record<string, unknown>>;
  /** `equal`: both include the same records, so what differs is what they make of them. */
  readonly offsets: 'equal' | 'different';
  readonly counts: Counts & { readonly different: number };
  readonly by: string | null;
  readonly columns: readonly ColumnDifference[];
  /** Columns that only one has. */
  readonly columnsOnlyA: readonly string[];
  readonly columnsOnlyB: readonly string[];
  readonly rows: readonly RowDifference[];
  /** There are more differences, of the kind that was asked for, than `rows` names. */
  readonly more: boolean;
}

/**
 * Compares two versions at the same offsets: where both include the same now, as of now, else at the newest cut that both keep.
 *
 * @throws HttpProblem see `chooseSides`; Unavailable with the store of a layer away
 */
export function diffVersions(
  { stores, engine }: DiffDeps,
  a: AskedSide,
  b: AskedSide,
  options: DiffOptions,
): Promise<DiffAnswer> {
  return withView(stores(a.layout.plan), a.layout, (nowA, snapshotsA) =>
    withView(stores(b.layout.plan), b.layout, async (nowB, snapshotsB) => {
      const missing = nowA.missing ?? nowB.missing;
      // A difference to a part of a product says nothing.
      if (missing !== undefined) throw new Unavailable(missing.reason);
      const seen = [
        await sight(a.layout, nowA, snapshotsA),
        await sight(b.layout, nowB, snapshotsB),
      ] as const;
      const [left, right] = chooseSides(seen, [a.asOf, b.asOf], options.notBefore);
      const { by = null, limit, kind, signal } = options;
      const horizon = Math.max(...[left, right].map(({ view }) => view.base.pointer.horizon ?? -Infinity));
      const compared = await compareCells(engine, sideOf(left, horizon), sideOf(right, horizon), {
        ...{ by, most: limit, areSame: sameCells(left, right, horizon) },
        ...(kind !== undefined && { kind }),
        ...(signal && { signal }),
      });
      return answerOf(left, right, by, kind, compared);
    }),
  );
}

/** @param horizon rows that are past the retention of either are in neither */
function sideOf({ layout, view, snapshots }: ChosenSide, horizon: number): ComparedSide<CellTexts> {
  const shown = beyond(view, horizon);
  return {
    plan: layout.plan,
    pieces: cellTexts(snapshots, layout, shown, 'merged', ALL_CELLS),
    merged: (texts) => mergedCell(snapshots, layout, shown, texts),
  };
}

const beyond = (view: ProductView, horizon: number): ProductView =>
  Number.isFinite(horizon)
    ? { ...view, base: { ...view.base, pointer: { ...view.base.pointer, horizon } } }
    : view;

function answerOf(
  left: ChosenSide,
  right: ChosenSide,
  by: string | null,
  kind: DifferenceKind | undefined,
  { counts, columns, rows }: Awaited<ReturnType<typeof compareCells>>,
): DiffAnswer {
  const [a, b] = [left.layout.plan, right.layout.plan];
  const different = counts.changed + counts.onlyA + counts.onlyB;
  return {
    product: a.product,
    ...{ a: describeSide(left), b: describeSide(right) },
    offsets: areAtEqualOffsets(left, right) ? 'equal' : 'different',
    ...{ counts: { ...counts, different }, by, columns },
    ...{ columnsOnlyA: columnsOnlyIn(a, b), columnsOnlyB: columnsOnlyIn(b, a) },
    ...{ rows, more: (kind === undefined ? different : counts[kind]) > rows.length },
  };
}

/** Columns that only `a` has. */
export const columnsOnlyIn = (a: Plan, b: Plan) =>
  a.columns.map(({ name }) => name).filter((name) => !b.columns.some((one) => one.name === name));
