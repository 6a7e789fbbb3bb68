/** Plays one seed: disturbs a deployment while clients send and ask, then lets it come to rest and compares again. */
import { mkdtemp, rm } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFileEventLog, createFileLake, createLmdbProductStore } from '@tenon/adapters-embedded';
import type { AnswerEnvelope } from '@tenon/contracts';
import { TOPICS } from '@tenon/contracts';
import type { Plan, SourceDefinition } from '@tenon/domain';
import { idOf } from '@tenon/domain';
import { createEngine } from '@tenon/engine';
import type { Clock, Engine, Logger } from '@tenon/ports';
import { AcceptedLog } from './accepted';
import { SimulatedBus } from './bus';
import { Calls } from './calls';
import { changeCatalog, disturbAtRandom } from './chaos';
import { Wrong, awayIn } from './check';
import type { Stage } from './clients';
import { ask, askAll, askLedger, cutAtRandom, isPassing, logOf, sendAll } from './clients';
import type { Counters } from './counters';
import { Deployment } from './deployment';
import { readFlights } from './flights';
import type { Lost } from './losses';
import { Losses } from './losses';
import type { Vector } from './oracle';
import { PastAnswers, keptIn } from './past';
import { poison } from './poison';
import type { OracleProduct } from './products';
import { Random } from './random';
import { bodyOf, requestOf } from './requests';
import { stopAll } from './restarts';
import type { Scenario } from './scenario';
import { makeScenario } from './scenario';
import { Sightings } from './sightings';
import { Process, Simulation } from './simulation';
import type { Adapters } from './world';
import { World } from './world';

/** A seed takes some thousands of steps; one that needs this many is stuck. */
const MAX_STEPS = 100_000;

const HOME = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

let engine: Promise<Engine> | undefined;
const plans = new Map<string, Plan>();

/** One engine for all seeds of a worker. */
const sharedEngine = () => (engine ??= createEngine({ threads: 1 }));

export async function closeEngine(): Promise<void> {
  await (await engine)?.close();
  engine = undefined;
}

async function planAll(shared: Engine, scenario: Scenario): Promise<Plan[]> {
  const planned: Plan[] = [];
  for (const { oracle, topology } of scenario.products) {
    const key = `${oracle.name} ${oracle.source} ${topology} ${oracle.sql}`;
    const source = scenario.sources.find(({ name }) => name === oracle.source) as SourceDefinition;
    let plan = plans.get(key);
    if (plan === undefined) {
      const { name, sql, retentionMicros } = oracle;
      plan = await shared.plan(source, { name, version: 1, sql, topology, retentionMicros });
      plans.set(key, plan);
    }
    planned.push(plan);
  }
  return planned;
}

async function openAdapters(
  directory: string,
  clock: Clock,
  shared: Engine,
  { segmentBytes }: Scenario,
): Promise<Adapters> {
  return {
    log: createFileEventLog({ directory: join(directory, 'log'), clock, segmentBytes }),
    store: await createLmdbProductStore({ directory: join(directory, 'store') }),
    batchStore: await createLmdbProductStore({ directory: join(directory, 'batch-store') }),
    speedStore: await createLmdbProductStore({ directory: join(directory, 'speed-store') }),
    lake: await createFileLake({ directory: join(directory, 'lake') }),
    engine: shared,
  };
}

async function closeAdapters({ log, ...stores }: Adapters): Promise<void> {
  await log.close();
  for (const store of [stores.store, stores.batchStore, stores.speedStore]) await store.close();
}

/** @throws Wrong, or whatever failed without an injected fault */
export async function playSeed(seed: number, counters: Counters, logger?: Logger): Promise<void> {
  const directory = await mkdtemp(join(HOME, `tenon-exactness-${seed}-`));
  try {
    await play(seed, directory, counters, logger);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function play(seed: number, directory: string, counters: Counters, logger?: Logger): Promise<void> {
  const random = new Random(seed);
  const scenario = makeScenario(random.fork(), await readFlights(), seed);
  const simulation = new Simulation(random.fork(), scenario.startAt);
  const shared = await sharedEngine();
  const generations = keptIn(seed);
  const planned = (await planAll(shared, scenario)).map((plan) => ({ ...plan, generations }));
  const logs = new Map(
    scenario.sources.map(({ name, partitions, dedupe }) => [
      name,
      new AcceptedLog(partitions, dedupe.window, name, () => Math.floor(simulation.now)),
    ]),
  );
  const clock: Clock = {
    now: () => Math.floor(simulation.now),
    monotonic: () => simulation.now,
    sleep: () => Promise.reject(new Error('adapters do not sleep here')),
  };
  const adapters = await openAdapters(directory, clock, shared, scenario);
  const faults = { ...scenario.faults };
  const kappa = planned.filter(({ topology }) => topology === 'kappa').map(idOf);
  const losses = new Losses();
  const world = new World(
    adapters,
    new Calls(simulation, faults, counters),
    new Sightings(counters, new Set(kappa)),
    losses,
    scenario.sources,
    planned,
    scenario.steppedStore,
    (...appended) => logs.forEach((log) => log.append(...appended)),
    logger,
  );
  const bus = new SimulatedBus(simulation, scenario.hintLoss);
  const deployment = new Deployment(world, bus, scenario, planned, counters);
  let over = false;
  const stage: Stage = {
    simulation,
    deployment,
    scenario,
    logs,
    counters,
    losses,
    random: random.fork(),
    outside: new Process('outside', -1),
    isOver: () => over,
    past: new PastAnswers(keptIn(seed)),
    pauses: { clients: false, cuts: false },
  };
  counters.add('worlds of two sources', scenario.sources.length - 1);
  counters.add('worlds of layers apart', scenario.apart ? 1 : 0);
  counters.add('worlds of layers in processes of their own', scenario.layered ? 1 : 0);
  counters.add('late events', scenario.late);
  counters.add('duplicates sent', scenario.duplicates);

  const reopen = (between?: () => Promise<void>) =>
    simulation.inside(async () => {
      // Who was started meanwhile dies with the rest: nobody outlives the data that he has opened.
      await stopAll({ deployment });
      await closeAdapters(world.adapters);
      await between?.();
      world.adapters = await openAdapters(directory, clock, shared, scenario);
      counters.add('adapters opened again');
    });

  const script = async () => {
    await Promise.all(deployment.names.map((name) => deployment.start(name)));
    const calls = [...scenario.calls];
    const sent = Promise.all([1, 2, 3].map(() => sendAll(stage, calls))).finally(() => (over = true));
    await Promise.all([
      sent,
      askAll(stage),
      askAll(stage),
      cutAtRandom(stage),
      poison(stage, world),
      disturbAtRandom({ ...stage, world, reopen, home: directory }),
    ]);
    for (const fault of Object.keys(faults)) Object.assign(faults, { [fault]: 0 });
    await comeToRest(stage);
  };

  let done = false;
  let failed: unknown = null;
  script().then(
    () => (done = true),
    (error: unknown) => (failed = error),
  );
  try {
    await simulation.run(() => done || failed !== null || deployment.failure !== null, MAX_STEPS);
    if (failed !== null) throw failed;
    if (deployment.failure !== null) throw deployment.failure;
    for (const log of logs.values()) await checkLog(world, log);
    counters.add('steps', simulation.steps);
  } finally {
    deployment.end();
    await simulation.settle();
    await closeAdapters(world.adapters);
  }
}

/** No more faults: one last cut, and all layers of all products agree with the oracle about everything. */
async function comeToRest(stage: Stage): Promise<void> {
  const { deployment, simulation, outside, scenario, counters } = stage;
  for (const zombie of deployment.zombies) await deployment.killZombie(zombie);
  for (const name of deployment.names) {
    if (!deployment.isRunning(name)) await deployment.start(name);
    const process = deployment.processOf(name);
    if (process !== undefined) Object.assign(process, { pace: 1, frozen: false });
  }
  const { wanderer } = scenario;
  if (wanderer !== null && !deployment.declares(wanderer.name)) await changeCatalog(stage);
  const epoch = await lastCut(stage);
  for (const { oracle } of scenario.products) {
    // A consumer that died with its connection open is missed only after its session.
    for (let wait = 10; !(await isAtRest(stage, oracle, epoch)); wait = Math.min(wait * 2, 5000))
      await simulation.sleep(outside, wait);
    if (stage.losses.holesOf(oracle.source).length > 0) {
      await ask(stage, oracle, { layer: 'merged' });
      await ask(stage, oracle, { layer: 'batch' });
      counters.add('products at rest before a hole');
      continue;
    }
    const end = JSON.stringify(logOf(stage, oracle.source).end());
    const answers = [];
    for (const layer of ['merged', 'batch'] as const) {
      const answer = await ask(stage, oracle, { layer });
      if (layer === 'merged' && JSON.stringify(answer.answer.included[oracle.source]) !== end)
        throw new Wrong(`${oracle.name} (${layer}) does not include everything at rest`);
      answers.push(JSON.stringify(answer.rows));
    }
    if (answers[0] !== answers[1]) throw new Wrong(`${oracle.name}: the layers differ at rest`);
    await checkPages(stage, oracle.name, answers[0] as string);
    counters.add('products at rest');
  }
  for (let again = 0; again < 10; again++) await stage.past.askAgain(stage);
  await askLedger(stage);
}

/** Poison is refused by all products alike; and who went on without records of the window says so until the next start. */
const MAY_STAY: ReadonlySet<string> = new Set(['many-refused', 'dedupe-hole']);

/** Everything is included, and all events lie before the served cut; repeated barriers may stand behind it. */
async function isAtRest(stage: Stage, { name, source }: OracleProduct, epoch: number): Promise<boolean> {
  const log = logOf(stage, source);
  const request = requestOf({ params: { name } });
  const response = await stage.deployment.ask('serving', 'GET', '/v1/products/:name', request);
  const envelope = bodyOf(response) as AnswerEnvelope;
  const { cut, included, generation, status, troubles = [] } = envelope;
  const ends = JSON.stringify(log.end());
  const is = JSON.stringify({ name, cut, included, generation, status, troubles });
  stage.simulation.about = `until ${epoch} and ${ends} are included in ${is}; losses: ${JSON.stringify(stage.losses)}`;
  // A layer that was away is asked again by whoever asks, and is there for the next one.
  if (awayIn(envelope) !== null) return false;
  const holes = stage.losses.holesOf(source);
  if (holes.length > 0)
    return saysHoles(holes, troubles, { status, ends: log.end(), included: included[source] ?? {} });
  if (troubles.some(({ code }) => !MAY_STAY.has(code))) return false;
  const isCut = log.partitions.every((entries, partition) =>
    entries.slice(cut[source]?.[partition] ?? 0).every(({ kind }) => kind === 'control'),
  );
  return generation >= epoch && isCut && JSON.stringify(included[source]) === ends;
}

/** Each partition includes everything, or it is said from where on it does not, and that is where records were deleted. */
function saysHoles(
  holes: readonly Lost[],
  troubles: NonNullable<AnswerEnvelope['troubles']>,
  { status, ends, included }: { readonly status: string; readonly ends: Vector; readonly included: Vector },
): boolean {
  return Object.entries(ends).every(([lane, end]) => {
    const next = included[lane] ?? 0;
    if (next === end) return true;
    const partition = Number(lane);
    return (
      status === 'incomplete' &&
      troubles.some(
        (one) =>
          one.code === 'log-hole' &&
          one.partition === partition &&
          holes.some(
            (hole) =>
              hole.partition === partition && (one.from ?? 0) >= hole.from && (one.to ?? 0) <= hole.to,
          ),
      )
    );
  });
}

async function lastCut(stage: Stage): Promise<number> {
  for (;;) {
    try {
      const response = await stage.deployment.ask('ingestion', 'POST', '/v1/cuts', requestOf({}));
      return (bodyOf(response) as { epoch: number }).epoch;
    } catch (error) {
      if (!isPassing(error)) throw error;
      await stage.simulation.sleep(stage.outside, 20);
    }
  }
}

/** Page by page, in both orders, the rows are the same. */
async function checkPages(stage: Stage, product: string, whole: string): Promise<void> {
  for (const order of ['asc', 'desc'] as const) {
    const rows: unknown[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const query = { order, limit: String(stage.random.int(20, 300)), ...(cursor !== '' && { cursor }) };
      const request = requestOf({ params: { name: product }, query });
      const response = await stage.deployment.ask('serving', 'GET', '/v1/products/:name/rows', request);
      const page = bodyOf(response) as { rows: unknown[]; next: string | null };
      rows.push(...page.rows);
      cursor = page.next;
    }
    if (order === 'desc') rows.reverse();
    if (JSON.stringify(rows) !== whole) throw new Wrong(`${product}: pages (${order}) differ from the whole`);
  }
}

/** What clients were told is there, and the log holds what went in. */
async function checkLog(world: World, log: AcceptedLog): Promise<void> {
  const missing = log.missing();
  if (missing !== null) throw new Wrong(missing);
  const end = await world.simulation.inside(() => world.adapters.log.endOffsets(TOPICS.events(log.source)));
  if (JSON.stringify(end) !== JSON.stringify(log.end()))
    throw new Wrong(`the log ends at ${JSON.stringify(end)}, not at ${JSON.stringify(log.end())}`);
}
