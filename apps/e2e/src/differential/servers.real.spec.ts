/** As the scenario beside it, on Kafka, NATS and MongoDB: names, values and changes mean the same there. */
import { createEngine } from '@tenon/engine';
import type { Engine } from '@tenon/ports';
import { uniqueName } from '@tenon/testing';
import { Counters } from '../exactness/counters';
import { describeOnServers, serverSettings } from '../real/servers';
import { Oracle } from './oracle';
import { World } from './world';

const SEED = Number(process.env['TENON_WORLD'] ?? 3);
const SIZE = { sources: 3, products: 1, events: 24 };

describeOnServers('The whole of Tenon on servers, against plain DuckDB', () => {
  const counters = new Counters();
  let oracle: Oracle;
  let engine: Engine;
  beforeAll(async () => {
    oracle = await Oracle.open();
    engine = await createEngine({ threads: 1 });
  });
  afterAll(async () => {
    oracle.close();
    await engine.close();
  });

  test('every answer of a world is DuckDB’s', async () => {
    const suffix = uniqueName('').replaceAll('-', '_');
    const name = `worlds${suffix}`;
    const environment = { ...serverSettings(name), TENON_DEPLOYMENT: name.replaceAll('_', '-') };
    await new World(SEED, SIZE, oracle, engine, counters, { environment, suffix }).play();
    console.info(`differential on servers: ${counters.toString()}`);
    expect(counters.of('answers compared (merged)')).toBeGreaterThan(20);
    expect(counters.of('answers compared (batch)')).toBeGreaterThan(4);
  }, 300_000);
});
