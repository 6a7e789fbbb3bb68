/**
 * A topic of events that is put back from an older copy while Tenon is away: it ends above the last cut and below what was counted.
 * Nothing is taken at offsets that other events had, what was counted says so, and with the newer copy all goes on.
 */
import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '@tenon/testing';
import { Tenon } from './tenon';

const SOURCE = `key: k
partitions: 1
schema: { type: object, properties: { k: { type: string } } }
`;
const PUT_BACK = ['in_kappa', 'in_lambda'];

const tenon = new Tenon();
/** Source → the events that were acknowledged. */
const sent = new Map<string, number>();
let ids = 0;

const log = (source: string, copy = '') =>
  join(tenon.directory, copy === '' ? 'data/log' : copy, `tenon.events.${source}`);
function copy(from: string, to: string): void {
  for (const source of PUT_BACK) {
    rmSync(log(source, to), { recursive: true, force: true });
    cpSync(log(source, from), log(source, to), { recursive: true });
  }
}

const post = async (source: string) => {
  const answer = await tenon.call(`/v1/sources/${source}/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-correlation-id': `e${(ids += 1)}` },
    body: '{"k":"a"}',
  });
  if (answer.status === 202) sent.set(source, (sent.get(source) ?? 0) + 1);
  return answer;
};
const counted = async (source: string) => {
  const { rows, body } = await tenon.rows(`by_${source}`, {});
  type Envelope = { status: string; troubles?: { code: string; layer: string; from: number; to: number }[] };
  return { n: Number(rows[0]?.['n'] ?? 0), answer: body['answer'] as Envelope };
};
async function send(source: string, count: number): Promise<void> {
  for (let i = 0; i < count; i++) expect((await post(source)).status).toBe(202);
  await eventually('all are counted', async () => (await counted(source)).n === sent.get(source));
}
const sendAll = async (count: number) => {
  for (const source of [...PUT_BACK, 'kept']) await send(source, count);
};

beforeAll(async () => {
  for (const source of [...PUT_BACK, 'kept']) {
    const topology = source === 'in_lambda' ? 'lambda' : 'kappa';
    tenon.file(`sources/${source}.yaml`, SOURCE);
    tenon.file(`products/by_${source}.yaml`, `version: 1\ntopology: ${topology}\n`);
    tenon.file(`products/by_${source}.sql`, `SELECT k, count(*) AS n FROM ${source} GROUP BY k`);
  }
  await tenon.start();
});
afterAll(() => tenon.stop());

test('a log that ends before what was counted takes and counts nothing until it has it again', async () => {
  await sendAll(2);
  expect((await tenon.cut()).status).toBeLessThan(300);
  await sendAll(2);
  await tenon.restart(() => copy('', 'older'));
  await sendAll(3);
  // Two, the barrier, two: the older copy ends there.
  const [older, newer] = [5, 8];
  await tenon.restart(() => {
    copy('', 'newer');
    copy('older', '');
  });
  expect(await tenon.call('/readyz')).toMatchObject({ status: 503 });
  for (const source of PUT_BACK) {
    const refused = await post(source);
    expect(refused).toMatchObject({ status: 503, body: { code: 'log-too-short' } });
    expect(String(refused.body['hint'])).toContain('copy');
    const says = async () => (await counted(source)).answer.troubles?.find(({ layer }) => layer === 'speed');
    await eventually('the answer says so', async () => (await says()) !== undefined);
    expect(await says()).toMatchObject({ code: 'log-too-short', from: older, to: newer });
    expect(await counted(source)).toMatchObject({ n: 7, answer: { status: 'incomplete' } });
  }
  await send('kept', 1);
  expect((await tenon.call('/v1/cuts', { method: 'POST' })).status).toBeLessThan(300);
  await send('kept', 1);
  for (const source of PUT_BACK) {
    expect((await post(source)).status).toBe(503);
    expect(await counted(source)).toMatchObject({ n: 7, answer: { status: 'incomplete' } });
  }
  await tenon.restart(() => copy('newer', ''));
  await sendAll(1);
  expect((await tenon.cut()).status).toBeLessThan(300);
  await sendAll(1);
  for (const source of [...PUT_BACK, 'kept']) {
    await eventually(
      'it is said no longer',
      async () => (await counted(source)).answer.troubles === undefined,
    );
    expect((await counted(source)).n).toBe(sent.get(source));
  }
});
