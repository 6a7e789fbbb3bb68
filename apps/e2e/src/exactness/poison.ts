/** Records that are no events: somebody else wrote to the topic. They must stop nothing and be accounted for. */
import { HEADERS, TOPICS } from '@tenon/contracts';
import type { Stage } from './clients';
import type { World } from './world';

const BAD = ['', 'null', '{"data":', '{"specversion":"1.0","data":{"date":"never"}}', '\u0000\u0001'];

export async function poison(
  { simulation, outside, random, scenario, isOver, counters }: Stage,
  world: World,
) {
  if (!random.chance(0.3)) return;
  const log = world.strangersLog(outside);
  for (let number = 1; !isOver(); number++) {
    await simulation.sleep(outside, random.int(50, 400));
    const source = random.pick(scenario.sources);
    const record = {
      partition: random.int(0, source.partitions - 1),
      key: null,
      value: random.pick(BAD),
      headers: { [HEADERS.correlationId]: `poison${number}`, [HEADERS.version]: '1' },
    };
    await log.append(TOPICS.events(source.name), [record]).then(
      () => counters.add('poison records'),
      () => undefined,
    );
  }
}
