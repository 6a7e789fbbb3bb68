/**
 * Keeps a source's archive in order: small files are made into larger ones, and what nothing names any more is removed. One
 * instance at a time does it, by a lease; what it writes is written only while it has that.
 */
import type { ArchiveFile } from '@tenon/archive';
import { archiveName, groupsOf, joined, parseArchiveName, partitionPrefix } from '@tenon/archive';
import type { ArchiveManifest } from '@tenon/archive';
import { checkedPath } from '@tenon/archive';
import type { ArchivedFile } from '@tenon/contracts';
import type { Partition } from '@tenon/domain';
import { isPassing } from '@tenon/errors';
import type { Lease, Leases } from '@tenon/leases';
import type { TellRest } from '@tenon/loops';
import { Periodic } from '@tenon/loops';
import type { BatchDeps } from '../deps';
import { Aging } from './aging';

const LOOK_EVERY_MS = 60_000;

/** An archive that is not in order is no product's trouble; where this fails it rests, and is done again. */
const ONLY_LOGGED: TellRest = { failed: () => undefined, well: () => undefined };

/** How often the lake is listed for files that nothing names: after a crash, or of a zombie. */
const LIST_EVERY_MS = 6 * 3_600_000;

export class Keeper {
  private readonly looking: Periodic;
  /** Files that nothing names → since when, by the monotonic clock. */
  private readonly unnamed = new Map<string, number>();
  private listedAt: number;
  private made = 0;
  private readonly aging: Aging;

  constructor(
    private readonly deps: BatchDeps,
    private readonly leases: Leases,
    private readonly manifest: ArchiveManifest,
  ) {
    this.listedAt = deps.clock.monotonic();
    this.aging = new Aging(deps, manifest);
    const name = `archive of ${manifest.source}`;
    this.looking = new Periodic(
      deps,
      name,
      () => LOOK_EVERY_MS,
      (signal) => this.look(signal),
      ONLY_LOGGED,
    );
  }

  get done(): Promise<void> {
    return this.looking.done;
  }

  start(): void {
    this.looking.start();
  }

  /** Once; also what the loop does from time to time. */
  async look(signal: AbortSignal): Promise<void> {
    if (!(await this.isDue())) return;
    const lease = await this.leases.take(`archive/${this.manifest.source}`);
    if (lease === null) return;
    try {
      const lost = AbortSignal.any([lease.lost, signal]);
      for (let partition = 0; partition < this.manifest.partitions; partition++)
        await this.compact(partition, lease, lost);
      for (const { name } of await this.aging.remove(lease, lost))
        this.unnamed.set(name, this.deps.clock.monotonic());
      await this.list(lost);
      await this.sweep(lost);
    } catch (error) {
      if (isPassing(error)) throw error;
      // Nobody waits for it, and it is tried again.
      this.deps.logger.warn(
        { error, source: this.manifest.source },
        'the archive could not be kept in order',
      );
    } finally {
      await lease.release();
    }
  }

  /** So that nobody takes the lease for nothing. */
  private async isDue(): Promise<boolean> {
    const { clock } = this.deps;
    if (clock.monotonic() - this.listedAt >= LIST_EVERY_MS) return true;
    if ([...this.unnamed.values()].some((since) => this.isOver(since))) return true;
    const { manifest } = this;
    if (this.aging.isDue()) return true;
    return Array.from({ length: manifest.partitions }, (_, partition) => manifest.head(partition)).some(
      ({ tail, compacted }) => tail !== null && compacted < tail,
    );
  }

  private isOver(since: number): boolean {
    const { clock, config } = this.deps;
    return clock.monotonic() - since >= config.sweepGraceMs;
  }

  /** The list's parts that take no more files, one after the other. */
  private async compact(partition: Partition, lease: Lease, lost: AbortSignal): Promise<void> {
    while (!lost.aborted) {
      const open = await this.manifest.openPart(partition);
      if (open === null) return;
      for (const group of groupsOf(open.part.files, this.deps.config.compactBytes)) {
        if (lost.aborted) return;
        await this.join(partition, open.at, group, lease);
      }
      await this.manifest.compactedTo(partition, open.next);
    }
  }

  private async join(
    partition: Partition,
    at: number,
    group: readonly ArchivedFile[],
    lease: Lease,
  ): Promise<void> {
    const { lake, engine, ids, clock, logger } = this.deps;
    const { source } = this.manifest;
    const nameOf = (file: ArchivedFile) => archiveName(source, { ...file, partition });
    const files: ArchiveFile[] = group.map((file) => ({ ...file, partition, name: nameOf(file) }));
    const paths: string[] = [];
    try {
      for (const file of files) paths.push(await checkedPath(lake, file));
    } catch (error) {
      if (isPassing(error)) throw error;
      // What is damaged stays as it is: whoever needs it says so.
      logger.warn({ error, source, partition }, 'files of the archive are not joined');
      return;
    }
    const staged = await lake.stage();
    if (!(await engine.joinArchive(paths, staged, ids.next()))) return;
    const by = joined(group, await lake.print(staged));
    await lake.commit(staged, nameOf(by));
    const left = (await this.manifest.replace(partition, at, group, by, (tx) => lease.isHeldIn(tx)))
      ? files.map(({ name }) => name)
      : [nameOf(by)];
    for (const name of left) this.unnamed.set(name, clock.monotonic());
    this.made += 1;
    logger.debug(
      { source, partition, files: group.length, from: by.from, to: by.to },
      'archive files joined',
    );
  }

  /** Finds what nothing names although others hold all of it. What the manifest has not reached yet is left alone. */
  private async list(lost: AbortSignal): Promise<void> {
    const { clock, lake } = this.deps;
    if (clock.monotonic() - this.listedAt < LIST_EVERY_MS) return;
    this.listedAt = clock.monotonic();
    const { manifest } = this;
    for (let partition = 0; partition < manifest.partitions && !lost.aborted; partition++) {
      const listed = (await lake.list(partitionPrefix(manifest.source, partition))).flatMap(
        (file) => parseArchiveName(file) ?? [],
      );
      const { next } = manifest.head(partition);
      const named = new Set((await manifest.files(partition, 0, next)).map(({ name }) => name));
      for (const { name, to } of listed)
        if (to <= next && !named.has(name) && !this.unnamed.has(name))
          this.unnamed.set(name, clock.monotonic());
    }
  }

  /** Whoever reads a file has long opened it, or finds it named no more and begins anew. */
  private async sweep(lost: AbortSignal): Promise<void> {
    for (const [name, since] of this.unnamed) {
      if (lost.aborted) return;
      if (!this.isOver(since)) continue;
      const file = parseArchiveName({ name, bytes: 0 });
      const named = file === undefined ? [] : await this.manifest.files(file.partition, file.from, file.to);
      if (file !== undefined && !named.some((one) => one.name === name)) await this.deps.lake.remove(name);
      this.unnamed.delete(name);
    }
  }

  status(): Record<string, unknown> {
    return { joined: this.made };
  }

  stop(): Promise<void> {
    return this.looking.stop();
  }
}
