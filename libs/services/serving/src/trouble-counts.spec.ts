import type { AnswerTrouble } from '@tenon/contracts';
import type { Plan } from '@tenon/domain';
import { TenonError, Unavailable } from '@tenon/errors';
import { NO_LOGGER } from '@tenon/telemetry';
import { createManualClock } from '@tenon/testing';
import { TroubleCounts } from './trouble-counts';

const trouble = (code: string, partition: number): AnswerTrouble =>
  ({ code, layer: 'speed', reason: '', source: 's', partition, since: '' }) as AnswerTrouble;

function product(name: string, troubles: () => readonly AnswerTrouble[]) {
  return {
    layout: { plan: { product: name, version: 2 } as Plan },
    troubles: async () => troubles(),
    conflicts: async () => 0,
  };
}

const settle = () => new Promise(setImmediate);

test('counts by product, code and layer; what is over is gone with the next look', async () => {
  const clock = createManualClock();
  let standing = [trouble('log-hole', 0), trouble('log-hole', 1), trouble('product-failed', 0)];
  const sales = product('sales', () => standing);
  const counts = new TroubleCounts({ clock, logger: NO_LOGGER }, () => [sales, product('well', () => [])]);
  counts.start();
  await settle();
  const labels = { product: 'sales', version: '2', layer: 'speed' };
  expect(counts.samples()).toEqual([
    { labels: { ...labels, code: 'log-hole' }, value: 2 },
    { labels: { ...labels, code: 'product-failed' }, value: 1 },
  ]);
  expect([counts.of(sales.layout.plan), counts.of({ product: 'sales', version: 1 } as Plan)]).toEqual([3, 0]);
  standing = [];
  await clock.advance(5000);
  await settle();
  expect(counts.samples()).toEqual([]);
  await counts.stop();
});

test('a product that cannot be read is one, and hides no other; a store that is away is waited for', async () => {
  const clock = createManualClock();
  let [away, mended] = [false, false];
  const unreadable = product('unreadable', () => {
    if (mended) return [];
    throw away ? new Unavailable('the store is away') : new TenonError('document-damaged', 'no JSON');
  });
  const counts = new TroubleCounts({ clock, logger: NO_LOGGER }, () => [
    unreadable,
    product('sales', () => [trouble('log-hole', 0)]),
  ]);
  counts.start();
  await settle();
  const codes = () => counts.samples().map(({ labels }) => labels['code']);
  expect(codes()).toEqual(['document-damaged', 'log-hole']);
  away = true;
  await clock.advance(5000);
  await settle();
  expect(codes()).toEqual(['document-damaged', 'log-hole']);
  mended = true;
  for (let second = 0; second < 10; second++) {
    await clock.advance(1000);
    await settle();
  }
  expect(codes()).toEqual(['log-hole']);
  await counts.stop();
});
