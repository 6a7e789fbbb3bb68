/** What a partition's head and the parts of its list become with each file: pure, so that a transaction may run it again. */
import type { ArchiveHeadDocument, ArchivePartDocument, ArchivedCut, ArchivedFile } from '@tenon/contracts';
import type { Epoch } from '@tenon/domain';

/** A partition of which nothing is archived. */
export const EMPTY_HEAD: ArchiveHeadDocument = {
  ...{ v: 1, first: 0, next: 0, epoch: 0, ended: 0, fulls: [] },
  ...{ tail: null, compacted: 0, files: 0, bytes: 0, revision: 0 },
};

/** Files, and cuts within files, that one part of the list names at most: some 25 KB. */
export const PART_ENTRIES = 128;

/** Only the latest one before a cut matters. */
const KEPT_FULLS = 100;

/** The cuts that a file has passed, in order; its end may be one. */
export const cutsOf = (file: ArchivedFile): readonly ArchivedCut[] =>
  file.end === 'm'
    ? (file.cuts ?? [])
    : [...(file.cuts ?? []), { epoch: file.epoch, at: file.to, full: file.end === 'f' }];

export const isFull = ({ files }: ArchivePartDocument): boolean =>
  files.reduce((sum, { cuts = [] }) => sum + 1 + cuts.length, 0) >= PART_ENTRIES;

/** @param tail where the part begins that names the file */
export function withFile(
  head: ArchiveHeadDocument,
  file: ArchivedFile,
  tail: ArchiveHeadDocument['tail'],
): ArchiveHeadDocument {
  const cuts = cutsOf(file);
  const fulls = cuts.filter(({ full }) => full).map(({ epoch }) => epoch);
  return {
    ...head,
    ...{ next: file.to, epoch: file.epoch, ended: cuts.at(-1)?.epoch ?? head.ended, tail },
    fulls: fulls.length === 0 ? head.fulls : [...head.fulls, ...fulls].slice(-KEPT_FULLS),
    ...{ files: head.files + 1, bytes: head.bytes + file.bytes, revision: head.revision + 1 },
  };
}

/** A partition's list from its beginning, with its head. Of files in order, without a gap from offset 0. */
export function listOf(files: readonly ArchivedFile[]): {
  readonly head: ArchiveHeadDocument;
  /** By where each begins. */
  readonly parts: ReadonlyMap<number, ArchivePartDocument>;
} {
  const parts = new Map<number, ArchivePartDocument>();
  let head = EMPTY_HEAD;
  for (const file of files) {
    const { at, part } = withEntry(head, head.tail === null ? undefined : parts.get(head.tail), file);
    parts.set(at, part);
    head = withFile(head, file, at);
  }
  return { head, parts };
}

/** The part that names a file: the last one, or a new one where that is full. */
export function withEntry(
  head: ArchiveHeadDocument,
  last: ArchivePartDocument | undefined,
  file: ArchivedFile,
): { readonly at: number; readonly part: ArchivePartDocument } {
  if (head.tail === null || last === undefined || isFull(last))
    return { at: head.next, part: { v: 1, files: [file] } };
  return { at: head.tail, part: { v: 1, files: [...last.files, file] } };
}

/** The first cut whose epoch is this one, or a later one; undefined: none of these files has passed it. */
export const cutAtOrAfter = (files: readonly ArchivedFile[], epoch: Epoch): ArchivedCut | undefined =>
  files.flatMap(cutsOf).find((cut) => cut.epoch >= epoch);

/** All of the cuts that these files have passed lie at the epoch or after it. */
export const beginsAtOrAfter = (files: readonly ArchivedFile[], epoch: Epoch): boolean => {
  const [first] = files.flatMap(cutsOf);
  return first === undefined || first.epoch >= epoch;
};

/** One file that stands for several: the cuts within are kept, so that none of them is lost to a reader. */
export function joined(
  files: readonly ArchivedFile[],
  print: Pick<ArchivedFile, 'bytes' | 'digest'>,
): ArchivedFile {
  const [first, last] = [files[0] as ArchivedFile, files.at(-1) as ArchivedFile];
  const cuts = files.flatMap(cutsOf).filter(({ at }) => at < last.to);
  const { from, columns } = first;
  const { to, epoch, end } = last;
  return { from, to, epoch, end, ...print, columns, ...(cuts.length > 0 && { cuts }) };
}

/** @returns null if the files are not in the part, one after the other */
export function withJoined(
  part: ArchivePartDocument,
  files: readonly ArchivedFile[],
  by: ArchivedFile,
): ArchivePartDocument | null {
  const isSame = (one: ArchivedFile | undefined, other: ArchivedFile) =>
    one?.from === other.from && one.to === other.to && one.digest === other.digest;
  const at = part.files.findIndex((file) => isSame(file, files[0] as ArchivedFile));
  if (at < 0 || !files.every((file, index) => isSame(part.files[at + index], file))) return null;
  return { ...part, files: [...part.files.slice(0, at), by, ...part.files.slice(at + files.length)] };
}

/**
 * Files that can be made into one: neighbours of the same columns that join on without an overlap, up to a size. Of files that
 * are alone nothing is made.
 */
export function groupsOf(files: readonly ArchivedFile[], targetBytes: number): ArchivedFile[][] {
  const groups: ArchivedFile[][] = [];
  let bytes = 0;
  for (const file of files) {
    const group = groups.at(-1);
    const last = group?.at(-1);
    const joins = last !== undefined && last.to === file.from && last.columns === file.columns;
    bytes += file.bytes;
    if (group !== undefined && joins && bytes <= targetBytes) group.push(file);
    else {
      groups.push([file]);
      bytes = file.bytes;
    }
  }
  return groups.filter((group) => group.length > 1);
}
