/**
 * The manifest of one source's archive: which files it is made of, in the product store, by partition. A file counts once a
 * transaction has named it, and not before. So to know how far the archive is costs one small document per partition,
 * however old it is; and what two writers of one partition bring is judged one after the other.
 */
import type { ArchiveHeadDocument, ArchivePartDocument, ArchivedFile } from '@tenon/contracts';
import { STORE_KEYS, keyAfter, supported } from '@tenon/contracts';
import type { ArchiveVerdict, Epoch, Generation, Offset, Offsets, Partition } from '@tenon/domain';
import { epochAfter, generationBefore, judgeArchived } from '@tenon/domain';
import { TenonError } from '@tenon/errors';
import type { Lake, ProductStore, StoreSnapshot, StoreTransaction } from '@tenon/ports';
import type { CompleteCut } from './complete-cut';
import { EMPTY_HEAD, beginsAtOrAfter, cutAtOrAfter, withEntry, withFile, withJoined } from './listing';
import type { ArchiveFile } from './names';
import { archiveName } from './names';
import { takeIn } from './take-in';

export interface ManifestDeps {
  readonly store: Pick<ProductStore, 'transact' | 'snapshot'>;
  readonly lake: Pick<Lake, 'list'>;
}

export class ArchiveManifest {
  private heads = new Map<Partition, ArchiveHeadDocument>();
  /** The cut that was asked for last, and the heads that it was read by. */
  private cut: { readonly key: string; readonly value: Pick<CompleteCut, 'offsets' | 'epochs'> } | null =
    null;

  constructor(
    private readonly deps: ManifestDeps,
    readonly source: string,
    readonly partitions: number,
  ) {}

  /** Reads how far each partition is: other instances archive other partitions. */
  async look(): Promise<void> {
    const heads = await this.readHeads();
    for (let partition = 0; partition < this.partitions; partition++) {
      const found = heads.get(partition) ?? (await takeIn(this.deps, this.source, partition));
      if (found !== undefined) heads.set(partition, found);
    }
    this.heads = heads;
  }

  private async readHeads(): Promise<Map<Partition, ArchiveHeadDocument>> {
    const all = Array.from({ length: this.partitions }, (_, partition) => partition);
    const keys = all.map((partition) => STORE_KEYS.archiveHead(this.source, partition));
    const found = await this.deps.store.snapshot((snapshot) =>
      snapshot.getMany<ArchiveHeadDocument>('meta', keys),
    );
    return new Map(
      all.flatMap((partition) => {
        const head = supported('archive-head', found[partition]);
        return head === undefined ? [] : [[partition, head] as const];
      }),
    );
  }

  /** How far a partition is, as of the last look, or of what was appended here since. */
  head(partition: Partition): ArchiveHeadDocument {
    return this.heads.get(partition) ?? EMPTY_HEAD;
  }

  /**
   * Names a file that lies in the lake, if it brings something new.
   *
   * @returns `held`: the file is not needed
   * @throws TenonError `archive-moved`, which passes: the archive does not reach up to where the file begins
   */
  async append(partition: Partition, file: ArchivedFile): Promise<Exclude<ArchiveVerdict, 'gap'>> {
    const { verdict, head } = await this.deps.store.transact(async (tx) => {
      const before = (await this.headIn(tx, partition)) ?? EMPTY_HEAD;
      const verdict = judgeArchived(before.next, file);
      if (verdict !== 'append') return { verdict, head: before };
      const last = before.tail === null ? undefined : await this.partIn(tx, partition, before.tail);
      const { at, part } = withEntry(before, last, file);
      const head = withFile(before, file, at);
      tx.put('meta', STORE_KEYS.archivePart(this.source, partition, at), part);
      tx.put('meta', STORE_KEYS.archiveHead(this.source, partition), head);
      return { verdict, head };
    });
    this.heads.set(partition, head);
    if (verdict !== 'gap') return verdict;
    throw new TenonError(
      'archive-moved',
      `The archive of ${this.source}, partition ${partition} ends at ${head.next}, and not at ${file.from} or later.`,
      { retryable: true },
    );
  }

  /**
   * Names one file in the place of several of a part, in one step.
   *
   * @param at where the part begins
   * @param mayWrite false: the writer is a zombie by now
   * @returns false if the files are not named as they were: nothing was written
   */
  async replace(
    partition: Partition,
    at: Offset,
    files: readonly ArchivedFile[],
    by: ArchivedFile,
    mayWrite: (tx: StoreTransaction) => Promise<boolean>,
  ): Promise<boolean> {
    return this.deps.store.transact(async (tx) => {
      const head = await this.headIn(tx, partition);
      if (head === undefined || !(await mayWrite(tx))) return false;
      const part = withJoined(await this.partIn(tx, partition, at), files, by);
      if (part === null) return false;
      const bytes = head.bytes + by.bytes - files.reduce((sum, file) => sum + file.bytes, 0);
      const counts = { files: head.files + 1 - files.length, bytes, revision: head.revision + 1 };
      tx.put('meta', STORE_KEYS.archivePart(this.source, partition, at), part);
      tx.put('meta', STORE_KEYS.archiveHead(this.source, partition), { ...head, ...counts });
      return true;
    });
  }

  /** The first part that is not compacted and takes no more files; null: there is none. */
  async openPart(
    partition: Partition,
  ): Promise<{ at: Offset; part: ArchivePartDocument; next: Offset } | null> {
    const { source } = this;
    return this.deps.store.snapshot(async (snapshot) => {
      const head = await this.headIn(snapshot, partition);
      if (head === undefined || head.tail === null || head.compacted >= head.tail) return null;
      const gte = STORE_KEYS.archivePart(source, partition, head.compacted);
      const lt = STORE_KEYS.archivePart(source, partition, head.tail);
      for await (const chunk of snapshot.scan<ArchivePartDocument>('meta', { gte, lt, limit: 1 }))
        for (const { key, value } of chunk) {
          const part = supported('archive-part', value);
          const last = part?.files.at(-1);
          if (part !== undefined && last !== undefined)
            return { at: Number(key.split('/').at(-1)), part, next: last.to };
        }
      return null;
    });
  }

  /** Up to here small files have been made into larger ones. */
  async compactedTo(partition: Partition, to: Offset): Promise<void> {
    await this.deps.store.transact(async (tx) => {
      const head = await this.headIn(tx, partition);
      if (head === undefined || head.compacted >= to) return;
      const key = STORE_KEYS.archiveHead(this.source, partition);
      tx.put('meta', key, { ...head, compacted: to, revision: head.revision + 1 });
    });
  }

  /** @throws UnsupportedVersion */
  async headIn(
    reader: Pick<StoreTransaction, 'get'>,
    partition: Partition,
  ): Promise<ArchiveHeadDocument | undefined> {
    const key = STORE_KEYS.archiveHead(this.source, partition);
    return supported('archive-head', await reader.get<ArchiveHeadDocument>('meta', key));
  }

  /** @throws TenonError `archive-manifest-damaged` where there is none, or UnsupportedVersion */
  async partIn(
    reader: Pick<StoreTransaction, 'get'>,
    partition: Partition,
    at: Offset,
  ): Promise<ArchivePartDocument> {
    const key = STORE_KEYS.archivePart(this.source, partition, at);
    const part = supported('archive-part', await reader.get<ArchivePartDocument>('meta', key));
    if (part !== undefined) return part;
    throw new TenonError(
      'archive-manifest-damaged',
      `The store has no ${key}, which names files of the archive.`,
      {
        hint: 'Restore the store from a backup. Without one: delete archive-head and archive-part of the source, and the archive is taken in again from the names in the lake.',
      },
    );
  }

  /**
   * The latest cut that every partition's archive has passed, or null before the first.
   *
   * @param after a full recomputation that was asked for before this generation has been made
   */
  async latestCut(after: Generation): Promise<CompleteCut | null> {
    const heads = Array.from({ length: this.partitions }, (_, partition) => this.head(partition));
    const epoch = Math.min(...heads.map(({ ended }) => ended));
    if (!Number.isFinite(epoch) || epoch <= 0) return null;
    const full = this.isFullWithin(after, epoch);
    const key = [epoch, ...heads.map(({ revision }) => revision)].join(' ');
    if (this.cut?.key !== key) this.cut = { key, value: await this.cutAt(epoch) };
    return { ...this.cut.value, epoch, full };
  }

  /**
   * The latest cut beyond a generation before which at most so many records lie, or else the first one there is; null where there is none.
   *
   * @param from where the records are counted from
   */
  async cutWithin(after: Generation, from: Offsets, most: number): Promise<CompleteCut | null> {
    const latest = await this.latestCut(after);
    if (latest === null || generationBefore(latest.epoch) <= after) return null;
    const recordsTo = ({ offsets }: Pick<CompleteCut, 'offsets'>) =>
      [...offsets].reduce((sum, [partition, to]) => sum + to - (from[String(partition)] ?? 0), 0);
    if (recordsTo(latest) <= most) return latest;
    let [low, high] = [epochAfter(after) + 1, latest.epoch];
    let found = await this.cutAt(low);
    while (low + 1 < high) {
      const middle = Math.floor((low + high) / 2);
      const cut = await this.cutAt(middle);
      if (recordsTo(cut) > most) high = middle;
      else [low, found] = [middle, cut];
    }
    return { ...found, epoch: low, full: this.isFullWithin(after, low) };
  }

  /** A full recomputation is asked for between the two. */
  private isFullWithin(after: Generation, epoch: Epoch): boolean {
    return [...this.heads.values()].some(({ fulls }) =>
      fulls.some((one) => generationBefore(one) > after && one <= epoch),
    );
  }

  /** In each partition the cut lies at the first barrier whose epoch is this one, or a later one. */
  cutAt(epoch: number): Promise<Pick<CompleteCut, 'offsets' | 'epochs'>> {
    return this.deps.store.snapshot(async (snapshot) => {
      const offsets = new Map<Partition, Offset>();
      const epochs = new Map<Partition, number>();
      for (let partition = 0; partition < this.partitions; partition++) {
        const cut = await this.cutIn(snapshot, partition, epoch);
        offsets.set(partition, cut?.at ?? 0);
        epochs.set(partition, cut?.epoch ?? 0);
      }
      return { offsets, epochs };
    });
  }

  /** From the end backwards: cuts that are asked for are mostly the last ones. */
  private async cutIn(snapshot: StoreSnapshot, partition: Partition, epoch: number) {
    let found: ReturnType<typeof cutAtOrAfter>;
    for await (const { files } of this.partsBackwards(snapshot, partition)) {
      found = cutAtOrAfter(files, epoch) ?? found;
      if (!beginsAtOrAfter(files, epoch)) break;
    }
    return found;
  }

  private async *partsBackwards(
    snapshot: StoreSnapshot,
    partition: Partition,
  ): AsyncGenerator<ArchivePartDocument> {
    const head = await this.headIn(snapshot, partition);
    if (head === undefined || head.tail === null) return;
    let lt = keyAfter(STORE_KEYS.archivePart(this.source, partition, head.tail));
    for (;;) {
      const before = await this.lastPartBefore(snapshot, partition, lt);
      if (before === undefined) return;
      yield before.part;
      lt = before.key;
    }
  }

  private async lastPartBefore(snapshot: StoreSnapshot, partition: Partition, lt: string) {
    const range = { gte: STORE_KEYS.archivePart(this.source, partition, 0), lt, reverse: true, limit: 1 };
    for await (const chunk of snapshot.scan<ArchivePartDocument>('meta', range))
      for (const { key, value } of chunk) {
        const part = supported('archive-part', value);
        if (part !== undefined) return { key, part };
      }
    return undefined;
  }

  /** The files of a part of the list, where they lie. */
  named(partition: Partition, { files }: Pick<ArchivePartDocument, 'files'>): ArchiveFile[] {
    return files.map((file) => ({
      ...file,
      partition,
      name: archiveName(this.source, { ...file, partition }),
    }));
  }

  /** The files that hold the offsets [from, to) of a partition, in order. Each gives what none before it gave. */
  files(partition: Partition, from: Offset, to: Offset): Promise<ArchiveFile[]> {
    return this.deps.store.snapshot(async (snapshot) => {
      const head = await this.headIn(snapshot, partition);
      if (head === undefined || head.tail === null || from >= to) return [];
      const { source } = this;
      const until = Math.min(to - 1, head.tail);
      const lt = keyAfter(STORE_KEYS.archivePart(source, partition, until));
      const first = await this.lastPartBefore(
        snapshot,
        partition,
        keyAfter(STORE_KEYS.archivePart(source, partition, from)),
      );
      const gte = first?.key ?? STORE_KEYS.archivePart(source, partition, 0);
      const files: ArchiveFile[] = [];
      let next = 0;
      for await (const chunk of snapshot.scan<ArchivePartDocument>('meta', { gte, lt }))
        for (const { value } of chunk)
          for (const file of this.named(partition, supported('archive-part', value) ?? { files: [] })) {
            if (file.to > from && file.from < to && next < to) files.push(file);
            next = file.to;
          }
      return files;
    });
  }
}
