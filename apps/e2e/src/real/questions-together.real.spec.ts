/** Many questions at once on MongoDB, while events come in and cuts fall: each answer is the fold of what it says that it includes. */
import { uniqueName } from '@tenon/testing';
import { Tenon } from '../tenon';
import { describeOnServers, serverSettings } from './servers';

const PARTS = 12;
const EVENTS = 50;
const ASKERS = 20;
describeOnServers('Questions that come together on servers', () => {
  const source = uniqueName('together').replaceAll('-', '_');
  let tenon: Tenon | undefined;
  afterAll(() => tenon?.stop());

  test('are exact, and include what was acknowledged before where they ask for it', async () => {
    const one = (tenon = new Tenon({ ...serverSettings(source), TENON_CUT_EVERY: 'off' }));
    one.file(`sources/${source}.yaml`, 'partitions: 2\nschema:\n  properties:\n    k: { type: string }\n');
    one.file(`products/${source}.sql`, `SELECT k, count(*) AS n FROM ${source} GROUP BY k`);
    await one.start();
    let over = false;
    let cuts = 0;
    let answers = 0;
    const ask = async () => {
      while (!over) {
        const { status, body } = await one.call(`/v1/products/${source}/rows?limit=100`);
        const { included } = body['answer'] as { included: Record<string, Record<string, number>> };
        const rows = body['rows'] as readonly { n: number }[];
        const counted = rows.reduce((sum, { n }) => sum + n, 0);
        const offsets = Object.values(included[source] ?? {}).reduce((sum, next) => sum + next, 0);
        // Beside events the log has a barrier in each partition for each cut.
        const barriers = offsets - counted;
        expect([status, barriers >= 0, barriers <= 2 * (cuts + 1)]).toEqual([200, true, true]);
        answers += 1;
      }
    };
    const asking = Promise.all(Array.from({ length: ASKERS }, ask));
    for (let part = 1; part <= PARTS; part++) {
      const lines = Array.from({ length: EVENTS }, (_, n) => JSON.stringify({ k: `k${n % 7}` }));
      const { body } = await one.send(source, lines);
      const read = await one.call(
        `/v1/products/${source}/rows?timeout=60000&after=${body['receipt'] as string}`,
      );
      const rows = read.body['rows'] as readonly { n: number }[];
      expect(rows.reduce((sum, { n }) => sum + n, 0)).toBe(part * EVENTS);
      if (part % 4 !== 0) continue;
      await one.cut();
      cuts += 1;
    }
    over = true;
    await asking;
    expect(answers).toBeGreaterThanOrEqual(ASKERS);
  });
});
