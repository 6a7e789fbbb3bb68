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
