import { createEngine } from './engine';
import { productOf, recordOf, sourceOf } from './testing/records';

const HUNDRED = `(VALUES ${Array.from({ length: 100 }, (_, i) => `(${i})`).join(', ')})`;
/** Planned in no time, and for one event it counts for years. */
const ENDLESS = `SELECT k, count(*) AS n FROM events ${['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i']
  .map((name) => `CROSS JOIN ${HUNDRED} AS ${name}(${name}_x)`)
  .join(' ')} GROUP BY k`;

it('an engine that is told to end ends what runs, judges no event by that, and begins nothing more', async () => {
  const engine = await createEngine({ threads: 1 });
  const source = sourceOf({ k: { type: 'string' } });
  const plan = await engine.plan(source, productOf(ENDLESS));
  const events = [{ partition: 0, record: recordOf(0, { time: '2026-01-01T00:00:00Z', data: { k: 'a' } }) }];
  const microBatch = await engine.open(source, [plan], events);
  const running = microBatch.aggregate(plan);
  engine.interrupt();
  const expected = { code: 'engine-failed', details: { retryable: true } };
  await expect(running).rejects.toMatchObject(expected);
  await microBatch.close();
  await expect(engine.open(source, [plan], events)).rejects.toMatchObject(expected);
  await engine.close();
});
