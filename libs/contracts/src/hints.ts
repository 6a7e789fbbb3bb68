/**
 * What travels over the bus. None of it is the only home of a fact, so a message that can't be read does no harm: a hint of
 * an unknown version means "something changed", a command of one is left to whoever asks again.
 */
import type { Generation, Lane, LaneKey, Line, Offset, Partition, ProductId } from '@tenon/domain';
import { parseProductId } from '@tenon/domain';
import { VERSIONS, unknownVersion } from './versions';

/** `tenon.live.<product>`: cells changed in the store. */
export interface LiveHint {
  readonly v: 2;
  /** Their `cellKey`s; null: too many to name, or all. */
  readonly cells: readonly string[] | null;
  /**
   * Lane → the offsets [from, to) whose events changed them. From where they join on to those of the hint before, a
   * reader sees that it has missed none.
   */
  readonly covers?: Covers;
}

export type Covers = Readonly<Record<LaneKey, readonly [from: Offset, to: Offset]>>;

/** `tenon.generation.<product>`: the pointer moved. */
export interface GenerationHint {
  readonly v?: 1;
  readonly generation: Generation;
  readonly line: Line;
}

/** A lane of which a flush went missing, or may have. */
export interface ReplayRequest extends Lane {
  /**
   * The lane stands still, and this is what has landed of it: nothing is missing if speed has flushed no more than that. Absent:
   * it is certain that a flush is missing.
   */
  readonly included?: Offset;
}

/** `tenon.replay.<product>`: a flush of this lane went missing. */
export interface ReplayHint extends ReplayRequest {
  readonly v: 2;
}

/** The same to speed of edition 2, on its subject. */
export interface ReplayHintOfEdition2 {
  readonly v: 1;
  readonly partition: Partition;
}

/** Request on `tenon.generations`. Editions 1 and 2 asked with `{}` or `{v: 1}`, and get their own forms of reply. */
export interface GenerationsRequest {
  readonly v: 2;
}

/** Reply on `tenon.generations`. */
export interface GenerationsReply {
  readonly v: 2;
  /** The generation that each product serves, as far as the replier knows. */
  readonly generations: Readonly<Record<ProductId, Generation>>;
}

/** Reply to a request of edition 2: name of the product → generation. */
export interface GenerationsReplyOfEdition2 {
  readonly v: 1;
  readonly generations: Readonly<Record<string, Generation>>;
}

/** Reply to a request without a `v`, with no room for a version. */
export type GenerationsReplyBefore = Readonly<Record<string, Generation>>;

/** Request on `tenon.versions`. */
export interface VersionsRequest {
  readonly v: 1;
  /** The name whose versions have changed. */
  readonly product: string;
}

/** Reply on `tenon.versions`: what this instance answers with from now on. */
export interface VersionsReply {
  readonly v: 1;
  /** Name → version. */
  readonly served: Readonly<Record<string, number>>;
}

export const versionsRequest = (product: string) =>
  ({ v: VERSIONS['versions-request'].writes, product }) satisfies VersionsRequest;

export const versionsReply = (served: Readonly<Record<string, number>>) =>
  ({ v: VERSIONS['versions-reply'].writes, served }) satisfies VersionsReply;

/** @returns name → version; undefined: it can't be read */
export function readVersionsReply(payload: unknown): Readonly<Record<string, unknown>> | undefined {
  const { v, served } = fieldsOf(payload);
  if (unknownVersion('versions-reply', v) !== undefined) return undefined;
  return typeof served === 'object' && served !== null ? (served as Record<string, unknown>) : undefined;
}

export const liveHint = (cells: readonly string[] | null, covers?: Covers) =>
  ({ v: VERSIONS['live-hint'].writes, cells, ...(covers !== undefined && { covers }) }) satisfies LiveHint;

export const generationHint = (generation: Generation, line: Line) =>
  ({ v: VERSIONS['generation-hint'].writes, generation, line }) satisfies GenerationHint;

export const replayHint = ({ source, partition, included }: ReplayRequest) =>
  ({
    v: VERSIONS['replay-hint'].writes,
    source,
    partition,
    ...(included !== undefined && { included }),
  }) satisfies ReplayHint;

export const replayHintOfEdition2 = (partition: Partition) =>
  ({ v: VERSIONS['replay-hint-of-edition-2'].writes, partition }) satisfies ReplayHintOfEdition2;

export const generationsRequest = () =>
  ({ v: VERSIONS['generations-request'].writes }) satisfies GenerationsRequest;

/** Replies in the form that was asked for: a requester of an edition before knows its own only. */
export function generationsReply(request: unknown, generations: Readonly<Record<ProductId, Generation>>) {
  const { v } = fieldsOf(request);
  if (v !== undefined && v !== 1)
    return { v: VERSIONS['generations-reply'].writes, generations } satisfies GenerationsReply;
  const byName = Object.fromEntries(
    Object.entries(generations).map(([id, generation]) => [parseProductId(id).name, generation]),
  );
  if (v === undefined) return byName satisfies GenerationsReplyBefore;
  return { v: 1 as const, generations: byName } satisfies GenerationsReplyOfEdition2;
}

/** @returns the cells that changed; null: any may have */
export function readLiveHint(payload: unknown): readonly string[] | null {
  const { v, cells } = fieldsOf(payload);
  if (unknownVersion('live-hint', v) !== undefined || !Array.isArray(cells)) return null;
  return cells.filter((cell): cell is string => typeof cell === 'string');
}

/** @returns what a live hint covers; undefined if it does not say, or not in a way that this release can read */
export function readCovers(payload: unknown): Covers | undefined {
  const { v, covers } = fieldsOf(payload);
  if (v !== VERSIONS['live-hint'].writes || typeof covers !== 'object' || covers === null) return undefined;
  const ranges = Object.entries(covers).filter((one): one is [string, [number, number]] => isRange(one[1]));
  return Object.fromEntries(ranges);
}

const isRange = (value: unknown) =>
  Array.isArray(value) && value.length === 2 && value.every((one) => Number.isSafeInteger(one));

/** @returns the lane to replay; undefined if this is nothing that this release can read */
export function readReplayHint(payload: unknown): ReplayRequest | undefined {
  const { v, source, partition, included } = fieldsOf(payload);
  if (v !== VERSIONS['replay-hint'].writes || typeof source !== 'string') return undefined;
  if (!Number.isSafeInteger(partition)) return undefined;
  const lane = { source, partition: partition as number };
  return Number.isSafeInteger(included) ? { ...lane, included: included as number } : lane;
}

/**
 * @param products those that are asked about: a reply of edition 2 names products without their versions
 * @returns product → generation; empty if this is nothing that this release can read
 */
export function readGenerationsReply(
  payload: unknown,
  products: readonly string[],
): Readonly<Record<string, Generation>> {
  const { v, generations } = fieldsOf(payload);
  if (typeof generations !== 'object' || generations === null) return {};
  if (unknownVersion('generations-reply', v) !== undefined) return {};
  const found = generations as Readonly<Record<string, unknown>>;
  const read = Object.entries(found).filter((one): one is [string, number] => typeof one[1] === 'number');
  const byName = read.map(
    ([id, generation]) => [v === 1 ? id : parseProductId(id).name, generation] as const,
  );
  return Object.fromEntries(byName.filter(([name]) => products.includes(name)));
}

const fieldsOf = (payload: unknown): Readonly<Record<string, unknown>> =>
  typeof payload === 'object' && payload !== null ? (payload as Readonly<Record<string, unknown>>) : {};
