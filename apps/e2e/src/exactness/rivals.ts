/**
 * Two incarnations of batch that do not agree: the first stands still when it is about to hand over a full recomputation; the
 * second takes that cut for a plain one, and goes on incrementally. Then the first one's range comes after all: overtaken, or
 * in the middle of an incremental range that builds on the same generation of the line before.
 */
import type { Generation, ProductId } from '@tenon/domain';
import type { Chaos } from './chaos';
import { cut } from './clients';
import type { Process } from './simulation';

/** So many records between two cuts, so that a range has several slices. */
const ENOUGH_RECORDS = 30;

export async function letRivalsRun(chaos: Chaos): Promise<void> {
  const { scenario, pauses } = chaos;
  if (scenario.products.every(({ topology }) => topology !== 'lambda')) return;
  Object.assign(pauses, { clients: true, cuts: true });
  try {
    await rival(chaos);
  } finally {
    Object.assign(pauses, { clients: false, cuts: false });
  }
}

async function rival(chaos: Chaos): Promise<void> {
  const { deployment, simulation, outside } = chaos;
  chaos.aside(cut(chaos, true));
  const found = await fullRange(chaos);
  if (found === null) return;
  const { first, full } = found;
  first.frozen = true;
  const old = await deployment.supersede('batch', true, true);
  const second = deployment.processOf('batch');
  try {
    if (second !== undefined) await overtake(chaos, full, second, () => (first.frozen = false));
  } finally {
    if (second !== undefined) Object.assign(second, { overlooksFull: false, frozen: false });
    first.frozen = false;
    await simulation.sleep(outside, 50);
    if (old !== undefined) await deployment.killZombie(old);
  }
}

interface FullRange {
  readonly product: ProductId;
  readonly to: Generation;
}

/** Waits until batch is about to append a full range. */
async function fullRange(chaos: Chaos): Promise<{ first: Process; full: FullRange } | null> {
  const { world, deployment } = chaos;
  const look = () => {
    const first = deployment.processOf('batch');
    const about = first && world.rangeOf(first);
    if (first === undefined || about === undefined || about.type === 'flush' || !about.full) return null;
    return { first, full: { product: about.product, to: about.to } };
  };
  await until(chaos, 400, () => look() !== null);
  return look();
}

async function overtake(
  chaos: Chaos,
  { product, to }: FullRange,
  second: Process,
  release: () => void,
): Promise<void> {
  const { random, deployment, simulation, world, pauses, logs } = chaos;
  if (!(await served(chaos, product, to, 2500))) return;
  const records = () =>
    [...logs.values()].flatMap(({ partitions }) => partitions).reduce((sum, { length }) => sum + length, 0);
  const before = records();
  pauses.clients = false;
  await until(chaos, 600, () => records() >= before + ENOUGH_RECORDS);
  pauses.clients = true;
  chaos.aside(cut(chaos, false));
  if (random.chance(0.15)) {
    await served(chaos, product, to + 1, 800);
    release();
    await until(chaos, 300, () => false);
    return;
  }
  const isHalfway = () => {
    const about = world.rangeOf(second);
    const consumption = deployment.processOf('consumption');
    const folds = consumption !== undefined && world.sightings.isFolding(consumption, product);
    return folds && about !== undefined && about.product === product && simulation.isAbout(second, 'append');
  };
  // Slow enough for consumption to land the first frames before the others are there.
  await until(chaos, 600, () => world.rangeOf(second)?.product === product);
  second.pace = 0.01;
  await until(chaos, 600, isHalfway);
  second.pace = 1;
  second.frozen = isHalfway();
  release();
  const line = (await world.pointerOf(product))?.line;
  for (let wait = 0; wait < 8 && (await world.pointerOf(product))?.line === line; wait++)
    await simulation.sleep(chaos.outside, 20);
  second.frozen = false;
  await until(chaos, 200, () => false);
}

/** Waits until this generation is served. @returns false if that takes too long */
async function served(chaos: Chaos, product: ProductId, to: Generation, ms: number): Promise<boolean> {
  const { world, simulation, outside } = chaos;
  for (const end = simulation.now + ms; simulation.now < end;) {
    if (((await world.pointerOf(product))?.generation ?? 0) >= to) return true;
    await simulation.sleep(outside, 20);
  }
  return false;
}

async function until({ simulation, outside }: Chaos, ms: number, ready: () => boolean): Promise<void> {
  await simulation.turn(outside, 'sleep', { due: simulation.now + ms, ready });
}
