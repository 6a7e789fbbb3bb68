/**
 * The life of a product: which versions of it there are, which one its name answers with, and what may follow what. Pure: all of
 * it is one document of the store, and each step here is one transaction on it, so that whoever is killed anywhere leaves it in
 * one of these states and another one goes on from there.
 */
import type { Problem, Topology } from './definitions';

/**
 * `building`: it is folded, and does not include yet what the served one does. `ready`: it did. `kept`: it was served, and is
 * folded on, so that its name can go back to it. `dropping`: nobody runs it any more, and what is left of it is being removed.
 * `dropped`: nothing is left of it.
 */
export type VersionState = 'building' | 'ready' | 'kept' | 'dropping' | 'dropped';

/** A version that its name does not answer with. Times are milliseconds since the epoch. */
export interface OtherVersion {
  readonly version: number;
  readonly state: VersionState;
  /** Since when it is so. */
  readonly since: number;
  /** Building, ready: its name goes over to it by itself. */
  readonly auto?: boolean;
  /** Building: it stands still until somebody says otherwise. */
  readonly paused?: boolean;
  /** Building: each layer folds at most so many events a second for it. Absent: as many as it can. */
  readonly throttle?: number;
  /** Kept: when it is dropped. */
  readonly until?: number;
  /** Kept: its name was taken back from it, so a rollback does not go there. */
  readonly rolledBack?: boolean;
  /** Dropping: it is wanted anew; then whether its name goes over to it by itself. */
  readonly again?: 'auto' | 'hold';
}

export interface Versions {
  /** The version that the name answers with, and since when. */
  readonly served: number;
  readonly since: number;
  /** The version that the catalog had which was taken last. */
  readonly declared: number;
  /** The topology that it had there. Absent: of a release before, when a version's topology was what the catalog said. */
  readonly topology?: Topology;
  /** The highest number that there ever was: none is used twice for another thing. */
  readonly last: number;
  readonly others: readonly OtherVersion[];
}

export interface Declared {
  readonly version: number;
  readonly topology: Topology;
  /** The version that is to run for it: see `versionFor`. */
  readonly as: number;
  /** Its name goes over to it by itself once it is ready; else somebody has to say so. */
  readonly auto: boolean;
  /** Somebody asks for it; else it is only that a process has found this catalog. */
  readonly asked: boolean;
  /** When, milliseconds since the epoch: what was begun since was not meant. Absent: now. */
  readonly at?: number;
  /** A catalog with an earlier version than the last one is one that went back, and not one that is left over. */
  readonly mayGoBack: boolean;
  /** What is built is folded by so many events a second at most: see `OtherVersion`. */
  readonly throttle?: number;
}

/** So many that were served are kept at most, however soon they follow each other: each is folded on. */
export const MOST_KEPT = 2;
/** So many that are gone are still named. */
const MOST_NAMED = 5;

export const firstVersions = (version: number, topology: Topology, now: number): Versions => ({
  ...{ served: version, since: now, declared: version, topology, last: version, others: [] },
});

/** What is folded and can be asked for: the served version first. */
export const runningVersions = ({ served, others }: Versions): readonly number[] => [
  served,
  ...others.filter(isRunning).map(({ version }) => version),
];

const isRunning = ({ state, paused }: OtherVersion) =>
  state === 'kept' || state === 'ready' || (state === 'building' && paused !== true);

/** It is built, or was, to be served. */
export const isCandidate = ({ state }: OtherVersion) => state === 'building' || state === 'ready';

export const otherVersion = ({ others }: Versions, version: number): OtherVersion | undefined =>
  others.find((one) => one.version === version);

/** The version that is to follow the served one, if one is being built. */
export const candidateOf = ({ others }: Versions): OtherVersion | undefined => others.find(isCandidate);

/**
 * A catalog has a version of the product. A new one is built beside the served one; one that is built already, or kept, is gone on
 * with.
 *
 * @param graceMs how long the served one is kept, if the name goes over to another one at once
 * @returns the same object where nothing follows from it
 */
export function declareVersion(versions: Versions, wanted: Declared, now: number, graceMs: number): Versions {
  const { version, topology, as, auto, mayGoBack } = wanted;
  // Processes hear of it one after the other, and late where it is said again: for the first it may have been done long ago.
  const candidate = candidateOf(versions);
  const isLate =
    candidate !== undefined && candidate.version !== as && candidate.since > (wanted.at ?? Infinity);
  const asked = wanted.asked && !isLate;
  const isSame = version === versions.declared && topology === (versions.topology ?? topology);
  if (isSame && !asked) return versions;
  if (version <= versions.declared && !asked && !mayGoBack) return versions;
  const known: Versions = isSame
    ? versions
    : { ...versions, declared: version, topology, last: Math.max(versions.last, version) };
  const wantedNow = wantVersion(known, as, auto, now, graceMs);
  return wanted.throttle === undefined ? wantedNow : throttled(wantedNow, as, wanted.throttle);
}

/**
 * A version keeps the topology that it began with: declared with another one, its definition runs under another number, beside it.
 *
 * @param fits versions of the declared definition and topology
 * @returns the version that is to run for a declared one
 */
export function versionFor(versions: Versions, declared: number, fits: ReadonlySet<number>): number {
  const there = versions.others.filter(({ state }) => state !== 'dropped');
  const isThere = declared === versions.served || there.some((one) => one.version === declared);
  // Another number is a version of its own, of whatever definition.
  if (declared !== versions.declared && (!isThere || fits.has(declared))) return declared;
  if (fits.has(versions.served)) return versions.served;
  const other = fitting(versions, fits);
  if (other !== undefined) return other.version;
  return isThere && !fits.has(declared) ? nextVersion(versions) : declared;
}

/** What is built first, then what was served last. */
function fitting({ others }: Versions, fits: ReadonlySet<number>): OtherVersion | undefined {
  const running = others.filter((one) => fits.has(one.version) && (isCandidate(one) || one.state === 'kept'));
  return running.find(isCandidate) ?? running.sort((a, b) => b.since - a.since)[0];
}

/** A version is wanted; one that was to follow, and is another one, is not wanted any more. */
function wantVersion(
  versions: Versions,
  version: number,
  auto: boolean,
  now: number,
  graceMs: number,
): Versions {
  const rid = withEach(versions, (one) =>
    isCandidate(one) && one.version !== version ? dropping(one, now) : one,
  );
  if (version === rid.served) return rid;
  const other = otherVersion(rid, version);
  if (other === undefined || other.state === 'dropped') return built(rid, version, auto, now);
  if (other.state === 'kept') return auto ? serve(rid, version, now, graceMs, false) : rid;
  if (other.state === 'dropping') return replaced(rid, { ...other, again: auto ? 'auto' : 'hold' });
  return (other.auto === true) === auto ? rid : replaced(rid, { ...other, auto });
}

const built = (versions: Versions, version: number, auto: boolean, now: number): Versions => ({
  ...replaced(versions, { version, state: 'building', since: now, auto }),
  last: Math.max(versions.last, version),
});

/** The number of a version that is built anew of the served definition. */
export const nextVersion = ({ last }: Versions): number => last + 1;

export const underWay = (version: number): Problem => ({
  code: 'version-under-way',
  message: `Version ${version} is being built already.`,
  hint: 'Promote it, or cancel it first.',
});

/** A version of the served definition, beside it. */
export function reprocessVersion(
  versions: Versions,
  auto: boolean,
  now: number,
  throttle?: number,
): Versions | Problem {
  const under = candidateOf(versions);
  if (under !== undefined) return underWay(under.version);
  const version = nextVersion(versions);
  return throttled(built(versions, version, auto, now), version, throttle ?? null);
}

/**
 * The served definition with another topology: built, or gone on with, and served by itself. One that is kept stays so: it is
 * promoted then.
 *
 * @param as of `versionFor` the served one
 */
export function switchVersion(versions: Versions, as: number, now: number): Versions {
  const isKept = otherVersion(versions, as)?.state === 'kept';
  return wantVersion(versions, as, !isKept, now, 0);
}

/** It includes what the served one does. */
export function readyVersion(versions: Versions, version: number, now: number): Versions {
  const other = otherVersion(versions, version);
  if (other?.state !== 'building') return versions;
  const { paused: _, throttle: __, ...rest } = other;
  return replaced(versions, { ...rest, state: 'ready', since: now });
}

/** The name goes over to a version that is ready or kept; the served one is kept for a while. */
export function promoteVersion(
  versions: Versions,
  version: number,
  now: number,
  graceMs: number,
): Versions | Problem {
  if (version === versions.served) return versions;
  const other = otherVersion(versions, version);
  if (other?.state === 'ready' || other?.state === 'kept')
    return serve(versions, version, now, graceMs, false);
  if (other?.state === 'building')
    return {
      code: 'version-not-ready',
      message: `Version ${version} is still being built${other.paused === true ? ', and paused' : ''}.`,
      hint: 'GET /v1/products/{name} says how far it is.',
    };
  return unknownVersion(versions, version);
}

/** The name goes back to the version that was served before, which was folded on since. */
export function rollbackVersion(versions: Versions, now: number, graceMs: number): Versions | Problem {
  const [before] = versions.others
    .filter(({ state, rolledBack }) => state === 'kept' && rolledBack !== true)
    .sort((a, b) => b.since - a.since || b.version - a.version);
  if (before !== undefined) return serve(versions, before.version, now, graceMs, true);
  return {
    code: 'nothing-kept',
    message: `No version that was served before version ${versions.served} is kept.`,
    hint: 'Set the catalog back to what it was, and it is built anew; or promote a version that is there.',
  };
}

/** What is built, or kept, is not wanted any more. @param version absent: the one that is built */
export function dropVersion(
  versions: Versions,
  version: number | undefined,
  now: number,
): Versions | Problem {
  const other = version === undefined ? candidateOf(versions) : otherVersion(versions, version);
  if (other === undefined && version === undefined)
    return { code: 'nothing-built', message: 'No version is being built.' };
  if (version === versions.served)
    return { code: 'version-served', message: `Version ${version} is what its name answers with.` };
  if (other === undefined || other.state === 'dropped') return unknownVersion(versions, version ?? 0);
  return other.state === 'dropping' ? versions : replaced(versions, dropping(other, now));
}

/** What is built stands still, or goes on. */
export function pauseVersion(versions: Versions, paused: boolean): Versions | Problem {
  const other = versions.others.find(({ state }) => state === 'building');
  if (other === undefined) return { code: 'nothing-built', message: 'No version is being built.' };
  return (other.paused === true) === paused ? versions : replaced(versions, { ...other, paused });
}

/** What is built is folded by so many events a second at most. @param throttle null: by as many as can be */
export function throttleVersion(versions: Versions, throttle: number | null): Versions | Problem {
  const other = versions.others.find(({ state }) => state === 'building');
  if (other === undefined) return { code: 'nothing-built', message: 'No version is being built.' };
  return throttled(versions, other.version, throttle);
}

function throttled(versions: Versions, version: number, throttle: number | null): Versions {
  const other = otherVersion(versions, version);
  if (other?.state !== 'building' || (other.throttle ?? null) === throttle) return versions;
  const { throttle: _, ...rest } = other;
  return replaced(versions, throttle === null ? rest : { ...rest, throttle });
}

/** What was kept for long enough goes. */
export const expireVersions = (versions: Versions, now: number): Versions =>
  withEach(versions, (one) => (one.state === 'kept' && (one.until ?? 0) <= now ? dropping(one, now) : one));

/** Nothing is left of a version that was to go. */
export function droppedVersion(versions: Versions, version: number, now: number): Versions {
  const other = otherVersion(versions, version);
  if (other?.state !== 'dropping') return versions;
  if (other.again !== undefined) return built(versions, version, other.again === 'auto', now);
  const left = replaced(versions, { version, state: 'dropped', since: now });
  const named = left.others.filter(({ state }) => state === 'dropped').sort((a, b) => b.since - a.since);
  const forgotten = new Set(named.slice(MOST_NAMED));
  return { ...left, others: left.others.filter((one) => !forgotten.has(one)) };
}

function serve(
  versions: Versions,
  version: number,
  now: number,
  graceMs: number,
  rolledBack: boolean,
): Versions {
  const before: OtherVersion = {
    ...{ version: versions.served, state: 'kept', since: now, until: now + graceMs },
    ...(rolledBack && { rolledBack }),
  };
  const others = [...versions.others.filter((one) => one.version !== version), before];
  const kept = others.filter(({ state }) => state === 'kept').sort((a, b) => b.since - a.since);
  const over = new Set(kept.filter((one) => one !== before).slice(MOST_KEPT - 1));
  return {
    ...{ ...versions, served: version, since: now },
    others: sorted(others.map((one) => (over.has(one) ? dropping(one, now) : one))),
  };
}

const dropping = ({ version }: OtherVersion, now: number): OtherVersion => ({
  ...{ version, state: 'dropping', since: now },
});

const sorted = (others: readonly OtherVersion[]) => [...others].sort((a, b) => a.version - b.version);

const replaced = (versions: Versions, other: OtherVersion): Versions => ({
  ...versions,
  others: sorted([...versions.others.filter(({ version }) => version !== other.version), other]),
});

function withEach(versions: Versions, change: (one: OtherVersion) => OtherVersion): Versions {
  const others = versions.others.map(change);
  return others.every((one, index) => one === versions.others[index]) ? versions : { ...versions, others };
}

function unknownVersion({ served, others }: Versions, version: number): Problem {
  const there = [served, ...others.filter(({ state }) => state !== 'dropped').map((one) => one.version)];
  return {
    code: 'unknown-version',
    message: `There is no version ${version}. Versions: ${there.sort((a, b) => a - b).join(', ')}.`,
  };
}

/** Something is there of a version: rows, topics, a plan. */
export const isVersionThere = (versions: Versions, version: number): boolean =>
  version === versions.served || (otherVersion(versions, version)?.state ?? 'dropped') !== 'dropped';
