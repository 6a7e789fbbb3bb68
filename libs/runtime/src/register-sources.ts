/** The first start with a source fixes where its events lie and how they are judged: only its schema may change after. */
import type { SourceDocument } from '@tenon/contracts';
import { STORE_KEYS, VERSIONS, supported } from '@tenon/contracts';
import type { Problem, SourceDefinition } from '@tenon/domain';
import type { StoreTransaction } from '@tenon/ports';

/** The sources of a catalog as they are registered; those that are new are missing. @throws UnsupportedVersion */
export async function registeredSources(
  tx: StoreTransaction,
  sources: readonly SourceDefinition[],
): Promise<SourceDefinition[]> {
  const keys = sources.map(({ name }) => STORE_KEYS.source(name));
  const documents = await tx.getMany<SourceDocument>('meta', keys);
  return documents.flatMap((document, index) => {
    const registered = supported('source', document)?.source;
    if (registered === undefined) return [];
    // Releases before wrote no id down: which one such a source has in use can't be told, so it is taken for this one.
    const { id = sources[index]?.id ?? [], ...source } = registered;
    return { ...source, ...(id.length > 0 && { id }) };
  });
}

export function putSources(tx: StoreTransaction, sources: readonly SourceDefinition[]): void {
  for (const { name, key, id = [], time, schema, partitions, dedupe, latenessMicros } of sources) {
    const source = {
      ...{ name, key, id, time, schema, partitions, dedupe },
      ...(latenessMicros !== undefined && { latenessMicros }),
    };
    tx.put('meta', STORE_KEYS.source(name), {
      v: VERSIONS.source.writes,
      source,
    } satisfies SourceDocument);
  }
}

/** What is fixed of a source, and why. */
const FIXED: readonly {
  readonly setting: string;
  of(source: SourceDefinition): string;
  readonly reason: string;
}[] = [
  {
    setting: 'key',
    of: ({ key }) => (key.length === 0 ? 'none' : key.join(', ')),
    reason:
      'Events that belong together would lie in several partitions, and a repeated one would count twice.',
  },
  {
    setting: 'id',
    of: ({ id }) => id?.join(', ') ?? 'none',
    reason: 'What is in the log keeps its id, so an event that is sent again would count twice.',
  },
  {
    setting: 'time',
    of: ({ time }) => time ?? 'none',
    reason: 'The events that are in the log keep the time that they came with, so it would mean two things.',
  },
  {
    setting: 'partitions',
    of: ({ partitions }) => String(partitions),
    reason: 'Keys would move to other partitions, away from the events before them.',
  },
  {
    setting: 'dedupe.window',
    of: ({ dedupe }) => String(dedupe.window),
    reason: 'What is archived was judged by the old window: the layers would count other events as repeated.',
  },
];

/** What changed from one to the next of what may not. */
export function changedSources(
  before: readonly SourceDefinition[],
  after: readonly SourceDefinition[],
): readonly Problem[] {
  const known = new Map(before.map((source) => [source.name, source]));
  return after.flatMap((source) => {
    const used = known.get(source.name);
    if (used === undefined) return [];
    return FIXED.filter(({ of }) => of(used) !== of(source)).map(({ setting, of, reason }) => ({
      code: 'source-changed',
      message: `The source ${source.name} is in use with ${setting}: ${of(used)}, so it can't become ${of(source)}. ${reason}`,
      hint: `Set it back, or declare a new source beside it (sources/${source.name}_2.yaml) and send to that one.`,
      place: { file: `sources/${source.name}.yaml` },
    }));
  });
}
