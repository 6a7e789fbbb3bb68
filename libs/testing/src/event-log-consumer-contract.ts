/** The part of the EventLog contract that is about consumers and their groups. */
import type { Displaced, LogConsumer, Polled, PollOptions } from '@tenon/ports';
import { noStart, record, text, withConsumers } from './log-under-test';
import type { LogUnderTest } from './log-under-test';
import { uniqueName } from './unique';

/** Polls until `enough` says so, adding up what came. */
async function pollUntil(
  consumer: LogConsumer,
  timeoutMs: number,
  enough: (seen: Seen) => boolean,
  options: Partial<PollOptions> = {},
  seen = new Seen(),
): Promise<Seen> {
  const end = performance.now() + timeoutMs;
  while (!enough(seen)) {
    if (performance.now() > end)
      throw new Error(`Polled in vain; seen: ${JSON.stringify([...seen.values.entries()])}`);
    seen.add(await consumer.poll({ maxWaitMs: 100, ...options }));
  }
  return seen;
}

/** What a consumer has been given. */
class Seen {
  /** Partition → values, in order. */
  readonly values = new Map<number, string[]>();
  /** Partitions that it holds now. */
  readonly held = new Set<number>();
  readonly displaced: Displaced[] = [];
  count = 0;

  add(polled: Polled): void {
    for (const partition of polled.revoked) this.held.delete(partition);
    for (const partition of polled.assigned) this.held.add(partition);
    this.displaced.push(...(polled.displaced ?? []));
    for (const batch of polled.read) {
      const values = this.values.get(batch.partition) ?? [];
      this.values.set(batch.partition, values);
      expect(batch.records.length).toBeGreaterThan(0);
      for (const one of batch.records) values.push(text(one.value) ?? '');
      this.count += batch.records.length;
    }
  }
}

export function describeConsumers({ log, topic, another, capabilities }: LogUnderTest): void {
  const { rebalanceMs } = capabilities;
  const testMs = 10_000 + 6 * rebalanceMs;
  const group = () => uniqueName('group');

  test(
    'a consumer gets every partition from where startAt says, in order, and each once',
    () =>
      withConsumers(async (add) => {
        const name = await topic(3);
        const rows = Array.from({ length: 300 }, (_, i) => record(i % 3, String(i)));
        await log().append(name, rows);
        const asked: number[] = [];
        const startAt = async (partition: number) => {
          asked.push(partition);
          return partition * 10;
        };
        const consumer = add(await log().consume({ topic: name, group: group(), startAt }));
        const seen = await pollUntil(consumer, testMs, ({ count }) => count >= 270);
        await log().append(name, [record(1, 'after')]);
        await pollUntil(consumer, testMs, ({ count }) => count >= 271, {}, seen);
        expect([...seen.held].sort()).toEqual([0, 1, 2]);
        expect([...new Set(asked)].sort()).toEqual([0, 1, 2]);
        for (const partition of [0, 1, 2]) {
          const expected = rows.filter((row) => row.partition === partition).map((row) => row.value);
          const after = partition === 1 ? ['after'] : [];
          expect(seen.values.get(partition)).toEqual([...expected.slice(partition * 10), ...after]);
        }
      }),
    testMs,
  );

  test(
    'a poll waits for records and answers when they come',
    () =>
      withConsumers(async (add) => {
        const name = await topic(1);
        const consumer = add(await log().consume({ topic: name, group: group(), startAt: noStart }));
        await pollUntil(consumer, testMs, ({ held }) => held.size === 1);
        const polled = consumer.poll({ maxWaitMs: 60_000 });
        await log().append(name, [record(0, 'wake up')]);
        expect((await polled).read.map((batch) => batch.records.map((one) => text(one.value)))).toEqual([
          ['wake up'],
        ]);
      }),
    testMs,
  );

  test(
    'a poll gives up after its time, and at once when aborted',
    () =>
      withConsumers(async (add) => {
        const name = await topic(1);
        const consumer = add(await log().consume({ topic: name, group: group(), startAt: noStart }));
        await pollUntil(consumer, testMs, ({ held }) => held.size === 1);
        const nothing = { assigned: [], revoked: [], read: [] };
        expect(await consumer.poll({ maxWaitMs: 20 })).toEqual(nothing);
        const abort = new AbortController();
        const polled = consumer.poll({ maxWaitMs: 600_000, signal: abort.signal });
        abort.abort();
        expect(await polled).toEqual(nothing);
        expect(await consumer.poll({ maxWaitMs: 600_000, signal: abort.signal })).toEqual(nothing);
      }),
    testMs,
  );

  test(
    'maxRecords bounds what a poll gives, and nothing is skipped',
    () =>
      withConsumers(async (add) => {
        const name = await topic(2);
        await log().append(
          name,
          Array.from({ length: 100 }, (_, i) => record(i % 2, String(i >> 1))),
        );
        const consumer = add(await log().consume({ topic: name, group: group(), startAt: noStart }));
        const seen = new Seen();
        while (seen.count < 100) {
          const before = seen.count;
          seen.add(await consumer.poll({ maxWaitMs: 100, maxRecords: 7 }));
          expect(seen.count - before).toBeLessThanOrEqual(7);
        }
        const expected = Array.from({ length: 50 }, (_, i) => String(i));
        expect([seen.values.get(0), seen.values.get(1)]).toEqual([expected, expected]);
      }),
    testMs,
  );

  test(
    'after seek the next poll reads from there, also when records were fetched already',
    () =>
      withConsumers(async (add) => {
        const name = await topic(1);
        await log().append(
          name,
          Array.from({ length: 20 }, (_, i) => record(0, String(i))),
        );
        const consumer = add(await log().consume({ topic: name, group: group(), startAt: noStart }));
        await pollUntil(consumer, testMs, ({ count }) => count >= 3, { maxRecords: 3 });
        consumer.seek(0, 15);
        const later = await pollUntil(consumer, testMs, ({ count }) => count >= 5);
        expect(later.values.get(0)).toEqual(['15', '16', '17', '18', '19']);
        consumer.seek(0, 2);
        const again = await pollUntil(consumer, testMs, ({ count }) => count >= 1, { maxRecords: 1 });
        expect(again.values.get(0)).toEqual(['2']);
      }),
    testMs,
  );

  test(
    'each group gets everything',
    () =>
      withConsumers(async (add) => {
        const name = await topic(2);
        await log().append(name, [record(0, 'a'), record(1, 'b')]);
        for (const one of [group(), group()]) {
          const consumer = add(await log().consume({ topic: name, group: one, startAt: noStart }));
          expect((await pollUntil(consumer, testMs, ({ count }) => count >= 2)).count).toBe(2);
        }
      }),
    testMs,
  );

  test(
    'members of a group share the partitions, and the rest take over from one that leaves',
    () =>
      withConsumers(async (add) => {
        const name = await topic(4);
        const logs = [log(), (await another()) ?? log()] as const;
        const shared = group();
        const landed = new Map<number, number>();
        const startAt = async (partition: number) => landed.get(partition) ?? 0;
        const members = [
          { consumer: add(await logs[0].consume({ topic: name, group: shared, startAt })), seen: new Seen() },
          { consumer: add(await logs[1].consume({ topic: name, group: shared, startAt })), seen: new Seen() },
        ] as const;
        const step = async () => {
          for (const { consumer, seen } of members) {
            const polled = await consumer.poll({ maxWaitMs: 50 }).catch(() => null);
            if (polled === null) continue;
            seen.add(polled);
            for (const { partition, records } of polled.read) {
              landed.set(partition, (records[records.length - 1]?.offset ?? -1) + 1);
            }
          }
        };
        await stepUntil(step, rebalanceMs, () => members.every(({ seen }) => seen.held.size === 2));
        expect([...members[0].seen.held, ...members[1].seen.held].sort()).toEqual([0, 1, 2, 3]);
        await log().append(
          name,
          Array.from({ length: 40 }, (_, i) => record(i % 4, `first ${i}`)),
        );
        await stepUntil(step, rebalanceMs, () => members[0].seen.count + members[1].seen.count >= 40);
        expect(members.map(({ seen }) => seen.count)).toEqual([20, 20]);

        await members[0].consumer.close();
        await log().append(
          name,
          Array.from({ length: 40 }, (_, i) => record(i % 4, `second ${i}`)),
        );
        await stepUntil(
          step,
          rebalanceMs,
          () => members[1].seen.count >= 60 && members[1].seen.held.size === 4,
        );
        const second = [...members[1].seen.values.values()]
          .flat()
          .filter((value) => value.startsWith('second'));
        expect(second.length).toBe(40);
        expect(new Set(second).size).toBe(40);
      }),
    testMs,
  );

  test(
    'where startAt fails the poll does, and a later one goes on',
    () =>
      withConsumers(async (add) => {
        const name = await topic(1);
        await log().append(name, [record(0, 'a')]);
        let failures = 1;
        const startAt = async () => {
          if (failures-- > 0) throw new Error('the store is down');
          return 0;
        };
        const consumer = add(await log().consume({ topic: name, group: group(), startAt }));
        const failed: unknown[] = [];
        const seen = new Seen();
        await stepUntil(
          async () => {
            const polled = await consumer
              .poll({ maxWaitMs: 50 })
              .catch((error: unknown) => void failed.push(error));
            if (polled) seen.add(polled);
          },
          testMs,
          () => seen.count > 0,
        );
        expect(failed.length).toBe(1);
        expect([...seen.held]).toEqual([0]);
      }),
    testMs,
  );

  test(
    'a start at the end waits for what comes next; one beyond it is said, and stands until it is sought',
    () =>
      withConsumers(async (add) => {
        const name = await topic(1);
        await log().append(name, [record(0, 'a'), record(0, 'b')]);
        const consumer = add(await log().consume({ topic: name, group: group(), startAt: async () => 2 }));
        await pollUntil(consumer, testMs, ({ held }) => held.size === 1);
        await log().append(name, [record(0, 'c')]);
        expect((await pollUntil(consumer, testMs, ({ count }) => count > 0)).values.get(0)).toEqual(['c']);
        consumer.seek(0, 7);
        const beyond = await pollUntil(consumer, testMs, ({ displaced }) => displaced.length > 0);
        expect(beyond.displaced).toEqual([{ partition: 0, wanted: 7, start: 0, end: 3 }]);
        await log().append(name, [record(0, 'd')]);
        expect((await consumer.poll({ maxWaitMs: 100 })).read).toEqual([]);
        consumer.seek(0, 2);
        const later = await pollUntil(consumer, testMs, ({ count }) => count > 1);
        expect(later.values.get(0)).toEqual(['c', 'd']);
      }),
    testMs,
  );
}

async function stepUntil(step: () => Promise<void>, timeoutMs: number, done: () => boolean): Promise<void> {
  const end = performance.now() + timeoutMs;
  while (!done()) {
    if (performance.now() > end) throw new Error('It took too long.');
    await step();
  }
}
