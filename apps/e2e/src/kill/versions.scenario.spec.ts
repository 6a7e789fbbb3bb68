/**
 * `tenon up` as a process, killed with SIGKILL within each step in the life of a product's versions while clients send and ask:
 * the step goes on or back by itself, no answer is a mixture of versions, each is its version's at the offsets that it names,
 * and of what is dropped nothing is left.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createParts } from '@tenon/composition';
import type { RowsAnswer } from '@tenon/contracts';
import { createLogger, readSettings } from '@tenon/runtime';
import { eventually } from '@tenon/testing';
import { checkRows } from '../exactness/check';
import type { FlightsCatalog } from '../exactness/flights-catalog';
import { writeCatalog } from '../exactness/flights-catalog';
import { readFlights, takeFlights } from '../exactness/flights';
import type { OracleProduct } from '../exactness/products';
import { PRODUCTS, renamed } from '../exactness/products';
import { Random } from '../exactness/random';
import { readDataDirectory } from '../exactness/read-log';
import { Clients, isConnection } from './clients';
import { leftOf } from './left-of';
import { TenonProcess } from './tenon-process';

const CATALOG: FlightsCatalog = { partitions: 2, dedupeWindow: 100_000, topologies: {} };
const product = (name: string, as: string) =>
  renamed(PRODUCTS.find((one) => one.name === name) as OracleProduct, 'flights', as);

/** Each product is the one or the other, by its version. */
const LIVES = [
  {
    name: 'air',
    topology: 'lambda',
    first: product('airport_hours', 'air'),
    second: product('late_hubs', 'air'),
  },
  { name: 'way', topology: 'kappa', first: product('routes', 'way'), second: product('fares', 'way') },
] as const;
const NAMES = LIVES.map(({ name }) => name);

interface Version {
  readonly version: number;
  readonly state: string;
}

class World {
  readonly random = new Random(Date.now());
  clients!: Clients;
  private tenon: TenonProcess | undefined;
  private load: Promise<void>[] = [];
  private stopLoad = new AbortController();
  /** What each version of a name is, `air@2`. */
  readonly meaning = new Map<string, OracleProduct>();
  /** Which versions a name may answer with, as time goes by. */
  private readonly allowed: Record<string, ReadonlySet<number>[]> = {};
  readonly mixed: string[] = [];
  readonly named = { served: 0, others: 0 };

  constructor(readonly directory: string) {}

  get data(): string {
    return join(this.directory, 'data');
  }

  private get catalog(): string {
    return join(this.directory, 'catalog');
  }

  declare(version: number): void {
    mkdirSync(join(this.catalog, 'products'), { recursive: true });
    for (const { name, topology, first, second } of LIVES) {
      const one = version === 1 ? first : second;
      this.meaning.set(`${name}@${version}`, one);
      writeFileSync(join(this.catalog, `products/${name}.sql`), one.sql);
      writeFileSync(
        join(this.catalog, `products/${name}.yaml`),
        `version: ${version}\ntopology: ${topology}\n`,
      );
    }
  }

  /** @param grace how long what was served is kept */
  async start(grace: string): Promise<void> {
    const settings = { TENON_VERSION_GRACE: grace };
    this.tenon = await TenonProcess.start(this.catalog, this.data, { settings });
    const { url } = this.tenon;
    this.stopLoad = new AbortController();
    const { signal } = this.stopLoad;
    this.load = [this.clients.send(url, signal), this.clients.send(url, signal), this.ask(url, signal)];
  }

  /** The names may answer with these from now on; what is asked meanwhile with those of before too. */
  allow(versions: readonly number[]): void {
    for (const name of NAMES) (this.allowed[name] ??= []).push(new Set(versions));
  }

  private async ask(url: string, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const name = this.random.pick(NAMES);
      await this.askOnce(url, name).catch((error: unknown) => {
        if (!isConnection(error)) this.clients.unexpected.push(String(error));
      });
      await sleep(50);
    }
  }

  private async askOnce(url: string, name: string): Promise<void> {
    const layer = this.random.pick(['merged', 'merged', 'batch'] as const);
    const known = [...this.meaning.keys()].filter((id) => id.startsWith(`${name}@`));
    const asked = this.random.chance(0.3) ? Number(this.random.pick(known).split('@')[1]) : undefined;
    const from = (this.allowed[name]?.length ?? 0) - 1;
    const query = `layer=${layer}&limit=10000${asked === undefined ? '' : `&version=${asked}`}`;
    const response = await fetch(`${url}/v1/products/${name}/rows?${query}`);
    const answer = (await response.json()) as RowsAnswer & { code?: string };
    // One that is not built yet, or dropped, is said to be none.
    if (asked !== undefined && response.status === 404 && answer.code === 'unknown-version') return;
    if (response.status !== 200) throw new Error(JSON.stringify(answer));
    this.clients.answers.push({ name, layer, answer });
    const may = this.allowed[name]?.slice(from).some((one) => one.has(answer.version));
    if (asked === undefined) {
      this.named.served += 1;
      if (may !== true) this.mixed.push(`${name} answers with v${answer.version}`);
    } else {
      this.named.others += 1;
      if (asked !== answer.version) this.mixed.push(`v${asked} of ${name} answers with v${answer.version}`);
    }
  }

  /** Takes a step of each product, and kills Tenon somewhere in it. @returns once it runs again */
  async killedWithin(step: string, longestMs: number, grace: string): Promise<void> {
    const steps =
      step === 'apply'
        ? [this.post('/v1/apply')]
        : NAMES.map((name) => this.post(`/v1/products/${name}/${step}`));
    await sleep(this.random.int(0, longestMs));
    await this.tenon?.kill();
    this.stopLoad.abort();
    await Promise.all([...steps, ...this.load]);
    await this.start(grace);
  }

  /** @returns null where it was killed meanwhile */
  async post(path: string): Promise<Record<string, unknown> | null> {
    try {
      const response = await fetch(`${this.tenon?.url ?? ''}${path}`, { method: 'POST' });
      return (await response.json()) as Record<string, unknown>;
    } catch (error) {
      if (isConnection(error)) return null;
      throw error;
    }
  }

  async versions(name: string): Promise<readonly Version[]> {
    const response = await fetch(`${this.tenon?.url ?? ''}/v1/products/${name}`);
    return ((await response.json()) as { versions: readonly Version[] }).versions;
  }

  async state(name: string, version: number): Promise<string> {
    return (await this.versions(name)).find((one) => one.version === version)?.state ?? 'none';
  }

  /** Until a version of each product is in one of these states, by itself. */
  async become(version: number, ...states: readonly string[]): Promise<void> {
    for (const name of NAMES)
      await eventually(
        `v${version} of ${name} is ${states.join(' or ')}`,
        async () => {
          const state = await this.state(name, version);
          if (!states.includes(state)) throw new Error(`v${version} of ${name} is ${state}`);
          return true;
        },
        { timeoutMs: 120_000, everyMs: 100 },
      );
  }

  /** Whoever was left where it was goes on, as whoever asked for the step would. */
  async again(step: string, version: number, wanted: string): Promise<void> {
    for (const name of NAMES)
      if ((await this.state(name, version)) !== wanted) {
        const answer = await this.post(`/v1/products/${name}/${step}`);
        if (answer?.['code'] !== undefined) throw new Error(JSON.stringify(answer));
      }
    await this.become(version, wanted);
  }

  async stop(): Promise<void> {
    this.stopLoad.abort();
    await Promise.all(this.load);
    await this.clients.send(this.tenon?.url ?? '', new AbortController().signal);
    const answer = await this.post('/v1/cuts?wait=true');
    expect(answer).toMatchObject({ epoch: expect.any(Number) as number });
    for (const name of NAMES) await this.askOnce(this.tenon?.url ?? '', name);
    expect(await this.tenon?.stop()).toBe(0);
    expect(this.tenon?.complaints).toBe('');
  }

  async end(): Promise<void> {
    this.stopLoad.abort();
    await this.tenon?.kill().catch(() => undefined);
  }
}

test('kill -9 within apply, promote, rollback, reprocess and drop: each goes on or back, and no answer is a mixture', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'tenon-kill-versions-'));
  const world = new World(directory);
  try {
    const { random } = world;
    const flights = takeFlights(await readFlights(), 3000, random);
    const events = flights.map((flight) => ({ flight, variant: 0 }));
    world.clients = new Clients(random.shuffle(events), random, 100);
    await writeCatalog(join(directory, 'catalog'), CATALOG);
    world.declare(1);
    world.allow([1]);
    await world.start('1h');
    await sleep(random.int(300, 1000));

    // Killed before it was registered, the catalog is found at the start, whose versions go over by themselves.
    world.declare(2);
    world.allow([1, 2]);
    await world.killedWithin('apply', 800, '1h');
    await world.become(2, 'ready', 'served');
    await world.killedWithin('promote', 300, '1h');
    await world.become(2, 'ready', 'served');
    await world.again('promote', 2, 'served');
    world.allow([2]);
    await sleep(200);

    world.allow([1, 2]);
    await world.killedWithin('rollback', 300, '1h');
    await world.become(1, 'kept', 'served');
    await world.again('rollback', 1, 'served');
    world.allow([1]);
    await sleep(200);

    // What is dropped is removed a second later; it is killed within that too.
    await world.killedWithin('drop?version=2', 200, '1s');
    await world.killedWithin('drop?version=2', 1500, '1s');
    // Killed before anybody had heard of it, both times, it is kept still.
    for (const name of NAMES)
      if ((await world.state(name, 2)) === 'kept') await world.post(`/v1/products/${name}/drop?version=2`);
    await world.become(2, 'dropped');

    for (const { name, first } of LIVES) world.meaning.set(`${name}@3`, first);
    world.allow([1, 3]);
    await world.killedWithin('reprocess?promote=true', 800, '1s');
    for (const name of NAMES)
      if ((await world.state(name, 3)) === 'none')
        await world.post(`/v1/products/${name}/reprocess?promote=true`);
    await world.become(3, 'served');
    world.allow([3]);
    await world.become(1, 'dropped');
    await world.stop();

    const log = await readDataDirectory(world.data, CATALOG, events, world.clients.acknowledged);
    expect(log.missing()).toBeNull();
    for (const { name, layer, answer } of world.clients.answers)
      checkRows(world.meaning.get(`${name}@${answer.version}`) as OracleProduct, log, answer, { layer });
    expect(world.mixed).toEqual([]);
    expect(world.clients.unexpected).toEqual([]);
    expect(world.named.served).toBeGreaterThan(20);
    expect(world.named.others).toBeGreaterThan(3);
    for (const name of NAMES)
      for (const version of [1, 2]) expect(await leftIn(world.data, `${name}@${version}`)).toEqual([]);
  } finally {
    await world.end();
    await rm(directory, { recursive: true, force: true });
  }
}, 300_000);

/** What a data directory has of a version. */
async function leftIn(data: string, id: string): Promise<string[]> {
  const parts = createParts(readSettings({}), data, createLogger({ level: 'silent', name: 'test' }), 'test');
  try {
    return await leftOf(parts, id);
  } finally {
    await parts.close();
  }
}
