import { decodeReceipt } from '@tenon/contracts';
import { Unavailable } from '@tenon/errors';
import fc from 'fast-check';
import type { Answer, Fixture } from '../testing/ingestion-fixture';
import { envelope, start } from '../testing/ingestion-fixture';

const TOPIC = 'tenon.events.orders';

/** An event by its number, so that it can be found again in the log; or something that is none. */
type Item =
  | { readonly good: true; readonly customer: string; readonly structured: boolean }
  | { readonly good: false; readonly text: string };

const item: fc.Arbitrary<Item> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      good: fc.constant(true as const),
      customer: fc.string({ minLength: 1, unit: 'grapheme' }),
      structured: fc.boolean(),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      good: fc.constant(false as const),
      text: fc.constantFrom('5', 'null', '{}', '{"customer":1}', '{"specversion":"1.0"}'),
    }),
  },
);

function textOf(one: Item, number: number, structured: boolean): string {
  if (!one.good) return one.text;
  const data = { customer: one.customer, count: number };
  return JSON.stringify(
    structured ? { specversion: '1.0', id: `e${number}`, source: '/s', type: 't', data } : data,
  );
}

interface Sent {
  readonly type: string;
  readonly body: string | string[];
}

/** A call of any kind, with its items in order. */
function request(kind: number, items: readonly Item[], chunk: number): Sent {
  if (kind === 0) {
    const text = items.map((one, index) => `${textOf(one, index, one.good && one.structured)}\n`).join('');
    const chunks = Array.from({ length: Math.ceil(text.length / chunk) }, (_, at) =>
      text.slice(at * chunk, (at + 1) * chunk),
    );
    return { type: 'application/x-ndjson', body: chunks.length === 0 ? '' : chunks };
  }
  const structured = kind === 1;
  const body = `[${items.map((one, index) => textOf(one, index, structured)).join(',')}]`;
  return { type: structured ? 'application/cloudevents-batch+json' : 'application/json', body };
}

/** What is in the log: event number → where. */
function written({ log }: Fixture): Map<number, { partition: number; offset: number }[]> {
  const found = new Map<number, { partition: number; offset: number }[]>();
  log.topics.get(TOPIC)?.forEach((records, partition) =>
    records.forEach((record, offset) => {
      const { count } = envelope(record).data as { count: number };
      found.set(count, [...(found.get(count) ?? []), { partition, offset }]);
    }),
  );
  return found;
}

/** A receipt covers exactly what was accepted: in a log of this call alone, the ends of its partitions. */
async function expectReceipt(fixture: Fixture, receipt: string): Promise<void> {
  const ends = Object.entries(await fixture.log.endOffsets(TOPIC)).filter(([, end]) => end > 0);
  expect(decodeReceipt(receipt)).toEqual({ orders: Object.fromEntries(ends) });
}

const calls = fc.record({
  kind: fc.nat(2),
  items: fc.array(item, { maxLength: 30 }),
  chunk: fc.integer({ min: 5, max: 400 }),
});

it('what is accepted is in the log once, where its item says, and nothing else is', async () => {
  await fc.assert(
    fc.asyncProperty(calls, async ({ kind, items, chunk }) => {
      const fixture = await start({ config: { chunkEvents: 3, chunksInFlight: 2 } });
      const answer: Answer = await fixture.post({ ...request(kind, items, chunk), query: { items: 'all' } });
      expect(answer.status).toBe(202);
      const good = items.flatMap((one, index) => (one.good ? [index] : []));
      expect(answer.body).toMatchObject({ accepted: good.length, rejected: items.length - good.length });
      const places = written(fixture);
      expect([...places.keys()].sort((a, b) => a - b)).toEqual(good);
      expect(answer.body.items).toHaveLength(items.length);
      for (const { index, code, position } of answer.body.items) {
        if (code !== 'accepted') expect(items[index]?.good).toBe(false);
        else expect(places.get(index)).toEqual([{ partition: position.partition, offset: position.offset }]);
      }
      await expectReceipt(fixture, answer.body.receipt);
    }),
    { numRuns: 30 },
  );
});

it('what an aborted stream says is accepted is in the log once, and nothing else is', async () => {
  await fc.assert(
    fc.asyncProperty(calls, fc.integer({ min: 1, max: 5 }), async ({ items, chunk }, failing) => {
      const fixture = await start({ config: { chunkEvents: 3, chunksInFlight: 2 } });
      let appends = 0;
      fixture.log.beforeAppend = async (topic) => {
        await Promise.resolve();
        if (topic === TOPIC && (appends += 1) === failing) throw new Unavailable('The log is down.');
      };
      const { status, body } = await fixture.post(request(0, items, chunk));
      const places = written(fixture);
      expect(places.size).toBe(body.accepted);
      expect([...places.values()].every((at) => at.length === 1)).toBe(true);
      if (status === 202) expect(appends).toBeLessThan(failing);
      else {
        const settled = items.slice(0, body.settled).flatMap((one, index) => (one.good ? [index] : []));
        expect([...places.keys()]).toEqual(expect.arrayContaining(settled));
        expect(body.settled).toBeLessThan(items.length);
      }
      await expectReceipt(fixture, body.receipt);
    }),
    { numRuns: 30 },
  );
});

it('events of one key stay in one partition, in the order of the call', async () => {
  await fc.assert(
    fc.asyncProperty(calls, async ({ items, chunk }) => {
      const fixture = await start({ config: { chunkEvents: 3, chunksInFlight: 2 } });
      await fixture.post(request(0, items, chunk));
      for (const records of fixture.log.topics.get(TOPIC) ?? []) {
        const numbers = records.map((record) => (envelope(record).data as { count: number }).count);
        expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
      }
      const homes = new Map<string, number>();
      fixture.log.topics.get(TOPIC)?.forEach((records, partition) => {
        for (const record of records) {
          const { customer } = envelope(record).data as { customer: string };
          expect(homes.get(customer) ?? partition).toBe(partition);
          homes.set(customer, partition);
        }
      });
    }),
    { numRuns: 30 },
  );
});
