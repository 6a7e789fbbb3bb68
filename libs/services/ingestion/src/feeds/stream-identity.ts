/**
 * Whether a stream is still the one that was read: offsets name its records. One that was deleted and made anew has the same offsets
 * for other records, or the same records once more; which of the two, nobody can tell but who did it.
 */
import { TenonError, Unavailable } from '@tenon/errors';
import type { Feed } from '@tenon/ports';
import type { PositionBook } from './position-book';

export interface StreamIdentity {
  /** What its lanes are called: the stream's name; one that was accepted later has its id with it. */
  readonly name: string;
  readonly id: string;
  /** It was never read before. */
  readonly isNew: boolean;
}

/** @throws Unavailable while there is no such stream; TenonError `stream-replaced` */
export async function identify(
  stream: string,
  feed: Feed,
  book: PositionBook,
  accepted: readonly string[],
): Promise<StreamIdentity> {
  const id = await feed.log.topicId(stream);
  if (id === null) throw new Unavailable(`There is no ${feed.title} in ${feed.place} yet.`);
  const known = book.idsOf(stream);
  const latest = known.at(-1);
  const isAccepted = latest === undefined || latest === id || accepted.includes(id);
  if (!isAccepted)
    throw new TenonError(
      'stream-replaced',
      `The ${feed.title} in ${feed.place} that was read up to now (${latest}) was deleted and made anew (it is ${id} now).`,
      {
        hint: `To read the new one from its beginning, as events that were never seen: TENON_ACCEPT_TOPICS=${id}.`,
      },
    );
  const first = known[0] ?? id;
  return { id, name: id === first ? stream : `${stream}@${id.slice(0, 8)}`, isNew: !known.includes(id) };
}
