/**
 * A lane is one partition of one source: the key of cuts, epochs, progress, flushes and ledgers, so that a product may read
 * several sources. Inside Tenon what belongs to lanes is a flat map; on the HTTP interface it is nested by source.
 */
import type { Offset, Partition } from './numbers';

export interface Lane {
  readonly source: string;
  readonly partition: Partition;
}

/** `<source>/<partition>`; names of sources have no `/`. */
export type LaneKey = string & { readonly __kind?: 'lane' };

/** One value for each lane. Lanes that are not there have the value's zero. */
export type Lanes<T> = Readonly<Record<LaneKey, T>>;

/** Lane → the next offset that is not included. */
export type LaneOffsets = Lanes<Offset>;

/** Partition of one source → next offset. Partitions are JSON keys, so strings. */
export type Offsets = Readonly<Record<string, Offset>>;

/** Source → partition → next offset: the form of the HTTP interface and of receipts. */
export type OffsetVector = Readonly<Record<string, Offsets>>;

export const laneKey = (source: string, partition: Partition): LaneKey => `${source}/${partition}`;

export function parseLane(key: LaneKey): Lane {
  const slash = key.lastIndexOf('/');
  return { source: key.slice(0, slash), partition: Number(key.slice(slash + 1)) };
}

/** What belongs to the partitions of one source, by lane. */
export function lanesOf<T>(source: string, partitions: Readonly<Record<string, T>>): Lanes<T> {
  return Object.fromEntries(
    Object.entries(partitions).map(([partition, value]) => [laneKey(source, Number(partition)), value]),
  );
}

export function toLanes(vector: OffsetVector): LaneOffsets {
  return Object.assign({}, ...Object.entries(vector).map(([source, offsets]) => lanesOf(source, offsets)));
}

/** @param sources those that are named even where they have no lane */
export function toVector(lanes: LaneOffsets, sources: readonly string[] = []): OffsetVector {
  // Not by name in an object: a source may be called `constructor`.
  const partitions = new Map<string, [partition: string, next: Offset][]>(
    sources.map((source) => [source, []]),
  );
  for (const [key, next] of Object.entries(lanes)) {
    const { source, partition } = parseLane(key);
    const of = partitions.get(source) ?? [];
    of.push([String(partition), next]);
    partitions.set(source, of);
  }
  return Object.fromEntries([...partitions].map(([source, of]) => [source, Object.fromEntries(of)]));
}

/** Partitions of one source at most; a source that has more is refused by the catalog. */
export const MAX_PARTITIONS = 1_000_000;

/**
 * The number of a lane among those of a product, for keys of the store: the source's place among the product's sources, then
 * the partition. Of a product's first source it is the partition.
 */
export function laneNumber(sources: readonly string[], { source, partition }: Lane): number {
  const place = sources.indexOf(source);
  if (place < 0) throw new RangeError(`${source} is none of ${sources.join(', ')}.`);
  return place * MAX_PARTITIONS + partition;
}

/** The inverse of `laneNumber`; undefined for a number that it does not give. */
export function laneOfNumber(sources: readonly string[], number: number): Lane | undefined {
  const source = sources[Math.floor(number / MAX_PARTITIONS)];
  return source === undefined ? undefined : { source, partition: number % MAX_PARTITIONS };
}
