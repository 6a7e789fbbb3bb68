import type { ServiceState } from './instance';
import { serviceWarnings } from './service-warnings';

const state = (name: string, more: Partial<ServiceState> = {}): ServiceState => ({
  ...{ name, instance: 'a/1', version: '1', wire: 3, uptime: 1, catalog: 'c', catalogSince: '2026-01-01' },
  ...{ ready: true, restarts: 0 },
  ...more,
});

test('what is the same of all services of a process is said once', () => {
  const away = { ready: false, reason: 'log: away' };
  const warnings = serviceWarnings([state('speed', away), state('batch', away), state('serving')]);
  expect(warnings).toMatchObject([
    { code: 'not-ready', message: 'Not ready: speed, batch (a/1): log: away', hint: expect.any(String) },
  ]);
});

test('dead letters that several instances count are told once, by who counts most', () => {
  const of = (count: number) => ({
    refusedLately: [{ source: 'orders', count, minutes: 10, reasons: [`schema-violation ${count}`] }],
  });
  const warnings = serviceWarnings([
    state('ingestion', of(2)),
    state('ingestion', { instance: 'b/1', ...of(3) }),
  ]);
  expect(warnings.map(({ message }) => message)).toEqual([
    '3 events of orders became dead letters in the last 10 minutes: schema-violation 3.',
  ]);
});
