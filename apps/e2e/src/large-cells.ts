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

/** A cell's sets share 3 MB: 53 texts of these take 368,509 of the 375,000 bytes that each of eight may have, and one more too many. */
const FIELDS = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
const TEXT_BYTES = 6_950;
const MOST_TEXTS = 53;

/**
 * A cell whose eight sets are as full as they may be, and then one text fuller, through flushes, ranges, folds and answers.
 *
 * @param source a name that nobody else uses; products' begin with it
 */
export async function playFullCells(tenon: Tenon, source = 'brim'): Promise<void> {
  const fields = FIELDS.map((name) => `    ${name}: { type: string }\n`).join('');
  tenon.file(
    `sources/${source}.yaml`,
    // One partition, so that the last receipt is of all.
    `key: k\nschema:\n  type: object\n  required: [k]\n  properties:\n    k: { type: string }\n${fields}`,
  );
  const counts = FIELDS.map((name) => `count(DISTINCT ${name}) AS n_${name}`).join(', ');
  for (const topology of ['lambda', 'kappa']) {
    const product = `products/${source}_${topology}`;
    tenon.file(`${product}.sql`, `SELECT k, count(*) AS n, ${counts} FROM ${source} GROUP BY k`);
    tenon.file(`${product}.yaml`, `topology: ${topology}\n`);
  }
  await tenon.start();
  const event = (index: number) => {
    const texts = FIELDS.map((name) => [name, `${name}${index}`.padEnd(TEXT_BYTES, 'x')]);
    return JSON.stringify({ k: 'one', ...(Object.fromEntries(texts) as Row) });
  };
  let receipt = '';
  const sent: number[] = [];
  const send = async (from: number, to: number) => {
    for (let index = from; index < to; index++) {
      const { body } = await tenon.send(source, [event(index)]);
      expect(body['accepted']).toBe(1);
      receipt = String(body['receipt']);
      sent.push(index);
    }
  };
  const row = async (topology: string): Promise<Row> => {
    const asked = { after: receipt, timeout: '60000' };
    const { status, rows } = await tenon.rows(`${source}_${topology}`, asked);
    expect([status, rows.length]).toEqual([200, 1]);
    return rows[0] as Row;
  };
  const check = async () => {
    const texts = new Set(sent).size;
    for (const topology of ['lambda', 'kappa']) {
      const { _approximate: approximate = [], ...values } = await row(topology);
      expect(values['n']).toBe(sent.length);
      const isExact = texts <= MOST_TEXTS;
      expect(approximate).toEqual(isExact ? [] : FIELDS.map((name) => `n_${name}`));
      for (const name of FIELDS) {
        const away = Math.abs(Number(values[`n_${name}`]) - texts);
        expect(away).toBeLessThanOrEqual(isExact ? 0 : 3);
      }
    }
  };
  const cut = async (full: boolean) => expect((await tenon.cut(full)).status).toBe(202);
  await send(0, 26);
  await check();
  await cut(false);
  await check();
  await send(26, MOST_TEXTS);
  await check();
  await cut(false);
  // Texts that are there already: one more version of the cell.
  await send(0, 2);
  await cut(false);
  await check();
  await cut(true);
  await check();
  await send(MOST_TEXTS, MOST_TEXTS + 1);
  await check();
  await cut(false);
  await check();
}
