/** The whole process dies, and begins anew. */
import type { Chaos } from './chaos';

/** Often while a base view is being folded that nobody sees yet; sometimes on what a new process finds on disk. */
export async function restartAll(chaos: Chaos): Promise<void> {
  const { deployment, random, counters, simulation, outside, world } = chaos;
  const folder = deployment.processOf('consumption');
  const isFolding = () => folder !== undefined && world.sightings.isFolding(folder);
  if (random.chance(0.8))
    await simulation.turn(outside, 'sleep', { due: simulation.now + 200, ready: isFolding });
  if (isFolding()) counters.add('restarts of everything inside a fold');
  counters.add('restarts of everything');
  await stopAll(chaos);
  if (random.chance(0.3)) await chaos.reopen();
  startAll(chaos);
}

/** No turn is given to anybody until all is to be started again. */
export async function stopAll({ deployment }: Pick<Chaos, 'deployment'>): Promise<void> {
  for (const name of deployment.names) await deployment.kill(name);
  for (const zombie of deployment.zombies) await deployment.killZombie(zombie);
}

/** In any order, and nobody waits for it. */
export function startAll({ deployment, random }: Pick<Chaos, 'deployment' | 'random'>): void {
  for (const name of random.shuffle(deployment.names)) void deployment.start(name);
}
