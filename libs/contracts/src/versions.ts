/**
 * Versions on the wire (docs/wire.md, docs/adr). Services are deployed one at a time, so writer and reader of a message may
 * be a release apart, either way.
 */

/**
 * The edition of the wire: the set of all formats of a release, as libs/contracts/golden/v<edition> holds it to the byte. It
 * counts up with every change, compatible or not; a release reads what the edition before its own wrote. It stands in no
 * message, but for what an instance says of itself.
 */
export const WIRE_VERSION = 3;

interface Versions {
  /** What this release writes. */
  readonly writes: number;
  /** What this release reads. */
  readonly reads: readonly number[];
}

/**
 * Each message's own version, as it stands in the message. It is raised only where a reader of the version before could
 * not read the message rightly, and in two releases: first `reads` gets the new number, then, once every reader has that
 * release, `writes`. A new field that readers may overlook raises nothing.
 */
export const VERSIONS = {
  event: { writes: 1, reads: [1] },
  barrier: { writes: 1, reads: [1] },
  cut: { writes: 1, reads: [1] },
  identity: { writes: 1, reads: [1] },
  'dead-letter': { writes: 1, reads: [1] },
  'dead-letter-of-speed': { writes: 1, reads: [1] },
  'settled-letters': { writes: 1, reads: [1] },
  'feed-positions': { writes: 1, reads: [1] },
  flush: { writes: 2, reads: [2] },
  slice: { writes: 2, reads: [2] },
  commit: { writes: 2, reads: [2] },
  /** Edition 2's form of flushes, and of slices and commit in one: read, and not written. */
  range: { writes: 1, reads: [1] },
  'cut-hint': { writes: 1, reads: [1] },
  'live-hint': { writes: 2, reads: [1, 2] },
  'generation-hint': { writes: 1, reads: [1] },
  'cut-request': { writes: 1, reads: [1] },
  'cut-reply': { writes: 1, reads: [1] },
  'replay-hint': { writes: 2, reads: [2] },
  /** To services of edition 2: this release reads its own form only. */
  'replay-hint-of-edition-2': { writes: 1, reads: [1] },
  'generations-request': { writes: 2, reads: [1, 2] },
  'generations-reply': { writes: 2, reads: [1, 2] },
  'status-request': { writes: 1, reads: [1] },
  'status-reply': { writes: 1, reads: [1] },
  'reload-request': { writes: 1, reads: [1] },
  'reload-reply': { writes: 1, reads: [1] },
  'versions-request': { writes: 1, reads: [1] },
  'versions-reply': { writes: 1, reads: [1] },
  'step-request': { writes: 1, reads: [1] },
  'step-reply': { writes: 1, reads: [1] },
  'alive-hint': { writes: 1, reads: [1] },
  plan: { writes: 1, reads: [1] },
  source: { writes: 1, reads: [1] },
  topic: { writes: 1, reads: [1] },
  losses: { writes: 1, reads: [1] },
  pointer: { writes: 2, reads: [1, 2] },
  served: { writes: 1, reads: [1] },
  kept: { writes: 1, reads: [1] },
  'range-account': { writes: 1, reads: [1] },
  progress: { writes: 1, reads: [1] },
  stretches: { writes: 1, reads: [1] },
  troubles: { writes: 1, reads: [1] },
  'speed-cell': { writes: 1, reads: [1] },
  'base-cell': { writes: 1, reads: [1] },
  consumed: { writes: 1, reads: [1] },
  lease: { writes: 1, reads: [1] },
  'archive-head': { writes: 1, reads: [1] },
  'archive-part': { writes: 1, reads: [1] },
  'archive-columns': { writes: 1, reads: [1] },
  receipt: { writes: 1, reads: [1] },
} as const satisfies Record<string, Versions>;

export type MessageName = keyof typeof VERSIONS;

/** The version that this release writes, as the header `tenon-v` has it. */
export const versionText = (message: MessageName): string => String(VERSIONS[message].writes);

/** A message of a version that this release can't read. It must not be passed over as if it were not there. */
export interface UnknownVersion {
  readonly message: MessageName;
  readonly unknownVersion: number;
}

/**
 * @param v the version in a message: a number, or the text of a header. Absent: version 1, since edition 1 did not write
 * it into every message
 * @returns undefined if this release reads it. What is no whole number is no version: malformed, and not for this to judge
 */
export function unknownVersion(message: MessageName, v: unknown): UnknownVersion | undefined {
  const version = typeof v === 'string' ? Number(v) : v;
  if (version === undefined || version === null || !Number.isSafeInteger(version)) return undefined;
  const reads: readonly number[] = VERSIONS[message].reads;
  return reads.includes(version as number) ? undefined : { message, unknownVersion: version as number };
}

export const isUnknownVersion = (value: unknown): value is UnknownVersion =>
  typeof value === 'object' && value !== null && 'unknownVersion' in value;
