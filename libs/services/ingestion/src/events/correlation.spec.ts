import { isCorrelationId, traceparentOf } from './correlation';

it('knows correlation IDs and traces', () => {
  expect(['a', 'a b', ' a', '', 'ä', 'x'.repeat(129), 5].map(isCorrelationId)).toEqual([
    true,
    true,
    false,
    false,
    false,
    false,
    false,
  ]);
  const trace = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  expect(traceparentOf(trace)).toBe(trace);
  for (const bad of [
    trace.toUpperCase(),
    trace.replace('00-', 'ff-'),
    `${trace}-x`,
    `00-${'0'.repeat(32)}-b7ad6b7169203331-01`,
  ])
    expect(traceparentOf(bad)).toBeUndefined();
});
