import { HttpProblem } from '@tenon/errors';
import { SOURCE, start } from '../testing/ingestion-fixture';
import { MemoryLog } from '../testing/memory-log';

async function get(fixture: Awaited<ReturnType<typeof start>>, path: string, source = '') {
  const route = fixture.service.routes.find((one) => one.method === 'GET' && one.path === path);
  const answer = await route!.handle({ params: { source } } as unknown as Parameters<
    NonNullable<typeof route>['handle']
  >[0]);
  return answer.json as Record<string, unknown>;
}

it('tells a client what a source wants, and which log it writes to', async () => {
  const fixture = await start();
  const source = await get(fixture, '/v1/sources/:source', 'orders');
  expect(source).toEqual({ ...SOURCE, log: expect.any(String) });
  expect(await get(fixture, '/v1/sources')).toEqual({ log: source['log'], sources: [SOURCE] });
  await expect(get(fixture, '/v1/sources/:source', 'nope')).rejects.toThrow(HttpProblem);
});

it('the log keeps its identity across starts, and a new log has another', async () => {
  const log = new MemoryLog();
  const first = await get(await start({ log }), '/v1/sources');
  const again = await get(await start({ log }), '/v1/sources');
  expect(again['log']).toBe(first['log']);
  expect(log.all('tenon.identity')).toHaveLength(1);
});
