/** What happens to the instances of a fleet while it is under load: seeded, so that one seed tries the same faults. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ServiceName } from '@tenon/composition';
import type { Random } from '../exactness/random';
import type { Fleet } from './fleet';

export type Deed = 'stop' | 'kill' | 'freeze' | 'join';

export interface Blow {
  readonly service: ServiceName;
  readonly deed: Deed;
}

/** What each run tries at least; those that share partitions come first. */
const ALWAYS: readonly Blow[] = [
  { service: 'speed', deed: 'freeze' },
  { service: 'consumption', deed: 'kill' },
  { service: 'speed', deed: 'stop' },
  { service: 'batch', deed: 'kill' },
  { service: 'ingestion', deed: 'kill' },
  { service: 'speed', deed: 'join' },
  { service: 'consumption', deed: 'stop' },
  { service: 'speed', deed: 'kill' },
  { service: 'serving', deed: 'kill' },
  { service: 'ingestion', deed: 'stop' },
];

const GROUPED = ['speed', 'consumption', 'batch'] as const;
const SERVICES = ['ingestion', 'speed', 'batch', 'consumption', 'serving'] as const;

/** `count` rounds: those that are always tried, then any, now and then two at a time. */
export function roundsOf(random: Random, count: number): Blow[][] {
  const rounds: Blow[][] = ALWAYS.slice(0, count).map((blow) => [blow]);
  while (rounds.length < count) {
    const round = [blowOf(random)];
    const another = blowOf(random);
    if (random.chance(0.4) && another.service !== round[0]?.service) round.push(another);
    rounds.push(round);
  }
  return rounds;
}

function blowOf(random: Random): Blow {
  const deed = random.pick(['stop', 'kill', 'freeze', 'join'] as const);
  // Of those without a group, one that stands still is only slow.
  return {
    deed,
    service: random.pick<ServiceName>(deed === 'freeze' || deed === 'join' ? GROUPED : SERVICES),
  };
}

/** Resolves once there are as many instances as before again. */
export async function strike(
  fleet: Fleet,
  { service, deed }: Blow,
  random: Random,
  sessionMs: number,
): Promise<void> {
  const instance = random.pick(fleet.of(service));
  switch (deed) {
    case 'stop': {
      const code = await fleet.stop(instance);
      if (code !== 0) throw new Error(`${service} ended with ${code} in order`);
      await fleet.start(service);
      return;
    }
    case 'kill':
      await fleet.kill(instance);
      await fleet.start(service);
      return;
    case 'freeze':
      // Until the others have its partitions; then it goes on as if nothing had been.
      fleet.freeze(instance);
      await sleep(sessionMs + random.int(500, 4_000));
      fleet.thaw(instance);
      return;
    case 'join': {
      const third = await fleet.start(service);
      await sleep(random.int(500, 3_000));
      await fleet.stop(third);
    }
  }
}
