/** Reads a log in files to its end: each frame has a checksum. */
import { join } from 'node:path';
import { topicsIn } from '@tenon/adapters-embedded';
import type { EventLog } from '@tenon/ports';
import type { Findings, Watcher } from './findings';

export interface LogReport {
  readonly topics: number;
  readonly records: number;
}

export async function verifyLog(
  data: string,
  log: EventLog,
  findings: Findings,
  watcher: Watcher,
): Promise<LogReport> {
  const topics = await topicsIn(join(data, 'log'));
  const partitions: { topic: string; partition: number; from: number; to: number }[] = [];
  for (const topic of topics)
    try {
      const [starts, ends] = [await log.startOffsets(topic), await log.endOffsets(topic)];
      for (const [partition, to] of Object.entries<number>(ends))
        partitions.push({ topic, partition: Number(partition), from: starts[partition] ?? 0, to });
    } catch (error) {
      findings.failed(`Topic ${topic}`, error);
    }
  let records = 0;
  watcher.begin(
    'log',
    partitions.reduce((sum, { from, to }) => sum + to - from, 0),
  );
  for (const { topic, partition, from, to } of partitions)
    try {
      for (let at = from; at < to;) {
        const read = await log.read(topic, partition, at);
        const last = read.at(-1);
        if (last === undefined) {
          findings.add('log-damaged', `${topic}, partition ${partition} ends at ${at}, and not at ${to}.`);
          break;
        }
        records += read.length;
        watcher.add(last.offset + 1 - at);
        at = last.offset + 1;
      }
    } catch (error) {
      findings.failed(`${topic}, partition ${partition}`, error);
    }
  watcher.end();
  return { topics: topics.length, records };
}
