/**
 * `tenon up` as a real process, killed with SIGKILL at random moments while clients send and ask over HTTP: no
 * acknowledged event is missing, none counts twice, and every answer equals the oracle at the offsets that it names.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { IngestAnswer, RowsAnswer } from '@tenon/contracts';
import type { Layer } from '../exactness/check';
import { checkRows } from '../exactness/check';
import type { FlightsCatalog } from '../exactness/flights-catalog';
import { productsOf, writeCatalog } from '../exactness/flights-catalog';
import { readFlights, takeFlights } from '../exactness/flights';
import type { OracleProduct } from '../exactness/products';
import { Random } from '../exactness/random';
import type { Acknowledged } from '../exactness/read-log';
import { readDataDirectory } from '../exactness/read-log';
import type { Sent } from '../exactness/scenario';
import { callWith } from '../exactness/wire';
import { TenonProcess } from './tenon-process';

const KILLS = 3;
const CATALOG: FlightsCatalog = {
  partitions: 3,
  dedupeWindow: 100_000,
  topologies: { airport_hours: 'lambda', late_hubs: 'lambda', fares: 'kappa' },
};
const LAYERS: readonly Layer[] = ['merged', 'merged', 'batch', 'speed'];
const CHOSEN = productsOf(CATALOG);

interface Answered {
  readonly product: OracleProduct;
  readonly layer: Layer;
  readonly answer: RowsAnswer;
}

/** The world's side: what was sent, what was answered. */
class Clients {
  readonly acknowledged: Acknowledged[] = [];
  readonly answers: Answered[] = [];
  readonly unexpected: string[] = [];
  sent = 0;
  private readonly waiting: Sent[];

  constructor(
    events: readonly Sent[],
    private readonly random: Random,
  ) {
    this.waiting = [...events];
  }

  /** Sends until `signal`; what was not answered is sent again by the next round. */
  async send(url: string, signal: AbortSignal): Promise<void> {
    while (!signal.aborted && this.waiting.length > 0) {
      const events = this.waiting.splice(0, this.random.pick([1, 10, 60]));
      const { contentType = '', body = [] } = callWith(events, this.random);
      try {
        const response = await fetch(`${url}/v1/sources/flights/events?items=all`, {
          method: 'POST',
          headers: { 'content-type': contentType },
          body: body.join(''),
        });
        const answer = (await response.json()) as IngestAnswer;
        if (response.status !== 202) throw new Error(JSON.stringify(answer));
        this.sent += events.length;
        for (const { index, position } of answer.items ?? [])
          if (position !== undefined) this.acknowledged.push({ sent: events[index] as Sent, ...position });
        // Some of what was acknowledged is sent again, as a client that lost the answer would.
        if (this.random.chance(0.1)) this.waiting.push(...events);
      } catch (error) {
        this.waiting.unshift(...events);
        if (!isConnection(error)) this.unexpected.push(String(error));
        await sleep(5);
      }
    }
  }

  async ask(url: string, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.askOnce(url, this.random.pick(CHOSEN), this.random.pick(LAYERS)).catch((error: unknown) => {
        if (!isConnection(error)) this.unexpected.push(String(error));
      });
      await sleep(10);
    }
  }

  async askOnce(url: string, product: OracleProduct, layer: Layer): Promise<RowsAnswer> {
    const response = await fetch(`${url}/v1/products/${product.name}/rows?layer=${layer}&limit=10000`);
    const answer = (await response.json()) as RowsAnswer;
    if (response.status !== 200) throw new Error(JSON.stringify(answer));
    this.answers.push({ product, layer, answer });
    return answer;
  }
}

/** `fetch` says so of any broken or refused connection; an answer that was cut off is no JSON. By name: realms differ. */
const isConnection = (error: unknown) =>
  ['TypeError', 'SyntaxError', 'AbortError'].includes((error as Error).name);

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
      load.push(clients.ask(tenon.url, killed.signal));
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
        const answer = await clients.askOnce(tenon.url, product, layer);
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
    for (const { product, layer, answer } of clients.answers) checkRows(product, log, answer, { layer });
    expect(clients.unexpected).toEqual([]);
    expect(clients.answers.length).toBeGreaterThan(20);
  } finally {
    await tenon?.kill().catch(() => undefined);
    await rm(directory, { recursive: true, force: true });
  }
}, 60_000);
