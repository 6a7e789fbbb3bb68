/** Each service takes what the services of the edition before its own have written, and of its own. */
import { SUBJECTS, TOPICS, WIRE_VERSION } from '@tenon/contracts';
import type { HttpResponse, RunningService } from '@tenon/ports';
import { eventually } from '@tenon/testing';
import { readGolden } from './golden';
import { PRODUCT, SOURCE, answerOf, ask } from './scene';
import { useStage } from './stage';

const STATES = TOPICS.states(PRODUCT);

interface Frame {
  readonly id: string;
}

/** What a frame says, whoever wrote it. */
const said = (value: Uint8Array | string) => {
  const { id: _id, ...frame } = JSON.parse(Buffer.from(value).toString()) as Frame;
  return frame;
};

describe.each([WIRE_VERSION - 1, WIRE_VERSION])('edition %i of the wire', (edition) => {
  const golden = readGolden(edition);
  const stage = useStage(golden);

  const states = async (count: number) =>
    eventually(`${count} frames`, async () => {
      const records = await stage.scene.records(STATES);
      return records.length >= count && records;
    });

  const document = async (key: string) =>
    (await stage.scene.documents()).find((one) => one.key === key)?.value;

  describe('ingestion', () => {
    test('goes on counting where its cuts ended', async () => {
      await stage.played.topic('cut');
      const ingestion = await stage.scene.start('ingestion');
      const answer = answerOf(await ask(ingestion, 'POST', '/v1/cuts'));
      expect(answer).toMatchObject({ epoch: 3 });
    });

    test('knows the log by its name', async () => {
      await stage.played.topic('identity');
      const ingestion = await stage.scene.start('ingestion');
      expect(answerOf(await ask(ingestion, 'GET', '/v1/sources'))).toMatchObject({ log: 'ingestion-1' });
    });

    test('hears from consumption which generation is served', async () => {
      await stage.scene.bus.respond(SUBJECTS.generations, () => stage.played.json('generations-reply'));
      const ingestion = await stage.scene.start('ingestion');
      const answer = await ask(ingestion, 'POST', '/v1/cuts', { query: { wait: 'true' } });
      expect(answerOf(answer)).toMatchObject({ epoch: 1, generations: { [PRODUCT]: 1 } });
    });
  });

  describe('speed', () => {
    test('folds the events, and closes the epoch at the barrier', async () => {
      await stage.played.events();
      await stage.scene.start('speed');
      const written = await states(2);
      expect(written.map(({ value }) => said(value))).toEqual(
        stage.played.records('flush').map(({ value }) => said(value)),
      );
    });

    test('begins at the cut of the pointer, and replays when it is asked to', async () => {
      await stage.played.events();
      await stage.played.store('pointer');
      await stage.scene.start('speed');
      const last = said(stage.played.records('flush')[1]!.value);
      expect(said((await states(1))[0]!.value)).toEqual(last);
      stage.played.publish('replay-hint');
      // It looks for what it is asked between two polls, which end when something comes.
      await stage.scene.append(TOPICS.events(SOURCE.name), [stage.played.records('barrier')[0]!]);
      await eventually('the replay', async () =>
        (await stage.scene.records(STATES))
          .slice(1)
          .some(({ value }) => (said(value) as { from?: number }).from === 5),
      );
    });
  });

  describe('batch', () => {
    test('archives the events, and computes the states before the barrier', async () => {
      await stage.played.events();
      await stage.scene.start('batch');
      const written = await states(3);
      expect(written.map(({ value }) => said(value))).toEqual(
        stage.played.records('range').map(({ value }) => said(value)),
      );
    });

    test('has nothing to do where the pointer says that the cut is served', async () => {
      await stage.played.events();
      await stage.played.store('pointer');
      const batch = await stage.scene.start('batch');
      stage.played.publish('generation-hint');
      await eventually('the archive', () => JSON.stringify(batch.status()).includes('"archived":{"0":5}'));
      await stage.scene.append(TOPICS.events(SOURCE.name), [stage.played.records('barrier')[1]!]);
      // The next cut asks for everything anew: a range from 0 on the line after the pointer's.
      const written = await states(1);
      expect(said(written[0]!.value)).toMatchObject({ type: 'range', from: 0, to: 2, full: true, line: 1 });
    });
  });

  describe('consumption', () => {
    test('lands flushes and ranges as it did', async () => {
      await stage.played.topic('flush', 'range');
      const consumption = await stage.scene.start('consumption');
      await eventually('the generation', async () => (await document(`pointer/${PRODUCT}@1`)) !== undefined);
      expect(consumption.status()).toMatchObject({ products: [{ applied: 3, unreadable: 0 }] });
      for (const name of ['pointer', 'progress', 'speed-cell', 'base-cell'])
        for (const [index, one] of (golden[name] ?? []).entries())
          if ('table' in one)
            expect(await document(one.key)).toMatchObject(stage.played.json<object>(name, index));
    });

    test('goes on from the documents that are there', async () => {
      await stage.played.store('pointer', 'progress', 'base-cell', 'speed-cell');
      const last = stage.played.records('flush')[1]!;
      const value = String(last.value).replace('"from":5,"to":6', '"from":6,"to":7');
      await stage.scene.append(STATES, [{ ...last, value }]);
      await stage.scene.start('consumption');
      const key = `progress/${PRODUCT}@1/000000000001/000000000000`;
      await eventually('the flush', async () => ((await document(key)) as { next: number }).next === 7);
    });

    test('answers ingestion in the form that it asks for', async () => {
      await stage.played.store('pointer');
      await stage.scene.start('consumption');
      const asked = stage.played.json('generations-request');
      const replies = await stage.scene.bus.request(SUBJECTS.generations, asked, { timeoutMs: 2000, max: 1 });
      expect(replies).toEqual([stage.played.json('generations-reply')]);
    });
  });

  describe('serving', () => {
    let serving: RunningService;

    beforeEach(async () => {
      await stage.played.store('pointer', 'progress', 'base-cell', 'speed-cell');
      serving = await stage.scene.start('serving');
    });

    const rows = async (query: Readonly<Record<string, string>> = {}) =>
      answerOf(await ask(serving, 'GET', '/v1/products/:name/rows', { query })) as unknown as {
        rows: { customer: string; orders: number; _status: string }[];
        answer: object;
      };

    test('merges base and speed', async () => {
      const { rows: found, answer } = await rows();
      expect(found.map(({ customer, orders, _status }) => [customer, orders, _status])).toEqual([
        ['ann', 1, 'final'],
        ['Zoë', 1, 'final'],
        ['bob', 2, 'provisional'],
      ]);
      expect(answer).toMatchObject({ generation: 1, included: { [SOURCE.name]: { 0: 6 } } });
    });

    test('takes the receipt of ingestion', async () => {
      const after = golden['receipt']?.[0]?.value as string;
      expect((await rows({ after })).rows).toHaveLength(3);
    });

    test('tells clients what changed', async () => {
      const stream = (await ask(serving, 'GET', '/v1/products/:name/live')).stream as HttpResponse['stream'];
      const parts = stream![Symbol.asyncIterator]();
      const next = async () => String((await parts.next()).value);
      expect(await next()).toMatch(/^retry/);
      expect(await next()).toMatch(/event: snapshot/);
      const changed = next();
      stage.played.publish('live-hint', 1);
      expect(await changed).toMatch(/event: rows\n.*Zoë/);
      await parts.return?.();
    });
  });
});
