import type { Metrics, MetricSample } from '@tenon/ports';
import { measureDisk } from './measure';

test('a scrape asks the disks once, for all that it says of them', () => {
  const samplers: (() => readonly MetricSample[])[] = [];
  const metrics = { gauge: (_name, _help, read) => void samplers.push(read) } as Partial<Metrics> as Metrics;
  let asked = 0;
  const use = { part: 'log', path: '/x', used: 3, free: 5, size: 9 };
  measureDisk(metrics, { latest: [use], read: async () => ((asked += 1), [use]) });
  expect(samplers.map((read) => read().map(({ value }) => value))).toEqual([[5], [3]]);
  expect(asked).toBe(1);
});
