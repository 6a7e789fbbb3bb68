/** Partitions that somebody adds to a topic of events: all services go on alike with those that the catalog declares. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createFileEventLog, systemClock } from '@tenon/adapters-embedded';
import { eventually } from '@tenon/testing';
import { Tenon } from './tenon';

const TOPIC = 'tenon.events.s';
const tenon = new Tenon();
const log = () => join(tenon.directory, 'data/log');

beforeAll(async () => {
  tenon.file('sources/s.yaml', 'key: k\npartitions: 2\nschema: { properties: { k: { type: string } } }\n');
  for (const topology of ['kappa', 'lambda']) {
    tenon.file(`products/${topology}.yaml`, `topology: ${topology}\n`);
    tenon.file(`products/${topology}.sql`, 'SELECT k, count(*) AS n FROM s GROUP BY k');
  }
  await tenon.start();
});
afterAll(() => tenon.stop());

const send = async (count: number) => {
  const lines = Array.from({ length: count }, (_, index) => `{"k":"k${index}"}`);
  expect(await tenon.send('s', lines)).toMatchObject({ status: 202, body: { accepted: count } });
};

async function counts(product: string, events: number, cut: number): Promise<void> {
  await eventually(`${product} counts ${events}`, async () => {
    const { rows, body } = await tenon.rows(product, {});
    const answer = body['answer'] as { behind: number; generation: number; troubles?: unknown };
    const n = rows.reduce((sum, row) => sum + Number(row['n']), 0);
    return n === events && answer.behind === 0 && answer.generation === cut && answer.troubles === undefined;
  });
}

function addPartitions(): void {
  const path = join(log(), TOPIC, 'topic.json');
  for (const partition of [2, 3, 4]) mkdirSync(join(log(), TOPIC, String(partition)));
  const topic = JSON.parse(readFileSync(path, 'utf8')) as object;
  // Not `begun`: as if the new ones had never had files.
  writeFileSync(path, JSON.stringify({ ...topic, partitions: 5, begun: undefined }));
}

test('that are empty change nothing; with records in them it does not start, and says how to go on', async () => {
  await send(20);
  for (const product of ['kappa', 'lambda']) await counts(product, 20, 0);
  await tenon.restart(addPartitions);
  await send(20);
  for (const product of ['kappa', 'lambda']) await counts(product, 40, 0);
  expect((await tenon.cut()).status).toBe(202);
  for (const product of ['kappa', 'lambda']) await counts(product, 40, 1);
  expect((await tenon.call('/readyz')).status).toBe(200);
  await tenon.halt();
  const outside = createFileEventLog({ directory: log(), clock: systemClock });
  await outside.append(TOPIC, [{ partition: 4, key: null, value: 'x' }]);
  await outside.close();
  const failure = await tenon.start().catch((error: unknown) => error);
  expect(JSON.stringify([failure, String(failure)])).toMatch(/topic-mismatch|there are records in 4/);
});
