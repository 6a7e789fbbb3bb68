/**
 * `tenon up` as a real process, killed with SIGKILL at random moments while clients send and ask over HTTP: no
 * acknowledged event is missing, none counts twice, and every answer equals the oracle at the offsets that it names.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Layer } from '../exactness/check';
import { checkRows } from '../exactness/check';
import type { FlightsCatalog } from '../exactness/flights-catalog';
import { productsOf, writeCatalog } from '../exactness/flights-catalog';
import { readFlights, takeFlights } from '../exactness/flights';
import { Random } from '../exactness/random';
import { readDataDirectory } from '../exactness/read-log';
import { Clients } from './clients';
import { TenonProcess } from './tenon-process';

const KILLS = 3;
const CATALOG: FlightsCatalog = {
  partitions: 3,
  dedupeWindow: 100_000,
  topologies: { airport_hours: 'lambda', late_hubs: 'lambda', fares: 'kappa' },
};
const LAYERS: readonly Layer[] = ['merged', 'merged', 'batch', 'speed'];
const CHOSEN = productsOf(CATALOG);
const NAMES = CHOSEN.map(({ name }) => name);

test('kill -9 under load loses no acknowledged event, counts none twice, and every answer is exact', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'tenon-kill-'));
  const catalog = join(directory, 'catalog');
  const data = join(directory, 'data');
  const random = new Random(Date.now());
  const events = takeFlights(await readFlights(), 3000, random).map((flight) => ({ flight, variant: 0 }));
  const clients = new Clients(random.shuffle(events), random);
  let tenon: TenonProcess | undefined;
  try {
    await writeCatalog(catalog, CATALOG);
    for (let round = 0; round < KILLS; round++) {
      tenon = await TenonProcess.start(catalog, data);
      const killed = new AbortController();
      const load = [1, 2, 3].map(() => clients.send(tenon?.url ?? '', killed.signal));
      load.push(clients.ask(tenon.url, NAMES, LAYERS, killed.signal));
      await sleep(random.int(150, 1500));
      await tenon.kill();
      killed.abort();
      await Promise.all(load);
    }
    tenon = await TenonProcess.start(catalog, data);
    await clients.send(tenon.url, new AbortController().signal);
    const cut = await fetch(`${tenon.url}/v1/cuts?wait=true`, { method: 'POST' });
    expect(cut.status).toBe(202);
    for (const product of CHOSEN)
      for (const layer of ['merged', 'batch'] as const) {
        const answer = await clients.askOnce(tenon.url, product.name, layer);
        expect(answer.rows.length).toBeGreaterThan(0);
      }
    expect(await tenon.stop()).toBe(0);
    expect(tenon.complaints).toBe('');

    const log = await readDataDirectory(data, CATALOG, events, clients.acknowledged);
    expect(log.missing()).toBeNull();
    const once = new Set(
      log.partitions.flat().flatMap((entry) => (entry.kind === 'event' ? [entry.flight.id] : [])),
    );
    expect(once.size).toBe(events.length);
    for (const { name, layer, answer } of clients.answers) {
      const product = CHOSEN.find((one) => one.name === name);
      checkRows(product as (typeof CHOSEN)[number], log, answer, { layer });
    }
    expect(clients.unexpected).toEqual([]);
    expect(clients.answers.length).toBeGreaterThan(20);
  } finally {
    await tenon?.kill().catch(() => undefined);
    await rm(directory, { recursive: true, force: true });
  }
});
