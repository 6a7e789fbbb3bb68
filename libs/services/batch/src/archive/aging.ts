/**
 * What of the archive is past its retention. What may go is older than the retention by the log's time at the cuts that all of the
 * source's products serve, appended and event time alike; so no product whose own retention has room in the archive's can need it.
 */
import type { ArchiveFile, ArchiveManifest } from '@tenon/archive';
import { checkedPath, removeOldest } from '@tenon/archive';
import type { Partition } from '@tenon/domain';
import { laneKey, neededFor } from '@tenon/domain';
import { isPassing } from '@tenon/errors';
import type { Lease } from '@tenon/leases';
import type { ArchiveAge } from '@tenon/ports';
import type { BatchDeps } from '../deps';

/** How often it is looked for, milliseconds. */
const LOOK_EVERY_MS = 600_000;

/** What all products have served, in all lanes of the source. */
interface Served {
  /** The time of the earliest barrier, microseconds. */
  readonly at: number;
  readonly cut: (partition: Partition) => number;
}

export class Aging {
  private lookedAt = -Infinity;
  /** The age of the file that each partition begins with. */
  private readonly ages = new Map<string, ArchiveAge>();

  constructor(
    private readonly deps: BatchDeps,
    private readonly manifest: ArchiveManifest,
  ) {}

  isDue(): boolean {
    const { clock, config } = this.deps;
    return config.archiveRetentionMs !== null && clock.monotonic() - this.lookedAt >= LOOK_EVERY_MS;
  }

  /** @returns files that are named no more */
  async remove(lease: Lease, lost: AbortSignal): Promise<ArchiveFile[]> {
    const { archiveRetentionMs } = this.deps.config;
    if (archiveRetentionMs === null || !this.isDue()) return [];
    this.lookedAt = this.deps.clock.monotonic();
    const served = await this.served(archiveRetentionMs);
    if (served === null) return [];
    const until = served.at - archiveRetentionMs * 1000;
    const removed: ArchiveFile[] = [];
    for (let partition = 0; partition < this.manifest.partitions && !lost.aborted; partition++) {
      const isOld = (file: ArchiveFile) => this.isOld(file, served, until);
      const mayWrite = (tx: Parameters<Lease['isHeldIn']>[0]) => lease.isHeldIn(tx);
      removed.push(
        ...(await removeOldest(this.deps.store, this.manifest, partition, until, isOld, mayWrite)),
      );
    }
    const { source } = this.manifest;
    if (removed.length > 0)
      this.deps.logger.info(
        { source, files: removed.length, until },
        'files of the archive are too old and go',
      );
    return removed;
  }

  /** Null where a product serves nothing yet, or its cut has no time: whoever is behind may need what is old. */
  private async served(retentionMs: number): Promise<Served | null> {
    const { pointers, clock, sources } = this.deps;
    const { source: name, partitions } = this.manifest;
    const plans = this.deps.plans.filter(({ source }) => source === name);
    // A version of before the setting may still run beside the one that has room.
    if (plans.some((plan) => !((neededFor(plan) ?? Infinity) / 1000 <= retentionMs))) return null;
    const window = sources.find((one) => one.name === name)?.dedupe.window ?? 0;
    const cuts = new Array<number>(partitions).fill(Infinity);
    let at = plans.length === 0 ? clock.now() : Infinity;
    for (const pointer of await pointers.read(plans))
      for (let partition = 0; partition < partitions; partition++) {
        const lane = laneKey(name, partition);
        const barrier = pointer?.barriers[lane];
        if (barrier === undefined) return null;
        at = Math.min(at, barrier);
        cuts[partition] = Math.min(cuts[partition] ?? 0, pointer?.cut[lane] ?? 0);
      }
    // Ids that repeats are known by stand in the records before the cut.
    return { at: at * 1000, cut: (partition) => (cuts[partition] ?? 0) - window };
  }

  private async isOld(file: ArchiveFile, served: Served, until: number): Promise<boolean> {
    if (file.to >= served.cut(file.partition)) return false;
    let age = this.ages.get(file.name);
    if (age === undefined) {
      try {
        age = await this.deps.engine.archiveAge(await checkedPath(this.deps.lake, file));
      } catch (error) {
        // Of one that is damaged nobody can say; whoever needs it says so.
        if (isPassing(error)) throw error;
        return false;
      }
      this.ages.set(file.name, age);
    }
    const isOld = (age.appended ?? Infinity) * 1000 <= until && (age.latest ?? -Infinity) <= until;
    if (isOld) this.ages.delete(file.name);
    return isOld;
  }
}
