/** What streams and their lanes are called in notes and in the ids of what was taken from them. */
import type { Partition, SourceFeed } from '@tenon/domain';

const NATS = 'nats:';

/** A topic and a JetStream stream may have one name. */
export const streamName = ({ kind, stream }: Pick<SourceFeed, 'kind' | 'stream'>): string =>
  kind === 'nats' ? `${NATS}${stream}` : stream;

/** A JetStream stream has no partitions. @param stream with the id of one that came later */
export const laneName = (stream: string, partition: Partition): string =>
  stream.startsWith(NATS) ? stream : `${stream}/${partition}`;

export const isLaneOf = (lane: string, stream: string): boolean =>
  lane === stream || lane.startsWith(`${stream}/`) || lane.startsWith(`${stream}@`);

/** What the rows of a file are called by. @param base its digest when it was first read */
export const fileLane = (file: string, base: string): string => `files:${file}@${base.slice(0, 24)}`;
