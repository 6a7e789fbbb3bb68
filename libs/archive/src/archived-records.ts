/** The archive as the older part of its log: the records as they were, at their offsets. */
import { TOPICS } from '@tenon/contracts';
import type { Offset, Partition, SourceDefinition } from '@tenon/domain';
import type { Engine, Lake, OlderPart, OlderTier } from '@tenon/ports';
import { checkedPath } from './check';
import type { ManifestDeps } from './manifest';
import { ArchiveManifest } from './manifest';

export interface ArchivedDeps extends ManifestDeps {
  readonly lake: Pick<Lake, 'list' | 'path' | 'print'>;
  readonly engine: Pick<Engine, 'readArchive'>;
  readonly sources: readonly Pick<SourceDefinition, 'name' | 'partitions'>[];
}

export function archivedRecords(deps: ArchivedDeps): OlderTier {
  const { lake, engine } = deps;
  const byTopic = new Map(
    deps.sources.map(({ name, partitions }) => [
      TOPICS.events(name),
      new ArchiveManifest(deps, name, partitions),
    ]),
  );

  async function* partsOf(
    manifest: ArchiveManifest,
    partition: Partition,
    from: Offset,
  ): AsyncGenerator<OlderPart> {
    let next = from;
    for (const file of await manifest.files(partition, from, Number.MAX_SAFE_INTEGER)) {
      if (file.from > next) return;
      const range = { partition, from: next, to: file.to, paths: [await checkedPath(lake, file)] };
      for await (const records of engine.readArchive(range)) {
        next = (records.at(-1)?.offset ?? next - 1) + 1;
        yield { records, next };
      }
      next = file.to;
      yield { records: [], next };
    }
  }

  return {
    async *read(topic, partition, from) {
      const manifest = byTopic.get(topic);
      if (manifest !== undefined) yield* partsOf(manifest, partition, from);
    },
    async next(topic, partition, from) {
      const [file] = (await byTopic.get(topic)?.files(partition, from, Number.MAX_SAFE_INTEGER)) ?? [];
      return file === undefined ? null : Math.max(from, file.from);
    },
    async aged(topic, partition) {
      const manifest = byTopic.get(topic);
      const head = await deps.store.snapshot(async (snapshot) => manifest?.headIn(snapshot, partition));
      return head?.removed === undefined ? null : { before: head.first, until: head.removed };
    },
  };
}
