/** `tenon restore`, from its options to certificates. */
import { createIds, systemClock } from '@tenon/adapters-embedded';
import { identityBook } from '@tenon/service-ingestion';
import type { Progress, Restored } from '@tenon/topic-backup';
import { isEventsTopic, restore } from '@tenon/topic-backup';
import { topicBook } from '@tenon/views';
import type { BackupPlace, Opened } from './open';
import { withTopics } from './open';

export interface RestoreRequest extends BackupPlace {
  readonly directory: string;
  readonly topic?: string;
  readonly into?: string;
  readonly partitions?: number;
  readonly replication?: number;
  readonly groups: boolean;
  readonly out?: string;
  readonly parallel: number;
  /** Has the services take the topics for those of before. */
  readonly accept: boolean;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

export interface RestoreResult {
  readonly restored: readonly Restored[];
  /** Topics of events at their old places: ids that services are to be told of (`TENON_ACCEPT_TOPICS`). */
  readonly acceptable: readonly { readonly topic: string; readonly id: string }[];
  /** These were told to them already. */
  readonly accepted: boolean;
  /** It was ended before the end. */
  readonly interrupted: boolean;
}

export function runRestore(request: RestoreRequest): Promise<RestoreResult> {
  const { directory, groups, parallel, progress, signal } = request;
  return withTopics(request, 'write', async (opened) => {
    const { topics, files } = opened;
    const restored = await restore(
      { topics, files, clock: systemClock, progress, signal },
      {
        directory,
        only: request.topic ?? null,
        into: request.into ?? null,
        partitions: request.partitions ?? null,
        replication: request.replication ?? null,
        groups,
        out: request.out ?? null,
        parallel,
      },
    );
    const acceptable = restored
      .map(({ certificate }) => certificate)
      .filter(
        ({ topic, into, offsetsKept, partitions }) =>
          into === topic && isEventsTopic(topic) && offsetsKept && partitions.every(({ equal }) => equal),
      )
      .map(({ into, id }) => ({ topic: into, id }));
    if (request.accept) await accept(opened, acceptable);
    return { restored, acceptable, accepted: request.accept, interrupted: signal.aborted };
  });
}

/** In the books that services look into: the store's, and for ingestion on servers the log's (ADR 24). */
async function accept(
  { settings, parts }: Opened,
  topics: readonly { readonly topic: string; readonly id: string }[],
): Promise<void> {
  const onServers = settings.TENON_KAFKA_BROKERS !== undefined;
  const books = [
    ...(onServers ? [identityBook(await parts.log(), createIds())] : []),
    ...(onServers && settings.TENON_MONGODB_URL === undefined ? [] : [topicBook(await parts.store())]),
  ];
  for (const book of books) for (const { topic, id } of topics) await book.replace(topic, id);
}
