/**
 * What a service does with a message of a version that it does not know, as a release after the next may write: where it
 * would be lost, the service stops and says so; where it is only a hint, it goes on.
 */
import { HEADERS, SUBJECTS, TOPICS, UnsupportedVersion, WIRE_VERSION } from '@tenon/contracts';
import type { NewRecord, RunningService } from '@tenon/ports';
import { eventually } from '@tenon/testing';
import { troubleBook } from '@tenon/views';
import { readGolden } from './golden';
import { PRODUCT, PRODUCT_ID, SOURCE, ask, stillClock } from './scene';
import { useStage } from './stage';
import { changed, said } from './states';

const FLUSHES = TOPICS.flushes(PRODUCT_ID);
const RANGES = TOPICS.ranges(PRODUCT_ID);
const EVENTS = TOPICS.events(SOURCE.name);
const golden = readGolden(WIRE_VERSION);

/** The same record in a format of version 99. */
const newer = (record: NewRecord): NewRecord => ({
  ...record,
  value: String(record.value).startsWith('T3 ')
    ? changed(record.value, { v: 99 })
    : String(record.value).replace('"v":1', '"v":99'),
  headers: { ...record.headers, [HEADERS.version]: '99' },
});

describe('a message of an unknown version', () => {
  const stage = useStage(golden);

  const written = async () =>
    [...(await stage.scene.records(FLUSHES)), ...(await stage.scene.records(RANGES))].map(({ value }) =>
      said(value),
    );

  /** What reads it stands still, with a reason that says what to do, and its product says so. */
  const stops = async (service: RunningService, message: RegExp) => {
    const [said] = await eventually('the reason', async () => {
      const { reason, degraded = [] } = service.ready();
      const reasons = [...degraded, ...(reason === undefined ? [] : [reason])].filter((one) =>
        message.test(one),
      );
      return reasons.length > 0 ? reasons : undefined;
    });
    expect(said).toMatch(message);
    const book = troubleBook(stage.scene.store, stillClock);
    const troubles = await eventually('the book', async () => {
      const [all = []] = await book.read([PRODUCT_ID]);
      return all.length > 0 ? all : undefined;
    });
    expect(troubles).toMatchObject([{ layer: service.name, code: 'unsupported-version' }]);
  };

  const pointerOf99 = () =>
    stage.scene.store.transact(async (tx) => {
      const pointer = { ...stage.played.json<object>('pointer'), v: 99 };
      tx.put('meta', `pointer/${PRODUCT}@1`, pointer);
    });

  describe.each(['speed', 'batch'] as const)('of the log stops %s:', (layer) => {
    const [events, barriers] = [() => stage.played.records('event'), () => stage.played.records('barrier')];

    test('a barrier, since all that follows belongs to another epoch', async () => {
      await stage.scene.append(EVENTS, [
        ...events().slice(0, 4),
        newer(barriers()[0]!),
        ...events().slice(4),
      ]);
      await stops(await stage.scene.start(layer), /offset 4: a barrier of version 99, .* reads 1/);
      // Nothing counts that lies after it.
      for (const { to } of await written()) expect(to).toBeLessThanOrEqual(4);
    });

    test('an event, which would be missing', async () => {
      const { [HEADERS.identity]: _none, ...headers } = newer(events()[0]!).headers ?? {};
      await stage.scene.append(EVENTS, [events()[1]!, { ...newer(events()[0]!), headers }]);
      await stops(await stage.scene.start(layer), /offset 1: an event of version 99/);
    });

    test('a pointer, which says where to begin', async () => {
      await stage.played.events();
      await pointerOf99();
      await stops(await stage.scene.start(layer), /the store: a pointer of version 99/);
    });

    test('but not a control record of a kind that it does not know, which is counted', async () => {
      const other = { ...barriers()[0]!, headers: { [HEADERS.control]: 'colour', [HEADERS.version]: '99' } };
      await stage.scene.append(EVENTS, [...events().slice(0, 4), other, barriers()[0]!]);
      await stage.scene.start(layer);
      const ended = await eventually('the epoch', async () =>
        (await written())
          .map(({ end, ledger = (end as { ledger?: object } | undefined)?.ledger }) => ledger)
          .find(Boolean),
      );
      expect(ended).toMatchObject({ control: 2, aggregated: 3 });
    });
  });

  describe('of the states stops consumption:', () => {
    const consumed = async (topic: string) =>
      (await stage.scene.documents()).find(({ key }) => key.startsWith(`consumed/${topic}/`))?.value;

    test('a flush, at which another release goes on', async () => {
      const [first, second] = stage.played.records('flush') as [NewRecord, NewRecord];
      await stage.scene.append(FLUSHES, [first, newer(second)]);
      await stops(await stage.scene.start('consumption'), /offset 1: a flush of version 99/);
      // What stands before it has landed, and it is what will be read next.
      expect(await consumed(FLUSHES)).toBe(1);
      expect((await stage.scene.documents()).map(({ table }) => table)).toContain('speed');
    });

    test.each(['slice', 'commit'])('a %s, at which another release goes on', async (name) => {
      const slices = stage.played.records('slice');
      await stage.scene.append(RANGES, [...slices.slice(0, 2), newer(stage.played.records(name)[0]!)]);
      await stops(await stage.scene.start('consumption'), new RegExp(`offset 2: a ${name} of version 99`));
      expect(await consumed(RANGES)).toBe(2);
      expect((await stage.scene.documents()).map(({ table }) => table)).toContain('base');
    });

    test('a record of edition 2, in its topic', async () => {
      const played = readGolden(WIRE_VERSION - 1)['flush']?.[0]?.value as string;
      const record = { partition: 0, key: null, value: played };
      const topic = TOPICS.statesOfEdition2(PRODUCT);
      await stage.scene.append(topic, [record, newer(record)]);
      await stops(await stage.scene.start('consumption'), /offset 1: a range of version 99/);
      expect(await consumed(topic)).toBe(1);
    });

    test('but not one of an unknown type, nor what is damaged or no message; all are counted', async () => {
      const flush = stage.played.records('flush')[0]!;
      const other = { ...flush, value: changed(flush.value, { type: 'hint' }) };
      const damaged = { ...flush, value: String(flush.value).replace('12.50', '12.51') };
      await stage.scene.append(FLUSHES, [other, { ...flush, value: 'x' }, damaged, flush]);
      const consumption = await stage.scene.start('consumption');
      await eventually('the flush', async () => (await consumed(FLUSHES)) === 4);
      expect(consumption.status()).toMatchObject({ products: [{ applied: 1, unreadable: 2, damaged: 1 }] });
    });

    test('nor documents of the store, which it would spoil', async () => {
      await pointerOf99();
      await stage.scene.append(FLUSHES, stage.played.records('flush'));
      await stops(await stage.scene.start('consumption'), /the store: a pointer of version 99/);
      const tables = (await stage.scene.documents()).map(({ table }) => table);
      expect(new Set(tables)).toEqual(new Set(['meta']));
    });
  });

  describe('of the store stops an answer of serving:', () => {
    const rows = async () => ask(await stage.scene.start('serving'), 'GET', '/v1/products/:name/rows');

    test('a pointer', async () => {
      await pointerOf99();
      await expect(rows()).rejects.toThrow(/the store: a pointer of version 99/);
    });

    test('progress', async () => {
      await stage.scene.store.transact(async (tx) => {
        const key = `progress/${PRODUCT}@1/000000000000/000000000000`;
        tx.put('meta', key, { ...stage.played.json<object>('progress'), v: 99 });
      });
      await expect(rows()).rejects.toThrow(/the store: a progress of version 99/);
    });
  });

  test('of a receipt is refused by serving', async () => {
    const serving = await stage.scene.start('serving');
    const after = Buffer.from('{"v":99,"o":{"orders":{"0":1}}}').toString('base64url');
    await expect(ask(serving, 'GET', '/v1/products/:name/rows', { query: { after } })).rejects.toMatchObject({
      code: 'bad-parameter',
    });
  });

  describe('in ingestion', () => {
    test('of a cut stops cuts, which could take its number, and not the events', async () => {
      const ingestion = await stage.scene.start('ingestion');
      await stage.scene.append(TOPICS.cuts, [newer(stage.played.records('cut')[0]!)]);
      await expect(ask(ingestion, 'POST', '/v1/cuts')).rejects.toThrow(
        /tenon.cuts, offset 0: a cut of version 99/,
      );
      const posted = await stage.scene.post(ingestion, { body: { customer: 'ann', price: 1 } });
      expect(posted.status).toBe(202);
      // It is told at the start, too, where somebody looks.
      await expect(stage.scene.start('ingestion')).rejects.toThrow(UnsupportedVersion);
    });

    test('of the log’s identity is no name', async () => {
      await stage.scene.append(TOPICS.identity, [newer(stage.played.records('identity')[0]!)]);
      const ingestion = await stage.scene.start('ingestion');
      await expect(ask(ingestion, 'GET', '/v1/sources')).rejects.toThrow(/an? identity of version 99/);
    });

    test('of consumption’s reply is no answer: the wait for a cut ends at its time', async () => {
      await stage.scene.bus.respond(SUBJECTS.generations, () => ({
        v: 99,
        generations: { [PRODUCT_ID]: 7 },
      }));
      const ingestion = await stage.scene.start('ingestion');
      const query = { wait: 'true', timeout: '200' };
      await expect(ask(ingestion, 'POST', '/v1/cuts', { query })).rejects.toMatchObject({
        code: 'cut-timeout',
      });
    });
  });

  test('of a hint is one that something changed: clients get a snapshot', async () => {
    await stage.played.store('pointer', 'progress', 'base-cell', 'speed-cell');
    const serving = await stage.scene.start('serving');
    const { stream } = await ask(serving, 'GET', '/v1/products/:name/live');
    const parts = stream![Symbol.asyncIterator]();
    const next = async () => String((await parts.next()).value);
    expect([await next(), await next()][1]).toMatch(/event: snapshot/);
    const changed = next();
    stage.scene.bus.publish(SUBJECTS.live(PRODUCT_ID), { v: 99, cells: 'elsewhere' });
    expect(await changed).toMatch(/event: snapshot\n.*Zoë/);
    await parts.return?.();
  });

  test('of a request to consumption is answered in the newest form', async () => {
    await stage.played.store('pointer');
    await stage.scene.start('consumption');
    const replies = await stage.scene.bus.request(
      SUBJECTS.generations,
      { v: 99 },
      { timeoutMs: 2000, max: 1 },
    );
    expect(replies).toEqual([stage.played.json('generations-reply')]);
  });

  test('of a request to replay is left to whoever asks again', async () => {
    await stage.played.events();
    await stage.scene.start('speed');
    await eventually('both flushes', async () => (await written()).length === 2);
    stage.scene.bus.publish(SUBJECTS.replay(PRODUCT_ID), { v: 99, source: SOURCE.name, partition: 0 });
    await stage.scene.append(EVENTS, [stage.played.records('event')[0]!]);
    await eventually('the next flush', async () => (await written()).length === 3);
    expect((await written()).at(-1)).toMatchObject({ from: 6 });
  });
});
