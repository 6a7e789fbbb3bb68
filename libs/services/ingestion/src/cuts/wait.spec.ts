import type { Plan } from '@tenon/domain';
import { start } from '../testing/ingestion-fixture';
import { settle } from '../testing/manual-clock';

describe('waiting for a cut', () => {
  const products = ['a@1', 'b@1'];
  const reply = (generations: Readonly<Record<string, number>>) => ({ v: 2, generations });

  it('ends when every product serves it, whoever says so', async () => {
    const fixture = await start({ products });
    fixture.bus.generations = () => [reply({ 'a@1': 1, 'b@1': 0 }), reply({ 'b@1': 1 })];
    const answer = await fixture.cut({ wait: 'true' });
    expect(answer).toMatchObject({ status: 202, body: { epoch: 1, generations: { a: 1, b: 1 } } });
    expect(fixture.bus.handlers.size).toBe(0);
  });

  it('asks again at each hint', async () => {
    const fixture = await start({ products });
    const answer = fixture.cut({ wait: 'true' });
    await settle();
    fixture.bus.generations = () => [reply({ 'a@1': 5, 'b@1': 1 })];
    for (const hint of fixture.bus.handlers) hint();
    expect((await answer).status).toBe(202);
  });

  it('asks again without hints, and gives up in time with 504', async () => {
    const fixture = await start({ products });
    fixture.bus.generations = () => [reply({ 'a@1': 1 })];
    const answer = fixture.cut({ wait: 'true', timeout: '150' });
    await settle();
    await fixture.clock.advance(100);
    await fixture.clock.advance(100);
    expect(await answer).toMatchObject({
      status: 504,
      body: { code: 'cut-timeout', epoch: 1, generations: { a: 1 } },
    });
  });

  it('waits no more for a product that is removed meanwhile, nor for one that is new', async () => {
    const fixture = await start({ products });
    fixture.bus.generations = () => [reply({ 'a@1': 1 })];
    const answer = fixture.cut({ wait: 'true' });
    await settle();
    const planOf = (product: string) => ({ product, version: 1 }) as Plan;
    await fixture.service.adopt?.([planOf('a'), planOf('c')]);
    await fixture.clock.advance(100);
    expect(await answer).toMatchObject({ status: 202, body: { epoch: 1, generations: { a: 1 } } });
  });

  it('ends with 503 when the server does', async () => {
    const fixture = await start({ products });
    const shutdown = new AbortController();
    const answer = fixture.cut({ wait: 'true' }, shutdown.signal);
    await settle();
    shutdown.abort();
    expect(await answer).toMatchObject({ status: 503, body: { code: 'shutting-down', epoch: 1 } });
  });
});
