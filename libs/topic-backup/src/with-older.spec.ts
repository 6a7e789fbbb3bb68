import type { LogRecord, OlderPart, OlderRecords } from '@tenon/ports';
import { MemoryLog } from '@tenon/testing';
import { createLogTopics } from './log-topics';
import { withOlder } from './with-older';

const TOPIC = 't';

/** A log of a hundred records, a second apart, of which an archive has the first sixty in parts of twenty. */
async function begin(first = 0) {
  const log = new MemoryLog();
  await log.ensureTopic({ name: TOPIC, partitions: 1 });
  for (let at = 0; at < 100; at++) {
    const headers = { correlationid: `c-${at}` };
    await log.append(TOPIC, [
      { partition: 0, key: `k${at}`, value: `v${at}`, headers, timestamp: at * 1000 },
    ]);
  }
  const kept: readonly LogRecord[] = (await log.read(TOPIC, 0, 0)).slice(first, 60);
  const records: OlderRecords = {
    async *read(topic, _partition, from): AsyncGenerator<OlderPart> {
      if (topic !== TOPIC || from < first) return;
      for (let next = from; next < 60;) {
        const part = kept.filter(({ offset }) => offset >= next && offset < next + 20);
        next = (part.at(-1)?.offset ?? next) + 1;
        yield { records: part, next };
      }
    },
  };
  const alone = createLogTopics({ name: 'log', log, list: async () => [TOPIC] });
  const starts = async () => ({ 0: first });
  return { log, alone, both: withOlder(alone, { records, starts }) };
}

async function readAll(topics: Awaited<ReturnType<typeof begin>>['both'], from = 0) {
  const end = (await topics.ranges(TOPIC))['0']?.end ?? 0;
  const [records, holes]: [unknown[], unknown[]] = [[], []];
  for (let at = from; at < end;) {
    const read = await topics.read(TOPIC, 0, at, end);
    records.push(...read.records);
    holes.push(...read.holes);
    at = read.next;
  }
  return { records, holes };
}

test('what the log has let go is read as it was', async () => {
  const { log, alone, both } = await begin();
  const before = await readAll(alone);
  expect(await readAll(both)).toEqual(before);
  log.lose(TOPIC, 0, 50);
  expect(await both.ranges(TOPIC)).toEqual({ 0: { start: 0, end: 100, highWatermark: 100 } });
  expect(await readAll(both)).toEqual(before);
  expect(await readAll(both, 33)).toEqual({ ...before, records: before.records.slice(33) });
});

test('the first record of a time is found in either part', async () => {
  const { log, both } = await begin();
  log.lose(TOPIC, 0, 50);
  for (const [time, offset] of [
    [0, 0],
    [30_500, 31],
    [49_001, 50],
    [70_000, 70],
    [200_000, 100],
  ] as const)
    expect(await both.offsetsAt(TOPIC, time)).toEqual({ 0: offset });
});

test('what neither has is a hole, before the archive and behind it', async () => {
  const { log, both } = await begin(10);
  log.lose(TOPIC, 0, 80);
  expect((await both.ranges(TOPIC))['0']?.start).toBe(10);
  const { records, holes } = await readAll(both, 10);
  expect(records).toHaveLength(70);
  expect(holes).toEqual([{ from: 60, to: 80, reason: 'deleted' }]);
});
