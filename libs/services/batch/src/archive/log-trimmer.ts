/**
 * Lets a source's log go once it is old enough, and never before it is archived: up to the end of what the manifest names, and only
 * behind files that are what was written. From then on the archive is the older part of the log, at the same offsets. One instance at
 * a time does it, by a lease; a second one would do the same.
 */
import type { ArchiveFile, ArchiveManifest } from '@tenon/archive';
import { checkedPath } from '@tenon/archive';
import { TOPICS } from '@tenon/contracts';
import type { Offset, Partition } from '@tenon/domain';
import { isPassing } from '@tenon/errors';
import type { Leases } from '@tenon/leases';
import { Periodic } from '@tenon/loops';
import type { BatchDeps } from '../deps';

const MOST_BETWEEN_MS = 60_000;
const LEAST_BETWEEN_MS = 1_000;

export class LogTrimmer {
  private readonly looking: Periodic;
  private readonly topic: string;
  /** Files that were compared with their digests, by name; a digest is part of it. */
  private checked = new Set<string>();
  private readonly kept = new Map<Partition, string>();
  private failure: string | null = null;
  private total = 0;

  /** @param retentionMs how old the log's records become at least */
  constructor(
    private readonly deps: BatchDeps,
    private readonly leases: Leases,
    private readonly manifest: ArchiveManifest,
    private readonly retentionMs: number,
  ) {
    this.topic = TOPICS.events(manifest.source);
    const every = Math.min(MOST_BETWEEN_MS, Math.max(LEAST_BETWEEN_MS, retentionMs / 4));
    // No product waits for it: where it fails the log keeps more than it has to.
    const alone = {
      failed: (error: unknown) => (this.failure = error instanceof Error ? error.message : String(error)),
      well: () => (this.failure = null),
    };
    const look = (signal: AbortSignal) => this.look(signal);
    this.looking = new Periodic(deps, `retention of ${manifest.source}`, () => every, look, alone);
  }

  get done(): Promise<void> {
    return this.looking.done;
  }

  /** Records that this instance let the log go. */
  get trimmed(): number {
    return this.total;
  }

  /** Why the log keeps what is old enough to go, in words. */
  degraded(): readonly string[] {
    const reasons = [...this.kept.values(), ...(this.failure === null ? [] : [this.failure])];
    return reasons.map((reason) => `The log of ${this.manifest.source} is kept for longer: ${reason}`);
  }

  start(): void {
    this.looking.start();
  }

  stop(): Promise<void> {
    return this.looking.stop();
  }

  /** Once; also what the loop does from time to time. */
  async look(signal: AbortSignal): Promise<void> {
    const lease = await this.leases.take(`log/${this.manifest.source}`);
    if (lease === null) return;
    try {
      const lost = AbortSignal.any([lease.lost, signal]);
      await this.manifest.look();
      const starts = await this.deps.log.startOffsets(this.topic);
      const held = new Set<string>();
      for (let partition = 0; partition < this.manifest.partitions && !lost.aborted; partition++)
        for (const name of await this.trim(partition, starts[String(partition)] ?? 0)) held.add(name);
      this.checked = held;
    } finally {
      await lease.release();
    }
  }

  /** @returns the checked files that hold what the log has too */
  private async trim(partition: Partition, start: Offset): Promise<readonly string[]> {
    const { next, first, removed } = this.manifest.head(partition);
    const old = await this.firstYoung(partition, start, next);
    if (old <= start) {
      this.kept.delete(partition);
      return [];
    }
    // What was removed from the archive for its age was in it.
    const from = removed === undefined ? start : Math.max(start, first);
    const files = await this.manifest.files(partition, from, next);
    const to = Math.min(old, await this.soundTo(partition, from, old, files));
    if (to > start) {
      await this.deps.log.deleteBefore(this.topic, { [String(partition)]: to });
      const now = (await this.deps.log.startOffsets(this.topic))[String(partition)] ?? start;
      this.total += Math.max(0, now - start);
      const facts = { source: this.manifest.source, partition, from: start, to };
      if (now > start) this.deps.logger.info(facts, 'the log lets go what is archived and old enough');
    }
    return files.filter((file) => file.to > to && this.checked.has(file.name)).map(({ name }) => name);
  }

  /** The first archived record that is too young to go; timestamps grow, but for what clocks differ by. */
  private async firstYoung(partition: Partition, start: Offset, next: Offset): Promise<Offset> {
    const before = this.deps.clock.now() - this.retentionMs;
    const isOld = async (offset: Offset) => {
      const [record] = await this.deps.log.read(this.topic, partition, offset, { maxRecords: 1 });
      return record !== undefined && record.timestamp < before;
    };
    let [low, high] = [start, next];
    if (low >= high || !(await isOld(low))) return start;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if (await isOld(middle)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Up to here the archive has each record, in files that are what was written. */
  private async soundTo(
    partition: Partition,
    from: Offset,
    to: Offset,
    files: readonly ArchiveFile[],
  ): Promise<Offset> {
    let next = from;
    this.kept.delete(partition);
    for (const file of files) {
      if (next >= to) return next;
      if (file.from > next) {
        this.kept.set(partition, `the archive has no records from ${next} on in partition ${partition}.`);
        return next;
      }
      try {
        if (!this.checked.has(file.name)) await checkedPath(this.deps.lake, file);
      } catch (error) {
        if (isPassing(error)) throw error;
        this.kept.set(partition, error instanceof Error ? error.message : String(error));
        return next;
      }
      this.checked.add(file.name);
      next = file.to;
    }
    return next;
  }
}
