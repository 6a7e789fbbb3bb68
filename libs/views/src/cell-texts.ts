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

/** A cell's documents, as they stand in the stores: `mergedCell` reads them. */
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

/** Most cells have no document of speed. */
const NONE: readonly string[] = [];

/** The places of a view follow from it, so they are made once for each. */
const known = new WeakMap<ProductView, Map<string, Place[]>>();

function allPlaces(
  snapshots: LayerSnapshots,
  layout: ProductLayout,
  view: ProductView,
  layer: Layer,
): readonly Place[] {
  let ofView = known.get(view);
  if (ofView === undefined) known.set(view, (ofView = new Map<string, Place[]>()));
  const name = layer + (snapshots.base.ordered ? '+' : '-') + (snapshots.speed.ordered ? '+' : '-');
  let places = ofView.get(name);
  if (places === undefined) ofView.set(name, (places = placesIn(snapshots, layout, view, layer, EACH)));
  return places;
}

/** The cells of a range in some pieces. Cells of which no version is served may be among them. */
export function cellTexts(
  snapshots: LayerSnapshots,
  layout: ProductLayout,
  view: ProductView,
  layer: Layer,
  range: CellRange,
): AsyncGenerator<readonly CellTexts[]> {
  const path = knownPath(layout, range);
  if (path.ids === null) return textsAlong(snapshots, allPlaces(snapshots, layout, view, layer), path, range);
  return found(textsByKey(snapshots, layout, view, path.ids, layer));
}

/** Of a range that is asked for again the path is known. */
const paths = new WeakMap<CellRange, { readonly layout: ProductLayout; readonly path: CellPath }>();

function knownPath(layout: ProductLayout, range: CellRange): CellPath {
  const found = paths.get(range);
  if (found?.layout === layout) return found.path;
  const path = pathOf(layout, range);
  paths.set(range, { layout, path });
  return path;
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
  const places = allPlaces(snapshots, layout, view, layer);
  const keys: Readonly<Record<Place['kind'], string[]>> = { base: [], speed: [], past: [] };
  for (const { kind, prefix } of places) for (const id of ids) keys[kind].push(prefix + id);
  const [bases, speeds, pasts] = await Promise.all([
    snapshots.base.textsOf('base', keys.base),
    snapshots.speed.textsOf('speed', keys.speed),
    keys.past.length === 0 ? NONE : snapshots.base.textsOf('base', keys.past),
  ]);
  return ids.map((id, index) => {
    const base = bases[index];
    const speed = everyNth(speeds, index, ids.length);
    const past = everyNth(pasts, index, ids.length);
    if (base === undefined && speed === NONE && past === NONE) return undefined;
    return past === NONE ? { id, base, speed } : { id, base, speed, past };
  });
}

/** What there is of one cell among the texts of several places. */
function everyNth(texts: readonly (string | undefined)[], from: number, step: number): readonly string[] {
  let found: string[] | null = null;
  for (let at = from; at < texts.length; at += step) {
    const text = texts[at];
    if (text !== undefined) (found ??= []).push(text);
  }
  return found ?? NONE;
}

async function* textsAlong(
  snapshots: LayerSnapshots,
  places: readonly Place[],
  path: CellPath,
  range: CellRange,
): AsyncGenerator<readonly CellTexts[]> {
  const reverse = range.reverse === true;
  let open: CellStream[] = [];
  for (const place of places) addStreams(open, place, path, range);
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
    let speed: string[] | null = null;
    let past: string[] | undefined;
    let isDry = false;
    for (const stream of open) {
      if (stream.id !== id) continue;
      if (stream.kind === 'base') base = stream.text;
      else if (stream.kind === 'past') (past ??= []).push(stream.text);
      else if (speed === null) speed = [stream.text];
      else speed.push(stream.text);
      stream.advance();
      if (stream.isDry) isDry = true;
    }
    const cell = { id, base, speed: speed ?? NONE };
    cells.push(past === undefined ? cell : { ...cell, past });
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

function addStreams(
  streams: CellStream[],
  { kind, table, prefix, ordered }: Place,
  path: CellPath,
  range: CellRange,
): void {
  const bounds = { table, gte: prefix + path.gte, lt: prefix + path.lt, reverse: range.reverse === true };
  // As a store of the release before has it: the pattern alone finds the cells.
  const pattern = path.under !== null && !ordered ? (range.pattern ?? null) : path.pattern;
  if (pattern !== null) Object.assign(bounds, { matching: prefix.replace(/[.+]/g, '\\$&') + pattern });
  if (path.under === null || !ordered) return void streams.push(new CellStream(kind, prefix, bounds));
  const { order, heads } = path.under;
  for (const head of heads)
    streams.push(new CellStream(kind, prefix, { ...bounds, under: { order, at: prefix.length, head } }));
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
    this.text = next.text;
  }

  /** All that is read, of a stream that is alone. */
  rest(): CellTexts[] {
    const cells: CellTexts[] = [];
    const from = this.prefix.length;
    for (let at = this.at; at < this.buffer.length; at++) {
      const { key, text } = this.buffer[at] as StoreText;
      const id = key.slice(from);
      if (this.kind === 'base') cells.push({ id, base: text, speed: NONE });
      else if (this.kind === 'speed') cells.push({ id, base: undefined, speed: [text] });
      else cells.push({ id, base: undefined, speed: NONE, past: [text] });
    }
    this.at = this.buffer.length;
    this.isDry = true;
    return cells;
  }
}
