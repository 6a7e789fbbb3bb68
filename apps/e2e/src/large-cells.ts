/** Cells of large values: bounded by size, in both layers alike, and no harm to their neighbours. */
import type { Row, Tenon } from './tenon';

const SELECTS = {
  large: 'k, count(DISTINCT x) AS n, mode(x) AS usual, max(x) AS high, count(*) AS all_of_them',
  keys: 'x, count(*) AS n',
  other: 'k, count(*) AS n',
};

/**
 * 12 texts of 300 KB in one cell, and as keys, through flushes, a cut and a full one.
 *
 * @param source a name that nobody else uses; products' begin with it
 */
export async function playLargeCells(tenon: Tenon, source = 'ev'): Promise<void> {
  tenon.file(
    `sources/${source}.yaml`,
    'schema:\n  type: object\n  required: [k]\n  properties:\n    k: { type: string }\n    x: { type: string }\n',
  );
  for (const [name, select] of Object.entries(SELECTS))
    for (const topology of ['lambda', 'kappa']) {
      const product = `products/${source}_${name}_${topology}`;
      tenon.file(`${product}.sql`, `SELECT ${select} FROM ${source} GROUP BY 1`);
      tenon.file(`${product}.yaml`, `topology: ${topology}\n`);
    }
  await tenon.start();
  const texts = Array.from({ length: 12 }, (_, index) => `${index}`.padStart(2, '0').padEnd(300_000, 'x'));
  const lines = texts.map((x) => JSON.stringify({ k: 'a', x }));
  let receipt = '';
  const send = async (some: readonly string[]) => {
    const { body } = await tenon.send(source, some);
    expect(body['accepted']).toBe(some.length);
    receipt = String(body['receipt']);
  };
  const rows = async (product: string): Promise<Row[]> => {
    const { status, rows: found } = await tenon.rows(`${source}_${product}`, {
      after: receipt,
      timeout: '60000',
      limit: '10',
    });
    expect(status).toBe(200);
    return found;
  };
  const check = async (events: number) => {
    for (const topology of ['lambda', 'kappa']) {
      expect(await rows(`large_${topology}`)).toMatchObject([
        { k: 'a', n: 12, usual: null, high: null, all_of_them: events, _approximate: ['n', 'usual', 'high'] },
      ]);
      expect((await rows(`keys_${topology}`)).map(({ x }) => x)).toEqual(texts);
      expect(await rows(`other_${topology}`)).toMatchObject([{ k: 'a', n: events }]);
    }
  };
  await send(lines.slice(0, 6));
  await send(lines.slice(6));
  await check(12);
  expect((await tenon.cut()).status).toBe(202);
  await check(12);
  await send(lines.slice(0, 1));
  await check(13);
  expect((await tenon.cut(true)).status).toBe(202);
  await check(13);
}
