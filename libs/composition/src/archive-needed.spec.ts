import type { Plan } from '@tenon/domain';
import { archiveProblems } from './archive-needed';

const DAY = 86_400_000;
const hours = { column: 'w', sizeMicros: 3_600_000_000, sizeMonths: 0 };
const months = { column: 'w', sizeMicros: 0, sizeMonths: 1 };
const plan = (retentionDays: number | null, window: Plan['window'] = hours) =>
  ({
    ...{ product: 'p', version: 1, window },
    retentionMicros: retentionDays === null ? null : retentionDays * DAY * 1000,
  }) as Plan;

const refused = (days: number | null, ...plans: Plan[]) =>
  archiveProblems(plans, days === null ? null : days * DAY).map(({ message }) => message);

test('an archive that keeps all, or more than each product needs, is taken', () => {
  expect(refused(null, plan(null))).toEqual([]);
  expect(refused(91, plan(90), plan(7))).toEqual([]);
  expect(refused(10)).toEqual([]);
});

test('a product that needs all, or more than the archive keeps, is named with how much', () => {
  expect(refused(90, plan(90))).toEqual([
    expect.stringMatching(/p v1 needs events of 90 days 1 h, .* 90 days:/),
  ]);
  expect(refused(90, plan(60, months))).toEqual([expect.stringContaining('91 days')]);
  expect(refused(90, plan(null))).toEqual([expect.stringContaining('has no retention')]);
  expect(refused(90, plan(30, null))).toEqual([expect.stringContaining('has no window')]);
});
