/** Kills, restarts, zombies, and services that lag. */
import type { Stage } from './clients';
import { cut, logOf } from './clients';
import type { ServiceName } from './deployment';
import { restartAll } from './restarts';
import { letRivalsRun } from './rivals';
import { ruinSomething } from './ruin';
import { SEEN } from './sightings';
import type { Process } from './simulation';
import { FURTHER } from './world';
import type { World } from './world';

export interface Disturbed extends Stage {
  readonly world: World;
  /** Closes the adapters and opens them again on the same data, as a new process would; something may be done to it between. */
  readonly reopen: (between?: () => Promise<void>) => Promise<void>;
  /** Where the data is. */
  readonly home: string;
}

export interface Chaos extends Disturbed {
  /** What goes on beside the rest; it is waited for at the end. */
  readonly aside: (work: Promise<void>) => void;
}

/** Whose zombies could do harm, more often than those of the others. */
const zombiesOf = ({ deployment }: Chaos): readonly ServiceName[] => [
  ...deployment.names,
  'speed',
  'batch',
  'batch',
  'consumption',
  'consumption',
];

/** Those that land are killed more often than the others. */
const victimsOf = ({ deployment: { names } }: Chaos): readonly ServiceName[] => [
  ...names,
  ...names.filter((name) => name.endsWith('consumption')),
];

/** Disturbs until it is over; leaves everything running. */
export async function disturbAtRandom(stage: Disturbed): Promise<void> {
  const { simulation, random, outside } = stage;
  const beside: Promise<void>[] = [];
  const aside = (work: Promise<void>) => void beside.push(work);
  const chaos: Chaos = { ...stage, aside };
  // Early, while there is much to come.
  const first = random.next();
  if (first < 0.7) await letRivalsRun(chaos);
  else if (first < 0.79) aside(joinConsumption(chaos));
  else if (first < 0.88) aside(archiveBesideAnother(chaos));
  else if (first < 0.94) await cutBesideAnother(chaos);
  // Files are damaged while there is something to be computed from them.
  if (chaos.scenario.ruins.includes('files')) await ruinSomething(chaos, 'files');
  if (chaos.scenario.apart && random.chance(0.6)) aside(loseStore(chaos));
  if (random.chance(0.7)) await changeCatalog(chaos);
  if (random.chance(0.6)) aside(joinConsumption(chaos));
  if (random.chance(0.5)) await cutBesideAnother(chaos);
  if (random.chance(0.25)) aside(raiseZombie(chaos, 'speed'));
  for (const ruin of chaos.scenario.ruins) if (ruin !== 'files') await ruinSomething(chaos, ruin);
  if (random.chance(0.5)) await lull(chaos);
  if (chaos.scenario.leavesBatchAway) await leaveBatchAway(chaos);
  while (!chaos.isOver()) {
    await simulation.sleep(outside, random.int(1, 20));
    if (random.chance(0.05)) await changeCatalog(chaos);
    if (chaos.scenario.apart && random.chance(0.1)) aside(loseStore(chaos));
    if (chaos.scenario.ruins.length > 0 && random.chance(0.15))
      await ruinSomething(chaos, random.pick(chaos.scenario.ruins));
    const what = random.next();
    if (what < 0.32) await killOne(chaos, random.pick(victimsOf(chaos)));
    else if (what < 0.39) await restartAll(chaos);
    else if (what < 0.64) aside(raiseZombie(chaos, random.pick(zombiesOf(chaos))));
    else if (what < 0.69) aside(joinConsumption(chaos));
    else if (what < 0.76) aside(archiveBesideAnother(chaos));
    else if (what < 0.83) await cutBesideAnother(chaos);
    else if (what < 0.87) await letRivalsRun(chaos);
    else if (what < 0.92) await lull(chaos);
    else slowDown(chaos, random.pick(chaos.deployment.names));
  }
  await Promise.all(beside);
}

async function killOne(chaos: Chaos, name: ServiceName): Promise<void> {
  const { deployment, simulation, random, outside } = chaos;
  await untilAbout(chaos, name);
  await deployment.kill(name);
  if (random.chance(0.5)) await simulation.sleep(outside, random.int(1, 100));
  await deployment.start(name);
}

/** Where a death hurts most: mostly it comes when the service is about to do one of these. */
const MOMENTS: Readonly<Record<ServiceName, readonly string[]>> = {
  ingestion: ['append', FURTHER],
  speed: ['append tenon.flushes', 'append tenon.flushes', 'engine'],
  batch: ['append tenon.ranges', 'append tenon.ranges', 'commit', 'engine'],
  consumption: ['transact', 'snapshot'],
  'batch-consumption': ['transact', 'snapshot'],
  'speed-consumption': ['transact', 'snapshot'],
  serving: ['snapshot', 'engine'],
};

async function untilAbout(
  { deployment, simulation, random, outside, world }: Chaos,
  name: ServiceName,
): Promise<void> {
  const process = deployment.processOf(name);
  if (process === undefined || random.chance(0.3)) return;
  if (name === 'consumption' && random.chance(0.6)) {
    const ready = () => world.sightings.isFoldingKappa(process);
    await simulation.turn(outside, 'sleep', { due: simulation.now + 100, ready });
    return;
  }
  const moment = random.pick(MOMENTS[name]);
  const ready = () => simulation.isAbout(process, moment);
  await simulation.turn(outside, 'sleep', { due: simulation.now + 50, ready });
}

/**
 * Another catalog, with a product more or one less: all services are started anew with it, one after the other or at once; or go on
 * with it as they are.
 */
export async function changeCatalog(chaos: Stage): Promise<void> {
  const { deployment, simulation, random, outside, scenario, counters } = chaos;
  if (scenario.wanderer === null) return;
  const { name, fromTheBeginning } = scenario.wanderer;
  const isBack = !deployment.declares(name);
  const isNew = isBack && !fromTheBeginning && !deployment.wasDeclared.has(name);
  const { before } = scenario;
  // A field that is declared later is one that events have had before.
  if (isNew && before !== null && !chaos.isOver() && logOf(chaos, before.name).acknowledgements < 30) return;
  counters.add(isNew ? 'products added' : isBack ? 'products back again' : 'products removed');
  if (isNew && before !== null) {
    counters.add(SEEN.declaredLater);
    counters.add(SEEN.before, logOf(chaos, before.name).acknowledgements);
  }
  deployment.declare(name, isBack);
  const pause = random.pick([0, 0, 5, 30]);
  // Another source is none that a service goes on with.
  const goesOn = scenario.adopts && !(isNew && before !== null) && random.chance(0.7);
  for (const service of random.shuffle(deployment.names)) {
    if (goesOn && random.chance(0.9)) await deployment.adopt(service);
    else {
      await deployment.kill(service);
      await deployment.start(service);
    }
    await simulation.sleep(outside, random.int(0, pause));
  }
}

async function raiseZombie(chaos: Chaos, name: ServiceName): Promise<void> {
  const { deployment, simulation, random, outside } = chaos;
  await untilAbout(chaos, name);
  const old = deployment.processOf(name);
  if (old === undefined) return;
  const standsStill = random.chance(0.6);
  old.frozen = standsStill;
  old.pace = random.pick([0.03, 0.2, 1]);
  const zombie = await deployment.supersede(name, random.chance(0.6));
  await simulation.sleep(outside, random.int(1, 300));
  old.frozen = false;
  await simulation.sleep(outside, random.int(10, 500));
  if (zombie !== undefined) await deployment.killZombie(zombie);
}

/** Cut after cut, and no batch: closed epochs pile up, and are folded together. */
async function leaveBatchAway(chaos: Chaos): Promise<void> {
  const { deployment, simulation, random, outside, counters, pauses } = chaos;
  await deployment.kill('batch');
  counters.add('batch left away');
  pauses.cuts = true;
  const cuts = random.int(13, 16);
  for (let made = 0; made < cuts && !chaos.isOver(); made++) {
    // Some events are left for the time after it.
    if (made === 6) pauses.clients = true;
    await cut(chaos, false);
    await simulation.sleep(outside, random.int(5, 30));
    if (random.chance(0.1)) await killOne(chaos, random.pick(['consumption', 'speed']));
  }
  pauses.clients = true;
  const before = counters.of(SEEN.stretches);
  const ready = () => counters.of(SEEN.stretches) > before;
  await simulation.turn(outside, 'sleep', { due: simulation.now + 8000, ready });
  if (random.chance(0.4)) await killOne(chaos, 'consumption');
  Object.assign(pauses, { clients: false, cuts: false });
  if (!deployment.isRunning('batch')) await deployment.start('batch');
}

/** A second instance shares the partitions with the first for a while; a range is landed by both. */
async function joinConsumption(chaos: Chaos): Promise<void> {
  const { deployment, simulation, random, outside } = chaos;
  const old = await deployment.supersede('consumption', false);
  await simulation.sleep(outside, random.int(20, 60));
  await cut(chaos, random.chance(0.3));
  await simulation.sleep(outside, random.int(100, 500));
  if (old !== undefined) await deployment.killZombie(old);
}

/** The store of one layer is away for a while. */
async function loseStore({ simulation, random, outside, world, counters }: Chaos): Promise<void> {
  const layer = random.pick(['batch', 'speed'] as const);
  counters.add(`times the ${layer} layer’s store was away`);
  world.takeAway(layer, true);
  await simulation.sleep(outside, random.int(50, 500));
  world.takeAway(layer, false);
}

/** Two archive the same partitions, and end files elsewhere. */
async function archiveBesideAnother(chaos: Chaos): Promise<void> {
  const { deployment, simulation, random, outside } = chaos;
  const old = await deployment.supersede('batch', true);
  await simulation.sleep(outside, random.int(50, 300));
  await cut(chaos, random.chance(0.3));
  await simulation.sleep(outside, random.int(0, 100));
  if (old !== undefined) await deployment.killZombie(old);
}

/**
 * Two cut at a time, partition by partition: in some the barrier of the second, which has the higher number, stands before
 * that of the first, which is ignored there then; and the second one mostly does not get to the others.
 */
async function cutBesideAnother(chaos: Chaos): Promise<void> {
  const { deployment, simulation, random, outside, pauses } = chaos;
  const first = deployment.processOf('ingestion');
  if (first === undefined) return;
  const isBetween = (one: Process) => simulation.isAbout(one, FURTHER);
  const until = (ms: number, ready: () => boolean) =>
    simulation.turn(outside, 'sleep', { due: simulation.now + ms, ready });
  pauses.cuts = true;
  chaos.aside(cut(chaos, false));
  await until(60, () => isBetween(first));
  first.frozen = isBetween(first);
  const old = await deployment.supersede('ingestion', false);
  const second = deployment.processOf('ingestion');
  chaos.aside(cut(chaos, false));
  if (second !== undefined) await until(60, () => isBetween(second));
  if (random.chance(0.6)) {
    await deployment.kill('ingestion');
    await deployment.start('ingestion');
  } else if (second !== undefined) second.frozen = true;
  first.frozen = false;
  await simulation.sleep(outside, random.int(20, 150));
  if (second !== undefined) second.frozen = false;
  pauses.cuts = false;
  await simulation.sleep(outside, random.int(0, 50));
  if (old !== undefined) await deployment.killZombie(old);
}

/**
 * Clients hold still, and time goes on: what is done from time to time only gets done, such as pruning; a read that had begun
 * before sees nothing of it.
 */
async function lull(chaos: Chaos): Promise<void> {
  const { deployment, simulation, random, outside, pauses, world, counters } = chaos;
  const reader = deployment.processOf('serving');
  const ready = () => world.sightings.isRead;
  await simulation.turn(outside, 'sleep', { due: simulation.now + 1000, ready });
  Object.assign(pauses, { clients: true, cuts: true });
  if (reader !== undefined) reader.frozen = ready();
  // So that something lies behind the pointer.
  await cut(chaos, false);
  const before = counters.of(SEEN.pruned);
  const isPruned = () => counters.of(SEEN.pruned) > before;
  if (ready()) await simulation.turn(outside, 'sleep', { due: simulation.now + 4000, ready: isPruned });
  else await simulation.sleep(outside, random.int(1000, 2500));
  if (reader !== undefined) reader.frozen = false;
  Object.assign(pauses, { clients: false, cuts: false });
}

function slowDown({ deployment, random }: Chaos, name: ServiceName): void {
  const process = deployment.processOf(name);
  if (process !== undefined) process.pace = random.pick([0.02, 0.1, 1, 3]);
}
