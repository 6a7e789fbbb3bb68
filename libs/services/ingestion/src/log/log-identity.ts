/**
 * Which log this is: a client that remembers how much it has sent must not take a new log for one that has it all. The
 * first record of a topic of its own says so, whatever the log is made of; where two write at once, the first one counts.
 */
import { HEADERS, TOPICS, mustRead, unknownVersion, versionText } from '@tenon/contracts';
import type { EventLog, Ids, TopicBook } from '@tenon/ports';

/** @throws Unavailable if the log can't be read or written, UnsupportedVersion */
export async function logIdentity(log: EventLog, ids: Ids): Promise<string> {
  await log.ensureTopic({ name: TOPICS.identity, partitions: 1 });
  const known = await firstRecord(log);
  if (known !== undefined) return known;
  const headers = { [HEADERS.version]: versionText('identity') };
  await log.append(TOPICS.identity, [{ partition: 0, key: null, value: ids.next(), headers }]);
  return (await firstRecord(log)) as string;
}

async function firstRecord(log: EventLog): Promise<string | undefined> {
  const [record] = await log.read(TOPICS.identity, 0, 0, { maxRecords: 1 });
  if (record === undefined) return undefined;
  mustRead(unknownVersion('identity', record.header(HEADERS.version)), () => TOPICS.identity);
  return Buffer.from(record.value).toString('utf8');
}

/**
 * Ids of topics, behind the log's name in its topic: for whoever writes events and has no store. Of several for one topic the
 * last one counts.
 */
export function identityBook(log: EventLog, ids: Ids): TopicBook {
  const idOf = async (topic: string): Promise<string | undefined> => {
    await logIdentity(log, ids);
    let known: string | undefined;
    for (let from = 0; ;) {
      const records = await log.read(TOPICS.identity, 0, from);
      const last = records.at(-1);
      if (last === undefined) return known;
      for (const record of records) {
        if (record.key === null || Buffer.from(record.key).toString('utf8') !== topic) continue;
        mustRead(unknownVersion('identity', record.header(HEADERS.version)), () => TOPICS.identity);
        known = Buffer.from(record.value).toString('utf8');
      }
      from = last.offset + 1;
    }
  };
  const replace = async (topic: string, id: string): Promise<void> => {
    const headers = { [HEADERS.version]: versionText('identity') };
    await log.append(TOPICS.identity, [{ partition: 0, key: topic, value: id, headers }]);
  };
  const note = async (topic: string, id: string): Promise<string> => {
    const noted = await idOf(topic);
    if (noted === undefined) await replace(topic, id);
    return noted ?? id;
  };
  return { idOf, note, replace };
}
