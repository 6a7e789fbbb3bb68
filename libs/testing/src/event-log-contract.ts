/** What every EventLog must do. Run it with `describeEventLogContract` in the adapter's spec. */
import { TenonError, TopicMismatch } from '@tenon/errors';
import type { EventLog } from '@tenon/ports';
import { describeConsumers } from './event-log-consumer-contract';
import { readAll, record, text } from './log-under-test';
import type { EventLogCapabilities, EventLogHarness, LogUnderTest } from './log-under-test';
import { uniqueName } from './unique';

export function describeEventLogContract(
  name: string,
  create: () => Promise<EventLogHarness>,
  capabilities: EventLogCapabilities,
): void {
  describe(`${name} keeps the contract of EventLog`, () => {
    let harness: EventLogHarness;
    let current: EventLog;
    const open = new Set<EventLog>();
    const openOne = async () => {
      const log = await harness.open();
      open.add(log);
      return log;
    };
    const underTest: LogUnderTest = {
      log: () => current,
      async reopen() {
        await current.close();
        open.delete(current);
        return (current = await openOne());
      },
      another: () => (capabilities.sharedStorage ? openOne() : Promise.resolve(null)),
      async topic(partitions) {
        const topic = uniqueName('contract');
        await current.ensureTopic({ name: topic, partitions });
        return topic;
      },
      capabilities,
    };

    beforeAll(async () => {
      harness = await create();
      current = await openOne();
    });

    afterAll(async () => {
      for (const log of open) await log.close();
      await harness.dispose?.();
    });

    describeTopics(underTest);
    describeAppends(underTest);
    describeReads(underTest);
    describeConsumers(underTest);
    describeDurability(underTest);
  });
}

function describeTopics({ log, topic, reopen }: LogUnderTest): void {
  test('a topic can be ensured again, but not with another number of partitions', async () => {
    const name = await topic(3);
    await log().ensureTopic({ name, partitions: 3 });
    await expect(log().ensureTopic({ name, partitions: 4 })).rejects.toBeInstanceOf(TopicMismatch);
    expect(await log().endOffsets(name)).toEqual({ '0': 0, '1': 0, '2': 0 });
    expect(await log().startOffsets(name)).toEqual({ '0': 0, '1': 0, '2': 0 });
  });

  test('one topic can be ensured by many at once', async () => {
    const name = uniqueName('contract');
    await Promise.all(Array.from({ length: 5 }, () => log().ensureTopic({ name, partitions: 2 })));
    expect(Object.keys(await log().endOffsets(name))).toEqual(['0', '1']);
  });

  test('whether a topic is there can be asked without making it', async () => {
    const name = uniqueName('contract');
    expect(await log().hasTopic(name)).toBe(false);
    expect(await log().hasTopic(name)).toBe(false);
    await log().ensureTopic({ name, partitions: 2 });
    expect(await log().hasTopic(name)).toBe(true);
  });

  test('a topic is known by its id, as long as it is the same; asking makes none', async () => {
    const name = uniqueName('contract');
    expect(await log().topicId(name)).toBeNull();
    expect(await log().hasTopic(name)).toBe(false);
    await log().ensureTopic({ name, partitions: 2 });
    const id = await log().topicId(name);
    expect(id).not.toBeNull();
    await log().ensureTopic({ name, partitions: 2, retentionMs: 3_600_000 });
    await log().append(name, [record(0, 'a')]);
    expect(await (await reopen()).topicId(name)).toBe(id);
    const other = uniqueName('contract');
    await log().ensureTopic({ name: other, partitions: 1 });
    expect(await log().topicId(other)).not.toBe(id);
  });

  test('an unknown topic is an error of ours', async () => {
    await expect(log().endOffsets(uniqueName('missing'))).rejects.toBeInstanceOf(TenonError);
  });
}

function describeAppends({ log, topic }: LogUnderTest): void {
  test('offsets are dense from 0 in each partition, in the order given', async () => {
    const name = await topic(2);
    const offsets = await log().append(name, [
      record(0, 'a'),
      record(1, 'b'),
      record(0, 'c'),
      record(1, 'd'),
      record(0, 'e'),
    ]);
    expect(offsets).toEqual([0, 0, 1, 1, 2]);
    expect(await log().append(name, [record(0, 'f')])).toEqual([3]);
    expect(await log().append(name, [])).toEqual([]);
    expect((await readAll(log(), name, 0)).map((one) => text(one.value))).toEqual(['a', 'c', 'e', 'f']);
    expect(await log().endOffsets(name)).toEqual({ '0': 4, '1': 2 });
  });

  test('an end that is known without waiting includes whatever an appender was told', async () => {
    const name = await topic(2);
    const ends: (number | undefined)[] = [];
    const callers = Array.from({ length: 20 }, async (_, caller) => {
      const [offset = 0] = await log().append(name, [record(caller % 2, 'a')]);
      const known = log().endOffsetsNow?.(name)?.[String(caller % 2)];
      ends.push(known);
      expect(known ?? Infinity).toBeGreaterThan(offset);
    });
    await Promise.all(callers);
    expect(ends).toHaveLength(20);
    expect(log().endOffsetsNow?.(name) ?? { '0': 10, '1': 10 }).toEqual({ '0': 10, '1': 10 });
  });

  test('many callers at once get offsets of their own, each in its order', async () => {
    const name = await topic(2);
    const callers = Array.from({ length: 40 }, async (_, caller) => {
      const offsets: number[] = [];
      for (let i = 0; i < 5; i++) {
        offsets.push(
          ...(await log().append(name, [
            record(caller % 2, `${caller}/${i}/0`),
            record(caller % 2, `${caller}/${i}/1`),
          ])),
        );
      }
      return offsets;
    });
    const offsets = await Promise.all(callers);
    const records = [await readAll(log(), name, 0), await readAll(log(), name, 1)] as const;
    offsets.forEach((own, caller) => {
      const values = own.map((offset) => text(records[caller % 2 === 0 ? 0 : 1][offset]?.value));
      expect(values).toEqual(own.map((_, index) => `${caller}/${index >> 1}/${index & 1}`));
    });
    expect(records.map((all) => all.length)).toEqual([200, 200]);
  });

  test('keys, values, headers and timestamps come back as they were', async () => {
    const name = await topic(1);
    const bytes = Uint8Array.from({ length: 256 }, (_, i) => i);
    const headers = { ce_id: 'x', name: 'Zoë ✈', empty: '' };
    await log().append(name, [
      { partition: 0, key: 'Zürich', value: '{"a":"✈"}', headers, timestamp: 1_234_567_890_123 },
      { partition: 0, key: bytes, value: bytes },
      { partition: 0, key: '', value: '' },
      { partition: 0, key: null, value: 'last' },
    ]);
    const [first, second, third, fourth] = await readAll(log(), name, 0);
    expect([text(first?.key), text(first?.value), first?.timestamp]).toEqual([
      'Zürich',
      '{"a":"✈"}',
      1_234_567_890_123,
    ]);
    expect(first?.headers()).toEqual(headers);
    expect([first?.header('name'), first?.header('empty'), first?.header('nam')]).toEqual([
      'Zoë ✈',
      '',
      undefined,
    ]);
    expect(text(first?.headerBytes('ce_id'))).toBe('x');
    expect([...(second?.key ?? [])]).toEqual([...bytes]);
    expect([...(second?.value ?? [])]).toEqual([...bytes]);
    expect(second?.headers()).toEqual({});
    expect(second?.header('ce_id')).toBeUndefined();
    expect(third?.value.length).toBe(0);
    expect([fourth?.key, text(fourth?.value)]).toEqual([null, 'last']);
  });

  test('a record without a timestamp has the time of its append', async () => {
    const name = await topic(1);
    const before = Date.now();
    await log().append(name, [record(0, 'now')]);
    const [one] = await readAll(log(), name, 0);
    // A server's clock may differ a little.
    expect(Math.abs((one?.timestamp ?? 0) - before)).toBeLessThan(60_000);
  });

  test('large records fit, among small ones', async () => {
    const name = await topic(1);
    const sizes = [10, 500_000, 0, 700_000, 1];
    for (const size of sizes) await log().append(name, [record(0, 'x'.repeat(size))]);
    expect((await readAll(log(), name, 0)).map((one) => one.value.length)).toEqual(sizes);
  });

  test('what is appended relaxed can be read, after what was appended before', async () => {
    const name = await topic(1);
    const acks = ['durable', 'relaxed', 'relaxed', 'durable'] as const;
    const offsets = await Promise.all(
      acks.map((ack, i) => log().append(name, [record(0, String(i))], { ack })),
    );
    expect(offsets).toEqual([[0], [1], [2], [3]]);
    expect((await readAll(log(), name, 0)).map((one) => text(one.value))).toEqual(['0', '1', '2', '3']);
  });
}

function describeReads({ log, topic }: LogUnderTest): void {
  test('reading begins at any offset and stops at the limits, but gives at least one record', async () => {
    const name = await topic(1);
    await log().append(
      name,
      Array.from({ length: 1000 }, (_, i) => record(0, `value ${i}`)),
    );
    const offsets = async (from: number, options: { maxRecords?: number; maxBytes?: number }) =>
      (await log().read(name, 0, from, options)).map((one) => one.offset);
    expect(await offsets(0, { maxRecords: 3 })).toEqual([0, 1, 2]);
    expect(await offsets(997, { maxRecords: 10 })).toEqual([997, 998, 999]);
    expect(await offsets(500, { maxRecords: 1 })).toEqual([500]);
    expect((await offsets(7, { maxBytes: 1 }))[0]).toBe(7);
    expect((await offsets(7, { maxBytes: 1 })).length).toBeLessThan(1000);
    for (let from = 0; from < 1000;) {
      const found = await offsets(from, { maxRecords: 77 });
      expect(found).toEqual(Array.from({ length: Math.min(77, 1000 - from) }, (_, i) => from + i));
      from += found.length;
    }
  });

  test('there is nothing at the end, beyond it, and in an empty partition', async () => {
    const name = await topic(2);
    await log().append(name, [record(0, 'a')]);
    expect(await log().read(name, 0, 1)).toEqual([]);
    expect(await log().read(name, 0, 100)).toEqual([]);
    expect(await log().read(name, 1, 0)).toEqual([]);
  });

  test('what is kept of a read stays as it is', async () => {
    const name = await topic(1);
    await log().append(name, [record(0, 'first')]);
    const [first] = await log().read(name, 0, 0);
    for (let i = 0; i < 50; i++) {
      await log().append(name, [record(0, 'x'.repeat(1000))]);
      await readAll(log(), name, 0);
    }
    expect(text(first?.value)).toBe('first');
  });
}

function describeDurability({ log, topic, reopen, capabilities }: LogUnderTest): void {
  test('all that was acknowledged is there after closing and opening again', async () => {
    const name = await topic(2);
    const values = Array.from({ length: 500 }, (_, i) => `value ${i}`);
    await Promise.all(values.map((value, i) => log().append(name, [record(i % 2, value)])));
    await reopen();
    await log().ensureTopic({ name, partitions: 2 });
    const read = [...(await readAll(log(), name, 0)), ...(await readAll(log(), name, 1))].map((one) =>
      text(one.value),
    );
    expect(read.sort()).toEqual([...values].sort());
    expect(await log().append(name, [record(0, 'more'), record(1, 'more')])).toEqual([250, 250]);
  });

  test('deleteBefore never takes a record at or above the offset', async () => {
    const name = await topic(2);
    const rows = Array.from({ length: 300 }, (_, i) => record(i % 2, `${i} ${'x'.repeat(1000)}`));
    for (let i = 0; i < rows.length; i += 50) await log().append(name, rows.slice(i, i + 50));
    await log().deleteBefore(name, { '0': 100 });
    const starts = await log().startOffsets(name);
    if (capabilities.deletesExactly) expect(starts).toEqual({ '0': 100, '1': 0 });
    expect(starts['0']).toBeLessThanOrEqual(100);
    expect(starts['1']).toBe(0);
    expect(await log().endOffsets(name)).toEqual({ '0': 150, '1': 150 });
    const kept = await readAll(log(), name, 0);
    expect(kept.map((one) => one.offset)).toEqual(
      Array.from({ length: 150 - (starts['0'] ?? 0) }, (_, i) => (starts['0'] ?? 0) + i),
    );
    expect((await readAll(log(), name, 1)).length).toBe(150);
  });

  test('a closed log refuses work', async () => {
    const name = await topic(1);
    const closed = log();
    await reopen();
    await expect(closed.append(name, [record(0, 'x')])).rejects.toBeInstanceOf(TenonError);
    await expect(closed.append(name, [record(0, 'x')])).rejects.toBeInstanceOf(TenonError);
  });
}
