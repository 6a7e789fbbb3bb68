/** A bit of an archive file that is another one: what needs the file says so and keeps its right number, the rest goes on. */
import { existsSync, readFileSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '@tenon/testing';
import { Tenon } from './tenon';
const SOURCE = 'partitions: 1\nschema: { type: object, properties: { n: { type: integer } } }\n';

const tenon = new Tenon();
let receipt = '';

beforeAll(async () => {
  for (const name of ['orders', 'visits']) {
    tenon.file(`sources/${name}.yaml`, SOURCE);
    tenon.file(`products/${name}_total.sql`, `SELECT count(*) AS n, sum(n) AS total FROM ${name}\n`);
  }
  await tenon.start();
});

afterAll(() => tenon.stop());

async function send(source: string, count: number): Promise<void> {
  const lines = Array.from({ length: count }, (_, n) => JSON.stringify({ n }));
  const { status, body } = await tenon.send(source, lines);
  expect(status).toBe(202);
  receipt = body['receipt'] as string;
}

interface Told {
  readonly row: unknown;
  readonly generation: number;
  readonly status: string;
  readonly codes: readonly string[];
}

async function told(product: string, query: Record<string, string> = {}): Promise<Told> {
  const { rows, body } = await tenon.rows(product, query);
  const answer = body['answer'] as {
    generation: number;
    status: string;
    troubles?: { code: string; reason: string }[];
  };
  const { generation, status, troubles = [] } = answer;
  const row = [Number(rows[0]?.['n']), Number(rows[0]?.['total'])];
  return { row, generation, status, codes: troubles.map(({ code }) => code) };
}

/** The one file of a source's archive that has events. */
function archived(source: string): string {
  const folder = join(tenon.directory, 'data/lake/archive', source, 'p=0');
  return join(folder, readdirSync(folder).sort()[0] ?? '');
}

const askCut = (full: boolean) => tenon.call(`/v1/cuts?full=${full}`, { method: 'POST' });

test('is named in the answers of the products that need it, whose numbers stay right; others are computed anew', async () => {
  await send('orders', 100);
  await send('visits', 50);
  await tenon.cut();
  const file = archived('orders');
  const whole = readFileSync(file);
  const flipped = Buffer.from(whole);
  flipped[Math.floor(whole.length / 3)]! ^= 1;
  writeFileSync(file, flipped);
  await askCut(true);
  await eventually('visits are computed anew', async () => (await told('visits_total')).generation === 2);
  await eventually('orders say so', async () => (await told('orders_total')).codes.length > 0);
  await send('orders', 1);
  expect(await told('orders_total', { after: receipt })).toMatchObject({
    ...{ row: [101, 4950], generation: 1, status: 'incomplete', codes: ['archive-damaged'] },
  });
  expect(await told('visits_total')).toMatchObject({ row: [50, 1225], codes: [] });
  const { body } = await tenon.rows('orders_total', {});
  const [trouble] = (body['answer'] as { troubles: { reason: string }[] }).troubles;
  expect(trouble?.reason).toContain(file.slice(file.indexOf('archive/')));

  // A file that is gone is the same; put back, the next cut makes everything anew.
  renameSync(file, `${file}.away`);
  await askCut(false);
  await eventually('visits go on', async () => (await told('visits_total')).generation === 3);
  expect(await told('orders_total')).toMatchObject({ row: [101, 4950], status: 'incomplete' });
  expect(existsSync(file)).toBe(false);
  writeFileSync(file, whole);
  await askCut(false);
  await eventually('orders are well', async () => (await told('orders_total')).generation === 4);
  await eventually('nothing is said of them', async () => (await told('orders_total')).codes.length === 0);
  expect(await told('orders_total')).toMatchObject({ row: [101, 4950], codes: [] });
});
