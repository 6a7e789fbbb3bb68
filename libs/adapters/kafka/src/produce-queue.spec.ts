import { TenonError, Unavailable } from '@tenon/errors';
import type { NewRecord } from '@tenon/ports';
import { ProduceQueue } from './produce-queue';
import type { ProduceQueueOptions, Send } from './produce-queue';
import { decodeRecordSet } from './record-batch';

const OPTIONS: ProduceQueueOptions = { gatherBytes: 10_000, lingerMs: 0, maxPendingBytes: 100_000 };

/** A log in memory that answers when told. */
function memory(options: Partial<ProduceQueueOptions> = {}) {
  const logs = new Map<number, string[]>();
  const sent: { sizes: number[]; durable: boolean }[] = [];
  let gate: Promise<void> = Promise.resolve();
  let failure: ((partition: number) => TenonError | null) | null = null;
  let underWay = 0;
  const send: Send = async (batches, durable) => {
    expect(++underWay).toBe(1);
    sent.push({ sizes: [...batches.values()].map((batch) => batch.readInt32BE(57)), durable });
    await gate;
    underWay--;
    return new Map(
      [...batches].map(([partition, batch]): [number, number | TenonError] => {
        const failed = failure?.(partition) ?? null;
        if (failed !== null) return [partition, failed];
        const log = logs.get(partition) ?? [];
        logs.set(partition, log);
        const base = log.length;
        for (const one of decodeRecordSet(batch, 0).records) log.push(Buffer.from(one.value).toString());
        return [partition, base];
      }),
    );
  };
  return {
    queue: new ProduceQueue('t', send, { ...OPTIONS, ...options }),
    logs,
    sent,
    hold() {
      let open = () => {};
      gate = new Promise((resolve) => (open = resolve));
      return open;
    },
    failWith(how: typeof failure) {
      failure = how;
    },
  };
}

const record = (partition: number, value: string): NewRecord => ({ partition, key: null, value });
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

test('what comes while a request is under way goes with the next one, in order', async () => {
  const { queue, hold, sent, logs } = memory();
  const open = hold();
  const first = queue.add([record(0, 'a')], true);
  await turn();
  const others = ['b', 'c', 'd'].map((value) => queue.add([record(0, value), record(1, value)], false));
  open();
  expect(await first).toEqual([0]);
  expect(await Promise.all(others)).toEqual([
    [1, 0],
    [2, 1],
    [3, 2],
  ]);
  expect(sent).toEqual([
    { sizes: [1], durable: true },
    { sizes: [3, 3], durable: false },
  ]);
  expect(logs.get(0)).toEqual(['a', 'b', 'c', 'd']);
});

test('a long append is cut into requests, and a large record goes alone', async () => {
  const { queue, sent, logs } = memory();
  const values = Array.from({ length: 30 }, (_, i) =>
    i === 7 ? 'x'.repeat(20_000) : `${i}`.padEnd(900, '.'),
  );
  const offsets = await queue.add(
    values.map((value) => record(0, value)),
    true,
  );
  expect(offsets).toEqual(values.map((_, i) => i));
  expect(logs.get(0)).toEqual(values);
  expect(sent.length).toBeGreaterThan(3);
  expect(sent.filter(({ sizes }) => sizes[0] === 1).length).toBeGreaterThanOrEqual(1);
});

test('only those fail whose partition was refused; the others have their offsets', async () => {
  const { queue, failWith } = memory();
  failWith((partition) => (partition === 1 ? new TenonError('record-too-large', 'too large') : null));
  const [good, bad, both] = await Promise.allSettled([
    queue.add([record(0, 'good')], true),
    queue.add([record(1, 'bad')], true),
    queue.add([record(0, 'both'), record(1, 'both')], true),
  ]);
  expect(good).toEqual({ status: 'fulfilled', value: [0] });
  expect([bad?.status, both?.status]).toEqual(['rejected', 'rejected']);
  failWith(null);
  expect(await queue.add([record(1, 'later')], true)).toEqual([0]);
});

test('with the log away, what waits fails with it, and later appends are tried', async () => {
  const { queue, hold, failWith, sent } = memory();
  const open = hold();
  failWith(() => new Unavailable('gone'));
  const first = queue.add([record(0, 'a')], true);
  await turn();
  const waiting = queue.add([record(0, 'b')], true);
  open();
  await expect(first).rejects.toBeInstanceOf(Unavailable);
  await expect(waiting).rejects.toBeInstanceOf(Unavailable);
  expect(sent.length).toBe(1);
  failWith(null);
  expect(await queue.add([record(0, 'c')], true)).toEqual([0]);
});

test('what may wait is bounded, and there is room again once it has gone', async () => {
  const { queue, hold } = memory({ maxPendingBytes: 1_000 });
  const open = hold();
  const first = queue.add([record(0, 'a')], true);
  await turn();
  const second = queue.add([record(0, 'b'.repeat(2_000))], true);
  await expect(queue.add([record(0, 'c')], true)).rejects.toBeInstanceOf(Unavailable);
  open();
  await Promise.all([first, second]);
  expect(await queue.add([record(0, 'd')], true)).toEqual([2]);
});

test('closing waits for what is under way, and takes nothing more', async () => {
  const { queue } = memory();
  const last = queue.add([record(0, 'a')], true);
  await queue.close();
  expect(await last).toEqual([0]);
  await expect(queue.add([record(0, 'b')], true)).rejects.toMatchObject({ code: 'log-closed' });
});
