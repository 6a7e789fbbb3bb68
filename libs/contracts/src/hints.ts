/**
 * What travels over the bus. None of it is the only home of a fact, so a message that can't be read does no harm: a hint of
 * an unknown version means "something changed", a command of one is left to whoever asks again.
 */
import { VERSIONS, unknownVersion } from './versions';

/** `tenon.live.<product>`: cells changed in the store. */
export interface LiveHint {
  readonly v?: 1;
  /** Their `cellKey`s; null: too many to name, or all. */
  readonly cells: readonly string[] | null;
  /**
   * Partition → the offsets [from, to) whose events changed them. From where they join on to those of the hint before, a
   * reader sees that it has missed none.
   */
  readonly covers?: Covers;
}

export type Covers = Readonly<Record<string, readonly [from: number, to: number]>>;

/** `tenon.generation.<product>`: the pointer moved. */
export interface GenerationHint {
  readonly v?: 1;
  readonly generation: number;
  readonly line: number;
}

/** `tenon.replay.<product>`: a flush of this partition went missing. */
export interface ReplayHint {
  readonly v?: 1;
  readonly partition: number;
}

/** Request on `tenon.generations`. Edition 1 asked with `{}`, and gets its own form of reply. */
export interface GenerationsRequest {
  readonly v?: 1;
}

/** Reply on `tenon.generations`, to a request that has a `v`. */
export interface GenerationsReply {
  readonly v: 1;
  /** Product → the generation that is served, as far as the replier knows. */
  readonly generations: Readonly<Record<string, number>>;
}

/** Reply to a request without a `v`: product → generation, with no room for a version. */
export type GenerationsReplyBefore = Readonly<Record<string, number>>;

export const liveHint = (cells: readonly string[] | null, covers?: Covers) =>
  ({ v: VERSIONS['live-hint'].writes, cells, ...(covers !== undefined && { covers }) }) satisfies LiveHint;

export const generationHint = (generation: number, line: number) =>
  ({ v: VERSIONS['generation-hint'].writes, generation, line }) satisfies GenerationHint;

export const replayHint = (partition: number) =>
  ({ v: VERSIONS['replay-hint'].writes, partition }) satisfies ReplayHint;

export const generationsRequest = () =>
  ({ v: VERSIONS['generations-request'].writes }) satisfies GenerationsRequest;

/** Replies in the form that was asked for: a requester of edition 1 knows its own only. */
export function generationsReply(request: unknown, generations: Readonly<Record<string, number>>) {
  if (fieldsOf(request).v === undefined) return generations satisfies GenerationsReplyBefore;
  return { v: VERSIONS['generations-reply'].writes, generations } satisfies GenerationsReply;
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
  if (unknownVersion('live-hint', v) !== undefined || typeof covers !== 'object' || covers === null)
    return undefined;
  const ranges = Object.entries(covers).filter((one): one is [string, [number, number]] => isRange(one[1]));
  return Object.fromEntries(ranges);
}

const isRange = (value: unknown) =>
  Array.isArray(value) && value.length === 2 && value.every((one) => Number.isSafeInteger(one));

/** @returns the partition to replay; undefined if this is nothing that this release can read */
export function readReplayHint(payload: unknown): number | undefined {
  const { v, partition } = fieldsOf(payload);
  if (unknownVersion('replay-hint', v) !== undefined) return undefined;
  return Number.isSafeInteger(partition) ? (partition as number) : undefined;
}

/** @returns product → generation, of either form; empty if this is nothing that this release can read */
export function readGenerationsReply(payload: unknown): Readonly<Record<string, number>> {
  const reply = fieldsOf(payload);
  const { v, generations } = reply;
  const versioned = typeof generations === 'object' && generations !== null;
  if (versioned && unknownVersion('generations-reply', v) !== undefined) return {};
  const entries = Object.entries(versioned ? generations : reply);
  return Object.fromEntries(entries.filter((one): one is [string, number] => typeof one[1] === 'number'));
}

const fieldsOf = (payload: unknown): Readonly<Record<string, unknown>> =>
  typeof payload === 'object' && payload !== null ? (payload as Readonly<Record<string, unknown>>) : {};
