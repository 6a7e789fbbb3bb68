/** A topic of events that is deleted while Tenon is away: nothing is taken into another one, and what was counted says so. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '@tenon/testing';
import { Tenon } from './tenon';

const SOURCE = `key: k
partitions: 1
schema: { type: object, properties: { k: { type: string } } }
`;
const PRODUCT = `version: 1
topology: kappa
`;
const SQL = (source: string) => `SELECT k, count(*) AS n FROM ${source} GROUP BY k`;

const tenon = new Tenon();
const post = (source: string) =>
  tenon.call(`/v1/sources/${source}/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"k":"a"}',
  });
const counted = async (source: string) => {
  const { rows, body } = await tenon.rows(`by_${source}`, {});
  return { n: rows[0]?.['n'], answer: body['answer'] as { status: string; troubles?: { code: string }[] } };
};

beforeAll(async () => {
  for (const source of ['lost', 'kept']) {
    tenon.file(`sources/${source}.yaml`, SOURCE);
    tenon.file(`products/by_${source}.yaml`, PRODUCT);
    tenon.file(`products/by_${source}.sql`, SQL(source));
  }
  await tenon.start();
});
afterAll(() => tenon.stop());

test('its events are refused, its answers incomplete, and the other source goes on', async () => {
  for (const source of ['lost', 'kept']) {
    for (let i = 0; i < 3; i++) expect((await post(source)).status).toBe(202);
    await eventually('all are counted', async () => Number((await counted(source)).n) === 3);
  }
  await tenon.restart(() => {
    rmSync(join(tenon.directory, 'data/log/tenon.events.lost'), { recursive: true });
  });
  expect(await post('lost')).toMatchObject({ status: 503, body: { code: 'log-replaced' } });
  expect(await tenon.call('/readyz')).toMatchObject({ status: 503 });
  await eventually('the answer says so', async () =>
    (await counted('lost')).answer.troubles?.some(({ code }) => code === 'log-replaced'),
  );
  expect(await counted('lost')).toMatchObject({ n: 3, answer: { status: 'incomplete' } });
  expect((await post('kept')).status).toBe(202);
  await eventually('it is counted', async () => Number((await counted('kept')).n) === 4);
  const cut = await tenon.call('/v1/cuts', { method: 'POST' });
  expect(cut.status).toBeLessThan(300);
  expect((await counted('kept')).answer.troubles).toBeUndefined();
});
