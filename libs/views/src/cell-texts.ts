/**
 * The documents of a view's cells, as texts, in key order: those of base and of all speed epochs that count, cell by cell. Each
 * stream reads about as much as is asked for, and of a question about dimensions only what stands under their heads.
 */
import { STORE_KEYS, keyAfter } from '@tenon/contracts';
import type { Epoch, Generation, LandedPart } from '@tenon/domain';
import { isClosedBefore } from '@tenon/domain';
import type { StoreSnapshot, StoreTable, StoreText, TextRange } from '@tenon/ports';
import type { ProductLayout } from './layout';
import type { LayerSnapshots } from './open-view';
import type { CellPath, CellRange } from './question';
import { pathOf } from './question';
import type { LaneView, ProductView } from './view';
import { partsOf, prefixOf } from './view';

export type Layer = 'merged' | 'batch' | 'speed';

/** A cell's documents. */
export interface CellTexts {
  /** The `cellKey`. */
  readonly id: string;
  /** Of the base view, which may hold only versions that are not served yet. */
  readonly base: string | undefined;
  /** Of speed, by lane and epoch. */
  readonly speed: readonly string[];
  /** Of a generation of before: what later folds took out of the base document, the latest first. */
  readonly past?: readonly string[];
}

/** Documents that a stream reads at a time, at most. */
const MOST = 500;

/** Where documents of a product stand: the base view's, or those of one epoch and lane. */
interface Place {
  readonly kind: 'base' | 'past' | 'speed';
  readonly table: StoreTable;
  readonly prefix: string;
  /** They stand in the product's orders too. */
  readonly ordered: boolean;
}

function placesIn(
  { base: baseSnapshot, speed: speedSnapshot }: LayerSnapshots,
  layout: ProductLayout,
  view: ProductView,
  layer: Layer,
  counts: (epoch: Epoch) => boolean,
): Place[] {
  const places: Place[] = [];
  const { line, generation, orders } = view.base.pointer;
  if (layer !== 'speed' && generation > 0) {
    places.push({
      ...{ kind: 'base', table: 'base', prefix: STORE_KEYS.base(layout.product, line) },
      ordered: baseSnapshot.ordered && orders === layout.ordersMark,
    });
    for (const fold of view.past ?? [])
      places.push({
        ...{ kind: 'past', table: 'base', prefix: STORE_KEYS.past(layout.product, line, fold) },
        ordered: false,
      });
  }
  if (layer !== 'batch')
    for (const lane of view.speed.lanes.values())
      for (const part of partsOf(lane))
        if (counts(part.epoch)) places.push(placeOf(layout, speedSnapshot, lane, part));
  return places;
}

const placeOf = (
  layout: ProductLayout,
  snapshot: StoreSnapshot,
  lane: LaneView,
  part: LandedPart,
): Place => ({
  kind: 'speed',
  table: 'speed',
  prefix: prefixOf(layout, lane.number, part),
  ordered: snapshot.ordered && part.orders === layout.ordersMark,
});

const EACH = (): boolean => true;

/** The cells of a range in some pieces. Cells of which no version is served may be among them. */
export function cellTexts(
  snapshots: LayerSnapshots,
  layout: ProductLayout,
  view: ProductView,
  layer: Layer,
  range: CellRange,
): AsyncGenerator<readonly CellTexts[]> {
  const path = pathOf(layout, range);
  if (path.ids === null)
    return textsAlong(snapshots, placesIn(snapshots, layout, view, layer, EACH), path, range);
  return found(textsByKey(snapshots, layout, view, path.ids, layer));
}

async function* found(texts: Promise<(CellTexts | undefined)[]>): AsyncGenerator<readonly CellTexts[]> {
  const cells = (await texts).filter((one) => one !== undefined);
  if (cells.length > 0) yield cells;
}

/** The same of the closed speed epochs that generation `before` holds. */
export function closedTexts(
  snapshot: StoreSnapshot,
  layout: ProductLayout,
  view: ProductView,
  before: Generation,
  range: CellRange,
): AsyncGenerator<readonly CellTexts[]> {
  const snapshots = { base: snapshot, speed: snapshot };
  const places = placesIn(snapshots, layout, view, 'speed', (epoch) => isClosedBefore(epoch, before));
  return textsAlong(snapshots, places, pathOf(layout, range), range);
}

/** The same of some parts of a lane. */
export function textsOfParts(
  snapshot: StoreSnapshot,
  layout: ProductLayout,
  lane: LaneView,
  parts: readonly LandedPart[],
  range: CellRange,
): AsyncGenerator<readonly CellTexts[]> {
  const places = parts.map((part) => placeOf(layout, snapshot, lane, part));
  return textsAlong({ base: snapshot, speed: snapshot }, places, pathOf(layout, range), range);
}

/** Single cells by their keys; undefined where a cell has no document. */
export async function textsByKey(
  snapshots: LayerSnapshots,
  layout: ProductLayout,
  view: ProductView,
  ids: readonly string[],
  layer: Layer = 'merged',
): Promise<(CellTexts | undefined)[]> {
  const speeds: string[][] = ids.map(() => []);
  const pasts: string[][] = ids.map(() => []);
  const places = placesIn(snapshots, layout, view, layer, EACH);
  const keysAt = (kind: Place['kind']) =>
    places.filter((one) => one.kind === kind).flatMap(({ prefix }) => ids.map((id) => prefix + id));
  const pastKeys = keysAt('past');
  const [bases, speed, past] = await Promise.all([
    snapshots.base.textsOf('base', keysAt('base')),
    snapshots.speed.textsOf('speed', keysAt('speed')),
    pastKeys.length === 0 ? [] : snapshots.base.textsOf('base', pastKeys),
  ]);
  const gather = (texts: readonly (string | undefined)[], by: string[][]) =>
    texts.forEach((text, at) => {
      if (text !== undefined) by[at % ids.length]?.push(text);
    });
  gather(speed, speeds);
  gather(past, pasts);
  return ids.map((id, index) => {
    const base = bases[index];
    const [of, out] = [speeds[index] ?? [], pasts[index] ?? []];
    if (base === undefined && of.length === 0 && out.length === 0) return undefined;
    return { id, base, speed: of, ...(out.length > 0 && { past: out }) };
  });
}

async function* textsAlong(
  snapshots: LayerSnapshots,
  places: readonly Place[],
  path: CellPath,
  range: CellRange,
): AsyncGenerator<readonly CellTexts[]> {
  const reverse = range.reverse === true;
  let open = places.flatMap((place) => streamsAt(place, path, range));
  let most = Math.min(MOST, Math.max(1, range.expected ?? MOST));
  for (;;) {
    const dry = open.filter((stream) => stream.isDry && !stream.isOver);
    if (dry.length > 0) await fill(snapshots, dry, most);
    most = Math.min(MOST, most * 2);
    open = open.filter((stream) => !stream.isDry);
    if (open.length === 0) return;
    yield open.length === 1 ? (open[0] as CellStream).rest() : mergeWhileFull(open, reverse);
  }
}

/** What none of the streams has to be filled for. */
function mergeWhileFull(open: readonly CellStream[], reverse: boolean): CellTexts[] {
  const cells: CellTexts[] = [];
  for (;;) {
    let id = (open[0] as CellStream).id;
    for (const stream of open) if (reverse ? stream.id > id : stream.id < id) id = stream.id;
    let base: string | undefined;
    const speed: string[] = [];
    let past: string[] | undefined;
    let isDry = false;
    for (const stream of open) {
      if (stream.id !== id) continue;
      if (stream.kind === 'base') base = stream.text;
      else if (stream.kind === 'speed') speed.push(stream.text);
      else (past ??= []).push(stream.text);
      stream.advance();
      if (stream.isDry) isDry = true;
    }
    cells.push(past === undefined ? { id, base, speed } : { id, base, speed, past });
    // A stream that is over is dry as well: the caller looks which ones go on.
    if (isDry) return cells;
  }
}

async function fill(snapshots: LayerSnapshots, dry: readonly CellStream[], most: number): Promise<void> {
  const ranges = dry.map((stream) => stream.next(most));
  if (snapshots.base === snapshots.speed) {
    const texts = await snapshots.base.texts(ranges);
    dry.forEach((stream, index) => stream.take(texts[index] ?? [], most));
    return;
  }
  await Promise.all(
    dry.map(async (stream, index) => {
      const from = stream.kind === 'speed' ? snapshots.speed : snapshots.base;
      stream.take((await from.texts([ranges[index] as TextRange]))[0] ?? [], most);
    }),
  );
}

function streamsAt({ kind, table, prefix, ordered }: Place, path: CellPath, range: CellRange): CellStream[] {
  const stream = (pattern: string | null | undefined, under?: TextRange['under']) =>
    new CellStream(kind, prefix, {
      ...{ table, gte: prefix + path.gte, lt: prefix + path.lt, reverse: range.reverse === true },
      ...(pattern !== null &&
        pattern !== undefined && { matching: prefix.replace(/[.+]/g, '\\$&') + pattern }),
      ...(under !== undefined && { under }),
    });
  if (path.under === null) return [stream(path.pattern)];
  // As a store of the release before has it: the pattern alone finds the cells.
  if (!ordered) return [stream(range.pattern)];
  const { order, heads } = path.under;
  return heads.map((head) => stream(path.pattern, { order, at: prefix.length, head }));
}

/** Steps through the documents of one place; `id` is the cell's key. */
class CellStream {
  id = '';
  text = '';
  isDry = true;
  isOver = false;
  private buffer: readonly StoreText[] = [];
  private at = 0;
  private last: string | null = null;

  constructor(
    readonly kind: Place['kind'],
    private readonly prefix: string,
    private readonly range: Omit<TextRange, 'limit'>,
  ) {}

  /** What is to be read next. */
  next(limit: number): TextRange {
    const { last, range } = this;
    if (last === null) return { ...range, limit };
    return range.reverse === true ? { ...range, lt: last, limit } : { ...range, gte: keyAfter(last), limit };
  }

  take(texts: readonly StoreText[], limit: number): void {
    this.buffer = texts;
    this.at = -1;
    this.last = texts.at(-1)?.key ?? this.last;
    this.isOver = texts.length < limit;
    this.advance();
  }

  advance(): void {
    this.at += 1;
    const next = this.buffer[this.at];
    this.isDry = next === undefined;
    if (next === undefined) return;
    this.id = next.key.slice(this.prefix.length);
    this.text = next.json;
  }

  /** All that is read, of a stream that is alone. */
  rest(): CellTexts[] {
    const cells: CellTexts[] = [];
    const from = this.prefix.length;
    for (let at = this.at; at < this.buffer.length; at++) {
      const { key, json } = this.buffer[at] as StoreText;
      const id = key.slice(from);
      if (this.kind === 'base') cells.push({ id, base: json, speed: [] });
      else if (this.kind === 'speed') cells.push({ id, base: undefined, speed: [json] });
      else cells.push({ id, base: undefined, speed: [], past: [json] });
    }
    this.at = this.buffer.length;
    this.isDry = true;
    return cells;
  }
}
