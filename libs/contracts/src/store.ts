/**
 * Documents and keys of the product store: written by consumption, read by serving, speed and batch.
 *
 * Every read begins with the pointer and the progress, so they carry the version, and for the cells too: a pointer for the
 * base rows up to its generation, a progress document for the speed cells of its epoch and partition.
 */
import type { LedgerCounts, Offsets, Plan, State, Value } from '@tenon/domain';

/** The plan that a product's version was first started with; another one under the same version is refused. */
export interface PlanDocument {
  readonly plan: Plan;
}

/** Which base view is served. Moves in one transaction; nothing of a generation is seen before. */
export interface PointerDocument {
  /** Absent in edition 1 of the wire. */
  readonly v?: 1;
  readonly line: number;
  /** The generation that is served: the fold of all epochs before it. */
  readonly generation: number;
  /** Partition → first offset of that epoch. */
  readonly cut: Offsets;
  /** Partition → the epoch that begins at the cut: `generation`, or a later one where barriers skipped numbers. */
  readonly epochs: Readonly<Record<string, number>>;
  /** When it moved, milliseconds since the epoch. */
  readonly at: number;
  readonly hash: string;
  /** Of everything before the cut. */
  readonly ledger: LedgerCounts;
  /** The start of the latest window before the cut, microseconds; windows that end by then are final. */
  readonly watermark: number | null;
}

/** How far one epoch of one partition has landed. */
export interface ProgressDocument {
  /** Absent in edition 1 of the wire. */
  readonly v?: 1;
  readonly start: number;
  /** The next offset that is not included. */
  readonly next: number;
  readonly closed: boolean;
  /** The epoch after this one, where closed. */
  readonly nextEpoch: number;
  readonly ledger: LedgerCounts;
  readonly watermark: number | null;
}

/** A cell of one epoch and partition, as the speed layer folded it. */
export interface SpeedDocument {
  readonly k: readonly Value[];
  readonly s: readonly State[];
}

/** A cell of the base view, with the versions that a reader may still need, newest first. */
export interface BaseDocument {
  readonly k: readonly Value[];
  readonly v: readonly BaseVersion[];
}

export interface BaseVersion {
  readonly g: number;
  readonly s: readonly State[];
  /** True if the row was final before and a late event changed it. */
  readonly a?: true;
}

/** Which instance does a piece of work, see libs/leases. */
export interface LeaseDocument {
  /** null: released. */
  readonly owner: string | null;
  /** Counts up while the owner lives, and with every owner; never back. */
  readonly counter: number;
}

const digits = (n: number) => String(n).padStart(12, '0');

/** `<product>@<version>`, the prefix of all its keys. */
export const productKey = (product: string, version: number) => `${product}@${version}`;

/** All keys that begin with a prefix: `~` sorts after every character that a key holds. */
const below = (prefix: string) => ({ gte: prefix, lt: `${prefix}~` });

/** `product` is a `productKey`; `cell` a `cellKey`. */
export const STORE_KEYS = {
  plan: (product: string) => `plan/${product}`,
  pointer: (product: string) => `pointer/${product}`,
  lease: (name: string) => `lease/${name}`,
  progress: (product: string, epoch: number, partition: number) =>
    `progress/${product}/${digits(epoch)}/${digits(partition)}`,
  progressOf: (product: string) => below(`progress/${product}/`),
  /** How far consumption has read a states topic: the offset to resume at. */
  consumed: (topic: string, partition: number) => `consumed/${topic}/${digits(partition)}`,
  speed: (product: string, epoch: number, partition: number) =>
    `${product}/${digits(epoch)}/${digits(partition)}/`,
  base: (product: string, line: number) => `${product}/${digits(line)}/`,
} as const;

/** Pointers are read by each landing, and written once a cut. */
export const isPointerKey = (key: string) => key.startsWith(STORE_KEYS.pointer(''));

/** Epoch and partition of a progress key. */
export function parseProgressKey(key: string): { epoch: number; partition: number } {
  const [epoch, partition] = key.split('/').slice(-2);
  return { epoch: Number(epoch), partition: Number(partition) };
}
