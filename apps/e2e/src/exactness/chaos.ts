/** Kills, restarts, zombies, and services that lag. */
import type { Stage } from './clients';
import type { ServiceName } from './deployment';
import { SERVICES } from './deployment';

export interface Chaos extends Stage {
  /** Closes the adapters and opens them again on the same data, as a new process would. */
  readonly reopen: () => Promise<void>;
}

/** Whose zombies could do harm, more often than those of the others. */
const ZOMBIES: readonly ServiceName[] = [
  ...SERVICES,
  'speed',
  'batch',
  'batch',
  'consumption',
  'consumption',
];

/** Disturbs until it is over; leaves everything running. */
export async function disturbAtRandom(chaos: Chaos): Promise<void> {
  const { simulation, random, outside } = chaos;
  const zombies: Promise<void>[] = [];
  while (!chaos.isOver()) {
    await simulation.sleep(outside, random.int(1, 40));
    const what = random.next();
    if (what < 0.32) await killOne(chaos, random.pick(SERVICES));
    else if (what < 0.4) await killAll(chaos);
    else if (what < 0.82) zombies.push(raiseZombie(chaos, random.pick(ZOMBIES)));
    else slowDown(chaos, random.pick(SERVICES));
  }
  await Promise.all(zombies);
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
  ingestion: ['append'],
  speed: ['append tenon.flushes', 'append tenon.flushes', 'engine'],
  batch: ['append tenon.ranges', 'append tenon.ranges', 'commit', 'engine'],
  consumption: ['transact', 'snapshot'],
  serving: ['snapshot', 'engine'],
};

async function untilAbout(
  { deployment, simulation, random, outside }: Chaos,
  name: ServiceName,
): Promise<void> {
  const process = deployment.processOf(name);
  if (process === undefined || random.chance(0.3)) return;
  const moment = random.pick(MOMENTS[name]);
  const ready = () => simulation.isAbout(process, moment);
  await simulation.turn(outside, 'sleep', { due: simulation.now + 50, ready });
}

/** The whole process dies. */
async function killAll(chaos: Chaos): Promise<void> {
  const { deployment, random, counters } = chaos;
  counters.add('restarts of everything');
  for (const name of SERVICES) await deployment.kill(name);
  for (const zombie of deployment.zombies) await deployment.killZombie(zombie);
  if (random.chance(0.3)) await chaos.reopen();
  for (const name of random.shuffle(SERVICES)) void deployment.start(name);
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

function slowDown({ deployment, random }: Chaos, name: ServiceName): void {
  const process = deployment.processOf(name);
  if (process !== undefined) process.pace = random.pick([0.02, 0.1, 1, 3]);
}
