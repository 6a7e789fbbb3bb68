/** What a diff compares: two views of a product that include the same records, or two generations of one version. */
import type { LaneOffsets, Pointer } from '@tenon/domain';
import { formatTimestamp, keptBy, keptGenerations, ledgerTotal, toVector } from '@tenon/domain';
import { HttpProblem } from '@tenon/errors';
import type { LayerSnapshots, ProductLayout, ProductView } from '@tenon/views';
import { hasGap, includedIn, ledgerOf, pastView, readKept } from '@tenon/views';
import { meantBy, parseAsOf } from '../as-of';

/** A version, and which generation of it is meant; absent: one that has the same records as the other side. */
export interface AskedSide {
  readonly layout: ProductLayout;
  readonly asOf: string | null;
}

/** A version as it is now, and what of it can be read. */
export interface Sighted {
  readonly layout: ProductLayout;
  readonly now: ProductView;
  readonly readable: readonly Pointer[];
  readonly snapshots: LayerSnapshots;
}

export interface ChosenSide extends Sighted {
  readonly view: ProductView;
}

/** `12`, `12@7` (generation 7 of version 12), `@7` (of the version that is served). @throws HttpProblem 400 */
export function parseSide(parameter: string, text: string): { version: number | null; asOf: string | null } {
  const [, version = '', asOf] = /^(\d{0,6})(?:@(.+))?$/.exec(text) ?? [];
  if (version === '' && asOf === undefined)
    throw new HttpProblem(
      400,
      'bad-parameter',
      `${parameter} is a version (2), a generation of one (2@14), or one of the version that is served (@14).`,
      { parameter },
    );
  return { version: version === '' ? null : Number(version), asOf: asOf ?? null };
}

export async function sight(
  layout: ProductLayout,
  now: ProductView,
  snapshots: LayerSnapshots,
): Promise<Sighted> {
  const kept = await readKept(snapshots.base, layout);
  return { layout, now, readable: keptBy(now.base.pointer, kept, keptGenerations(layout.plan)), snapshots };
}

const isSame = (a: LaneOffsets, b: LaneOffsets): boolean =>
  [...new Set([...Object.keys(a), ...Object.keys(b)])].every((lane) => (a[lane] ?? 0) === (b[lane] ?? 0));

/**
 * Two versions are compared at equal offsets only: a difference is one of what they say, and not of what they have read.
 *
 * @throws HttpProblem 409 `diff-apart` where they have no such offsets (yet), 422 `diff-keys` where rows can't be matched, and
 * what `asOf` is refused with
 * @param notBefore cuts from before say nothing, milliseconds since the epoch
 */
export function chooseSides(
  [a, b]: readonly [Sighted, Sighted],
  [asOfA, asOfB]: readonly [string | null, string | null],
  notBefore = 0,
): readonly [ChosenSide, ChosenSide] {
  mustMatch(a.layout, b.layout);
  const isOne = a.layout.product === b.layout.product;
  if (isOne && asOfA === null && asOfB === null)
    throw new HttpProblem(
      400,
      'bad-parameter',
      'A version is the same as itself: say which generation of it.',
      {
        parameter: 'b',
      },
    );
  if (asOfA !== null || asOfB !== null) {
    const left = asOfA === null ? null : viewAt(a, asOfA);
    const right = asOfB === null ? null : viewAt(b, asOfB);
    if (isOne || (left !== null && right !== null))
      return [
        { ...a, view: left ?? a.now },
        { ...b, view: right ?? b.now },
      ];
    return left === null
      ? [
          { ...a, view: viewWith(a, right as ProductView, b) },
          { ...b, view: right as ProductView },
        ]
      : [
          { ...a, view: left },
          { ...b, view: viewWith(b, left, a) },
        ];
  }
  if (!hasGap(a.now) && !hasGap(b.now) && isSame(includedIn(a.now), includedIn(b.now)))
    return [
      { ...a, view: a.now },
      { ...b, view: b.now },
    ];
  for (const pointer of a.readable.filter(({ at }) => at >= notBefore)) {
    const same = b.readable.find(({ cut }) => isSame(cut, pointer.cut));
    if (same !== undefined)
      return [
        { ...a, view: pastView(a.layout, a.readable, pointer) },
        { ...b, view: pastView(b.layout, b.readable, same) },
      ];
  }
  throw apart(a, b);
}

function viewAt(side: Sighted, asOf: string): ProductView {
  const meant = meantBy(parseAsOf(asOf), 'merged', side.layout, side.readable, side.now);
  return meant === 'now' ? side.now : pastView(side.layout, side.readable, meant.pointer);
}

function viewWith(side: Sighted, other: ProductView, otherSide: Sighted): ProductView {
  const wanted = includedIn(other);
  const pointer = side.readable.find(({ cut }) => isSame(cut, wanted));
  if (pointer !== undefined) return pastView(side.layout, side.readable, pointer);
  if (isSame(includedIn(side.now), wanted) && !hasGap(side.now)) return side.now;
  throw apart(side, otherSide);
}

function apart(a: Sighted, b: Sighted): HttpProblem {
  const say = ({ layout, readable }: Sighted) =>
    `v${layout.plan.version} ${readable.length === 0 ? 'none' : readable.map(({ generation }) => generation).join(', ')}`;
  return new HttpProblem(
    409,
    'diff-apart',
    `The two have no cut in common that is kept (generations: ${say(a)}; ${say(b)}). Once both have passed the next cut they have.`,
    {},
    { 'retry-after': '2' },
  );
}

/** Rows are matched by their keys: these must be the same columns, of the same types, in the same order. */
function mustMatch(a: ProductLayout, b: ProductLayout): void {
  const keysOf = ({ plan }: ProductLayout) =>
    plan.key.map(({ column, type }) => `${column ?? 'a hidden key'} ${type}`).join(', ') || 'none';
  if (keysOf(a) !== keysOf(b))
    throw new HttpProblem(
      422,
      'diff-keys',
      `Rows of v${a.plan.version} (keys: ${keysOf(a)}) and v${b.plan.version} (keys: ${keysOf(b)}) can't be matched.`,
    );
  if (a.sources.join() !== b.sources.join())
    throw new HttpProblem(
      422,
      'diff-sources',
      `v${a.plan.version} reads ${a.sources.join(', ')}, v${b.plan.version} ${b.sources.join(', ')}: they have no offsets in common.`,
    );
}

/** What a side is, as the answer names it. */
export function describeSide({ layout, view }: ChosenSide): Record<string, unknown> {
  const { generation, line, cut, at } = view.base.pointer;
  const ledger = ledgerOf(view);
  return {
    ...{ version: layout.plan.version, generation, line },
    ...(view.past !== undefined && { servedAt: formatTimestamp(at * 1000) }),
    ...{ cut: toVector(cut, layout.sources), included: toVector(includedIn(view), layout.sources) },
    events: ledgerTotal(ledger) - ledger.control,
  };
}

export const areAtEqualOffsets = (a: ChosenSide, b: ChosenSide): boolean =>
  isSame(includedIn(a.view), includedIn(b.view));
