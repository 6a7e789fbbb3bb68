/**
 * A product is moved from topology to topology, in every direction, while events come and questions are asked: by another line in its
 * YAML. Each answer is what plain code makes of the events below the offsets that it names, and none is refused.
 */
import { eventually } from '@tenon/testing';
import { Tenon } from './tenon';
import { SalesWorld } from './topologies/sales-world';

let world: SalesWorld;

async function start(grace: string): Promise<void> {
  world = new SalesWorld(new Tenon({ TENON_VERSION_GRACE: grace }));
  world.declare('lambda');
  await world.tenon.start();
  await world.send(200);
}

afterEach(() => world.tenon.stop());

/** Once it is built, and served. */
const served = (topology: string) =>
  eventually(`it is served as ${topology}`, async () => (await world.product()).topology === topology);

const reload = async () => {
  const { body } = await world.tenon.reload();
  expect(body['instances']).toMatchObject([{ outcome: 'reloaded' }]);
};

/** Every direction. */
const WAYS = ['kappa', 'lambda', 'lambda-separate', 'kappa', 'lambda-separate', 'lambda'] as const;

test('in every direction, with cuts between, answers stay exact and none is refused', async () => {
  // What was served is soon gone, so that most are built anew.
  await start('1s');
  for (const topology of WAYS) {
    await world.tenon.cut();
    world.declare(topology);
    await world.underLoad(reload);
    await world.underLoad(() => served(topology));
    await world.underLoad(() => world.tenon.cut());
  }
  expect(world.asked).toBeGreaterThan(10 * WAYS.length);
});

test('changed while nothing runs; killed in between it goes on; and back at once to what is kept', async () => {
  await start('1h');
  await world.tenon.restart(() => world.declare('kappa'));
  await world.tenon.restart();
  await world.underLoad(() => served('kappa'));
  await world.underLoad(() => world.tenon.cut());
  world.declare('lambda');
  await world.underLoad(reload);
  expect(await world.product()).toMatchObject({ version: 1, topology: 'lambda' });
  // Built, and not wanted any more before it was served.
  world.declare('lambda-separate');
  await reload();
  world.declare('lambda');
  await world.underLoad(reload);
  expect(await world.product()).toMatchObject({ version: 1, topology: 'lambda' });
});
