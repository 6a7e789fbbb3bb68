/**
 * Documents and keys of the product store: written by consumption, read by serving, speed and batch.
 *
 * Every read begins with the pointer and the progress, so they carry the version, and for the cells too: a pointer for the
 * base rows up to its generation, a progress document for the speed cells of its epoch and lane.
 */
import type {
  CellVersion,
  Epoch,
  Generation,
  LedgerCounts,
  Line,
  Offset,
  OtherVersion,
  Partition,
  Plan,
  Pointer,
  ProductId,
  RangeCommit,
  SourceDefinition,
  State,
  Topology,
  Trouble,
  Value,
  Versions,
} from '@tenon/domain';
import { lanesOf } from '@tenon/domain';
import type { UnknownVersion } from './versions';
import { VERSIONS, unknownVersion } from './versions';

/** The plan that a product's version was first started with; another one under the same version is refused. */
export interface PlanDocument {
  readonly plan: Plan;
}

/** A source as the catalog that ran last has it. What decides where its events lie and what they are may not change. */
export interface SourceDocument {
  readonly v: 1;
  readonly source: SourceDefinition;
}

/** Which topic a source's events lie in: offsets are of this one. */
export interface TopicDocument {
  readonly v: 1;
  readonly id: string;
}

/** Records of a source that are gone, and whose loss was accepted. */
export interface LossesDocument {
  readonly v: 1;
  readonly losses: readonly {
    readonly partition: Partition;
    readonly from: Offset;
    readonly to: Offset;
    readonly at: number;
    readonly by: string | null;
    readonly reason?: string;
  }[];
}

/** Which version a product's name serves, and which others there are: the one document that moves when a name goes over. */
export interface ServedDocument {
  readonly v: 1;
  readonly version: number;
  /** Since when, milliseconds since the epoch. */
  readonly since: number;
  /** The version that the catalog has. */
  readonly declared: number;
  /** The topology that the catalog has. */
  readonly topology?: Topology;
  /** The highest version that there ever was. */
  readonly last: number;
  readonly others: readonly OtherVersion[];
}

export const servedDocument = ({ served, ...rest }: Versions): ServedDocument => ({
  ...{ v: VERSIONS.served.writes, version: served, ...rest },
});

/** @param document that `supported` has let through; what is missing in it is of a release between two editions */
export function versionsOf(document: Pick<ServedDocument, 'version'> & Partial<ServedDocument>): Versions {
  const { version, since = 0, declared = version, topology, last = version, others = [] } = document;
  return { served: version, since, declared, ...(topology !== undefined && { topology }), last, others };
}

/** Which base view is served. Moves in one transaction; nothing of a generation is seen before. */
export interface PointerDocument extends Pointer {
  readonly v: 2;
}

/** As editions 1 and 2 wrote it: of a product with one source, by partition. Edition 1 wrote no `v`. */
export interface PointerDocumentBefore extends Omit<
  Pointer,
  'cut' | 'epochs' | 'barriers' | 'orders' | 'horizon'
> {
  readonly v?: 1;
  readonly cut: Readonly<Record<string, Offset>>;
  readonly epochs: Readonly<Record<string, Epoch>>;
}

export const pointerDocument = (pointer: Pointer): PointerDocument => ({
  ...pointer,
  v: VERSIONS.pointer.writes,
});

/** @param source the product's, of which a pointer of editions 1 and 2 is */
export function pointerOf(
  document: PointerDocument | PointerDocumentBefore | undefined,
  source: string,
): Pointer | UnknownVersion | undefined {
  if (document === undefined) return undefined;
  const unknown = unknownVersion('pointer', document.v);
  if (unknown !== undefined) return unknown;
  if (document.v === VERSIONS.pointer.writes) {
    const { v: _v, ...pointer } = document;
    return pointer;
  }
  const { v: _v, ...pointer } = document;
  return {
    ...pointer,
    cut: lanesOf(source, pointer.cut),
    epochs: lanesOf(source, pointer.epochs),
    barriers: {},
  };
}

/** A generation that was served, as long as it can be read: the pointer of then, and which one was served before it. */
export interface KeptDocument {
  readonly v: 1;
  readonly pointer: PointerDocument;
  /** null: of what was served before nothing is kept. */
  readonly before: { readonly line: Line; readonly generation: Generation } | null;
}

/** How far one epoch of one lane has landed. */
export interface ProgressDocument {
  /** Absent in edition 1 of the wire. */
  readonly v?: 1;
  readonly start: Offset;
  /** The next offset that is not included. */
  readonly next: Offset;
  readonly closed: boolean;
  /** The epoch after this one, where closed. */
  readonly nextEpoch: Epoch;
  readonly ledger: LedgerCounts;
  readonly watermark: number | null;
  /** The `barrierTime` of the barrier that closed it. Absent before edition 3 of the wire. */
  readonly closedAt?: number | null;
  /** In which orders all of the epoch's cells stand. A writer of before leaves it out, so it is true where it is. */
  readonly orders?: string;
  /** Rows of windows that end by then may lack records of it: no answer has them. Microseconds. */
  readonly horizon?: number;
}

/** What has landed of a range that is not served yet: its slices, and its commit once that was read. */
export interface RangeAccountDocument {
  readonly v: 1;
  readonly landed: readonly number[];
  readonly commit: RangeCommit | null;
  /** In which orders all cells stand that have landed. */
  readonly orders?: string;
  /** The generation that it makes: what lies behind the served one goes. */
  readonly to: Generation;
}

/** Closed epochs that were folded together, by lanes, as far as a reader of the served pointer may need them. */
export interface StretchesDocument {
  readonly v: 1;
  readonly stretches: readonly {
    /** Its `laneNumber`. */
    readonly lane: number;
    /** With `through`, and the lane, what its cells' keys begin with. */
    readonly level: number;
    /** The first epoch and the last one. */
    readonly epoch: Epoch;
    readonly through: Epoch;
    readonly start: Offset;
    readonly next: Offset;
    readonly nextEpoch: Epoch;
    readonly ledger: LedgerCounts;
    readonly watermark: number | null;
    readonly closedAt: number | null;
    /** In which orders all of its cells stand. */
    readonly orders?: string;
  }[];
}

/** A cell of one epoch and lane, as the speed layer folded it. */
export interface SpeedDocument {
  readonly k: readonly Value[];
  readonly s: readonly State[];
}

/** A cell of the base view, with the versions that a reader may still need, newest first. */
export interface BaseDocument {
  readonly k: readonly Value[];
  readonly v: readonly CellVersion[];
}

/** What is wrong with a product; absent where nothing is. */
export interface TroublesDocument {
  readonly v: 1;
  readonly troubles: readonly Trouble[];
}

/** Which instance does a piece of work, see libs/leases. */
export interface LeaseDocument {
  /** null: released. */
  readonly owner: string | null;
  /** Counts up while the owner lives, and with every owner; never back. */
  readonly counter: number;
}

/** Why a file of the archive ends: a barrier, a barrier that asks for a full recomputation, or in the middle of an epoch. */
export type ArchiveEnd = 'b' | 'f' | 'm';

/** A barrier that ends an epoch: the epoch after it, where that begins, and whether the barrier asks for everything anew. */
export interface ArchivedCut {
  readonly epoch: Epoch;
  readonly at: Offset;
  readonly full: boolean;
}

/** A file of the archive as the manifest names it: the records of a partition at [from, to). */
export interface ArchivedFile {
  readonly from: Offset;
  readonly to: Offset;
  /** The epoch that the offset `to` belongs to. */
  readonly epoch: Epoch;
  readonly end: ArchiveEnd;
  readonly bytes: number;
  /** 128 bits of its SHA-256, in hex; null: written by a release before the manifest. */
  readonly digest: string | null;
  /** Which columns of the source it has: a `columns` document; null: not known. */
  readonly columns: string | null;
  /** Cuts within it, in order; of a file that was made of several. */
  readonly cuts?: readonly ArchivedCut[];
}

/** How far a partition is archived. Written in the transaction that names a file, and none but that. */
export interface ArchiveHeadDocument {
  readonly v: 1;
  /** The archive holds the offsets [first, next), without a gap. */
  readonly first: Offset;
  readonly next: Offset;
  /** What stood before `first` was removed: no event later than this, microseconds. Absent: nothing was. */
  readonly removed?: number;
  /** The epoch that `next` belongs to, and that of the last cut; 0: none yet. */
  readonly epoch: Epoch;
  readonly ended: Epoch;
  /** Epochs whose barriers asked for everything anew, the latest ones. */
  readonly fulls: readonly Epoch[];
  /** Where the last part of the list begins; null: there is none. */
  readonly tail: Offset | null;
  /** Up to here small files have been made into larger ones. */
  readonly compacted: Offset;
  /** How many files and bytes the list names. */
  readonly files: number;
  readonly bytes: number;
  /** Counts up with every change. */
  readonly revision: number;
}

/** A part of the list of a partition's files, in order. Each file gives the offsets that none before it gave. */
export interface ArchivePartDocument {
  readonly v: 1;
  readonly files: readonly ArchivedFile[];
}

/** The columns of the source that files of the archive have. */
export interface ArchiveColumnsDocument {
  readonly v: 1;
  readonly columns: readonly { readonly name: string; readonly type: string }[];
}

const digits = (n: number) => String(n).padStart(12, '0');

/** More than any lane's number: what comes above it in a key's is the level of a stretch. */
const LEVEL = 10_000_000_000;

/** The least key after this one: space is the least character that a key has. */
export const keyAfter = (key: string) => `${key} `;

/** All keys that begin with a prefix: `~` sorts after every character that a key holds. */
const below = (prefix: string) => ({ gte: prefix, lt: `${prefix}~` });

/** `lane` is a `laneNumber`, `cell` a `cellKey`. */
export const STORE_KEYS = {
  plan: (product: ProductId) => `plan/${product}`,
  source: (name: string) => `source/${name}`,
  topic: (name: string) => `topic/${name}`,
  losses: (source: string) => `losses/${source}`,
  served: (name: string) => `served/${name}`,
  pointer: (product: ProductId) => `pointer/${product}`,
  kept: (product: ProductId, line: Line, generation: Generation) =>
    `kept/${product}/${digits(line)}/${digits(generation)}`,
  keptOf: (product: ProductId) => below(`kept/${product}/`),
  lease: (name: string) => `lease/${name}`,
  progress: (product: ProductId, epoch: Epoch, lane: number) =>
    `progress/${product}/${digits(epoch)}/${digits(lane)}`,
  /** Among the progress documents, so that each read of a product sees it without another question. */
  troubles: (product: ProductId) => `progress/${product}/troubles`,
  /** Before the progress documents, which need not be read as far as stretches lead. */
  stretches: (product: ProductId) => `progress/${product}/-stretches`,
  progressOf: (product: ProductId) => below(`progress/${product}/`),
  range: (product: ProductId, id: string) => `range/${product}/${id}`,
  rangesOf: (product: ProductId) => below(`range/${product}/`),
  /** How far consumption has read a topic: the offset to resume at. */
  consumed: (topic: string, partition: Partition) => `consumed/${topic}/${digits(partition)}`,
  archiveHead: (source: string, partition: Partition) => `archive-head/${source}/${digits(partition)}`,
  archivePart: (source: string, partition: Partition, from: Offset) =>
    `archive-part/${source}/${digits(partition)}/${digits(from)}`,
  archiveColumns: (source: string, columns: string) => `archive-columns/${source}/${columns}`,
  speed: (product: ProductId, epoch: Epoch, lane: number) => `${product}/${digits(epoch)}/${digits(lane)}/`,
  /** Under its last epoch, and of the length of the others. */
  stretch: (product: ProductId, through: Epoch, lane: number, level: number) =>
    `${product}/${digits(through)}/${digits(level * LEVEL + lane)}/`,
  base: (product: ProductId, line: Line) => `${product}/${digits(line)}/`,
  /** Versions of base cells that the fold beyond a generation has taken out of their documents. Before the lines. */
  past: (product: ProductId, line: Line, generation: Generation) =>
    `${product}/-past/${digits(line)}/${digits(generation)}/`,
} as const;

/** Pointers are read by each landing, and written once a cut. */
export const isPointerKey = (key: string) => key.startsWith(STORE_KEYS.pointer(''));

export const isTroublesKey = (key: string) => key.endsWith('/troubles');

export const isStretchesKey = (key: string) => key.startsWith('progress/') && key.endsWith('/-stretches');

/** Epoch and lane's number of a progress key. */
export function parseProgressKey(key: string): { epoch: Epoch; lane: number } {
  const [epoch, lane] = key.split('/').slice(-2);
  return { epoch: Number(epoch), lane: Number(lane) };
}

/** Epoch and lane's number of a speed cell's key; of a stretch its last epoch. */
export function parseSpeedKey(product: ProductId, key: string): { epoch: Epoch; lane: number } {
  const [epoch, lane] = key.slice(product.length + 1).split('/', 2);
  return { epoch: Number(epoch), lane: Number(lane) % LEVEL };
}
