/** What the specs land: a product that counts the orders of each customer and hour, and what is served of it. */
import type { MemoryStore } from '@tenon/testing';
import type { CommitMessage, FlushFrame, SliceFrame, WireCell } from '@tenon/contracts';
import { FrameWriter, STORE_KEYS, VERSIONS, encodeMessage, pointerDocument } from '@tenon/contracts';
import type { LedgerCounts, Plan, Pointer, SourceDefinition, Topology, Value } from '@tenon/domain';
import { EMPTY_LEDGER, cellKey, emptyPointer, formatTimestamp } from '@tenon/domain';
import type { ProductLayout } from '@tenon/views';
import { ALL_CELLS, cellsOf, inOneStore, layoutOf, withView } from '@tenon/views';
import type { WholeFlush } from '../landing/flushes';

export const SOURCE: SourceDefinition = {
  name: 'orders',
  key: [],
  time: null,
  schema: true,
  partitions: 2,
  dedupe: { window: 10 },
};

export const HOUR = 3_600_000_000;

export const planOf = (fields: Partial<Plan> = {}): Plan => ({
  ...{ v: 1, product: 'sales', version: 1, source: 'orders', topology: 'lambda' as Topology },
  ...{ retentionMicros: null, description: null, sql: '', hash: 'h1', columns: [], measures: [] },
  key: [
    { column: 'hour', type: 'TIMESTAMP' },
    { column: 'customer', type: 'VARCHAR' },
  ],
  window: { column: 'hour', sizeMicros: HOUR, sizeMonths: 0 },
  states: [{ kind: 'count' }],
  engine: { columns: [], partial: '', rows: null, finalize: null },
  ...fields,
});

export const layoutFor = (fields: Partial<Plan> = {}, partitions = SOURCE.partitions): ProductLayout =>
  layoutOf(planOf(fields), [{ ...SOURCE, partitions }]);

export const LAYOUT = layoutFor();
export const PRODUCT = LAYOUT.product;

export const ledger = (aggregated: number): LedgerCounts => ({ ...EMPTY_LEDGER, aggregated });

const keyOf = (customer: string, hour = 0): readonly Value[] => [formatTimestamp(hour * HOUR), customer];

export const idOfCell = (customer: string, hour = 0) => cellKey(LAYOUT.types, keyOf(customer, hour));

/** A cell of a customer and hour that has `count` orders. */
export const cell = (customer: string, count: number, hour = 0): WireCell => ({
  id: idOfCell(customer, hour),
  key: JSON.stringify(keyOf(customer, hour)),
  states: `[${count}]`,
});

/** Customer → count, all of hour 0. */
export const cells = (counts: Readonly<Record<string, number>>): WireCell[] =>
  Object.entries(counts).map(([customer, count]) => cell(customer, count));

/** When barriers are appended: some time after the windows, milliseconds. */
export const BARRIER_AT = 10 * 24 * 3_600_000;

type EndOfFlush = Omit<NonNullable<FlushFrame['end']>, 'frames' | 'cells'>;
export type FlushFields = Partial<Omit<FlushFrame, 'end'>> & {
  readonly to: number;
  readonly end?: Partial<EndOfFlush>;
};

/** A flush of the first epoch of partition 0 from its beginning, unless it says otherwise. */
export function flushOf({ end, ...fields }: FlushFields): FlushFrame {
  const head = { v: VERSIONS.flush.writes, type: 'flush' as const, product: PRODUCT, hash: 'h1' };
  const place = { source: 'orders', partition: 0, epoch: 0, start: 0, from: 0, ...fields };
  const mark = {
    closed: false,
    closedAt: end?.closed === true ? BARRIER_AT : null,
    ledger: ledger(place.to - place.start),
    watermark: null,
    next: place.epoch + 1,
  };
  const id = `${place.partition}/${place.epoch}/${place.from}-${place.to}`;
  return { ...head, id, seq: 0, ...place, end: { frames: 1, cells: 0, ...mark, ...end } };
}

export const whole = (fields: FlushFields, counts: Readonly<Record<string, number>> = {}): WholeFlush => ({
  message: flushOf(fields),
  cells: cells(counts),
});

/** The records of a flush. */
export function flushRecords(
  fields: FlushFields,
  some: readonly WireCell[],
  cellsOfFrame = 1000,
): Uint8Array[] {
  const { end, seq: _seq, v: _v, ...head } = flushOf(fields);
  const writer = new FrameWriter<FlushFrame>(head, cellsOfFrame);
  return [...framesOf(writer, some), writer.finish(end as EndOfFlush)];
}

export type RangeFields = Partial<
  Pick<SliceFrame, 'product' | 'hash' | 'range' | 'full' | 'line' | 'from' | 'to'>
>;

/** Epoch 0 for the first generation, unless it says otherwise. */
const rangeOf = (fields: RangeFields) => ({
  ...{ product: PRODUCT, hash: 'h1', range: 'r', full: false, line: 0, from: 0, to: 1 },
  ...fields,
});

export const sliceOf = (slice: number, fields: RangeFields = {}): SliceFrame => {
  const range = rangeOf(fields);
  return { ...range, v: VERSIONS.slice.writes, type: 'slice', id: `${range.range}/${slice}`, seq: 0, slice };
};

/** The records of a slice. */
export function sliceRecords(
  slice: number,
  fields: RangeFields,
  some: readonly WireCell[],
  cellsOfFrame = 1000,
): Uint8Array[] {
  const { seq: _seq, v: _v, ...head } = sliceOf(slice, fields);
  const writer = new FrameWriter<SliceFrame>(head, cellsOfFrame);
  return [...framesOf(writer, some), writer.finish({})];
}

function framesOf<F extends FlushFrame | SliceFrame>(
  writer: FrameWriter<F>,
  some: readonly WireCell[],
): Uint8Array[] {
  return some.flatMap((one) => writer.add(one) ?? []);
}

export type CommitFields = RangeFields &
  Partial<Pick<CommitMessage, 'cut' | 'epochs' | 'barriers' | 'ledger' | 'watermark'>>;

/** The cut lies at offset 10 × generation in both lanes. */
export function commitOf(slices: number, fields: CommitFields = {}): CommitMessage {
  const range = rangeOf(fields);
  const { to } = range;
  return {
    ...{ v: VERSIONS.commit.writes, type: 'commit', slices },
    ...{ cut: { 'orders/0': 10 * to, 'orders/1': 10 * to }, epochs: { 'orders/0': to, 'orders/1': to } },
    ...{ barriers: { 'orders/0': BARRIER_AT, 'orders/1': BARRIER_AT } },
    ...{ ledger: ledger(20 * (to - range.from)), watermark: null },
    ...range,
    ...fields,
  };
}

export const commitRecord = (slices: number, fields: CommitFields = {}): Uint8Array =>
  encodeMessage<CommitMessage>(commitOf(slices, fields));

export const pointerOf = (fields: Partial<Pointer> = {}): Pointer => ({ ...emptyPointer('h1'), ...fields });

export const servePointer = (store: MemoryStore, fields: Partial<Pointer>): Promise<void> =>
  store.put('meta', STORE_KEYS.pointer(PRODUCT), pointerDocument(pointerOf(fields)));

/** The pointer that stands in the store. */
export const servedPointer = (store: MemoryStore): Partial<Pointer> =>
  store.get<Pointer>('meta', STORE_KEYS.pointer(PRODUCT)) ?? {};

/** Customer → count, as a reader sees them now; with the hour where it is not 0. */
export const rows = (
  store: MemoryStore,
  layout = LAYOUT,
  layer: Parameters<typeof cellsOf>[3] = 'merged',
): Promise<Record<string, number>> =>
  withView(inOneStore(store), layout, async (view, snapshots) => {
    const found: Record<string, number> = {};
    for await (const { key, states } of cellsOf(snapshots, layout, view, layer, ALL_CELLS)) {
      const hour = (Date.parse(String(key[0])) * 1000) / HOUR;
      found[`${String(key[1])}${hour === 0 ? '' : `@${hour}`}`] = Number(states[0]);
    }
    return found;
  });
