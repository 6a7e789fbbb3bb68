/** A product is switched from topology to topology while it is asked, whatever its catalog says and whoever is killed. */
import { eventually } from '@tenon/testing';
import { Tenon } from './tenon';
import { KilledTenon } from './topologies/killed-tenon';
import { PRODUCT, SalesWorld } from './topologies/sales-world';

let world: SalesWorld;
afterEach(() => world.tenon.stop());

async function start(tenon: Tenon): Promise<void> {
  world = new SalesWorld(tenon);
  world.declare('lambda');
  await tenon.start();
  await world.send(200);
}

const served = (topology: string) =>
  eventually(`it is served as ${topology}`, async () => (await world.product()).topology === topology);

const stateOf = async (version: number) =>
  (await world.product()).versions.find((one) => one.version === version)?.state;

const post = async (path: string) => {
  const { status, body } = await world.tenon.call(path, { method: 'POST' });
  return [status, body['code']];
};

async function reload(): Promise<unknown[]> {
  const { body } = await world.tenon.reload();
  expect(body['instances']).toMatchObject([
    { outcome: expect.stringMatching(/reloaded|unchanged/) as string },
  ]);
  return (body['warnings'] as { code: string }[]).map(({ code }) => code);
}

test('the file that says the old topology is warned of, and does not undo it; the one that says the new one is the same', async () => {
  await start(new Tenon());
  await world.underLoad(async () => {
    expect(await world.switchTo('kappa')).toMatchObject({ version: 2, served: 1 });
    await served('kappa');
  });
  // Again, and a reload and a restart: it is what it is.
  expect(await world.switchTo('kappa')).toMatchObject({ version: 2, served: 2 });
  expect(await reload()).toEqual(['topology-switched']);
  await world.tenon.restart();
  expect(await world.product()).toMatchObject({ version: 2, topology: 'kappa' });
  world.declare('kappa');
  expect(await reload()).toEqual([]);
  expect(await world.product()).toMatchObject({ version: 2, topology: 'kappa' });
  // What is kept takes over at once, and the catalog says something else again.
  await world.underLoad(() => world.switchTo('lambda'));
  expect(await world.product()).toMatchObject({ version: 1, topology: 'lambda' });
  expect(await reload()).toEqual(['topology-switched']);
  expect(await post(`/v1/products/${PRODUCT}/switch?topology=delta`)).toEqual([400, 'bad-parameter']);
  expect(await post('/v1/products/none/switch?topology=kappa')).toEqual([404, 'unknown-product']);
  // A version that is another definition is not given up for it.
  world.tenon.file(`products/${PRODUCT}.sql`, 'SELECT shop, count(*) AS n FROM sales GROUP BY shop');
  world.tenon.file(`products/${PRODUCT}.yaml`, 'version: 7\n');
  await post('/v1/apply');
  expect(await post(`/v1/products/${PRODUCT}/switch?topology=kappa`)).toEqual([409, 'version-under-way']);
});

test('killed at any step, it goes on; or back, where somebody says so', async () => {
  const tenon = new KilledTenon();
  await start(tenon);
  // As soon as it is asked for.
  const { version } = await world.switchTo('kappa');
  await tenon.kill();
  expect(await world.switchTo('kappa')).toMatchObject({ version });
  await world.underLoad(() => served('kappa'));
  // While it is built under load, and once it is served.
  const next = await world.switchTo('lambda-separate');
  await world.underLoad(() => eventually('it runs', async () => (await stateOf(next.version)) !== undefined));
  await tenon.kill();
  await world.underLoad(() => served('lambda-separate'));
  await tenon.kill();
  await world.underLoad(() => tenon.cut());
  expect(await world.product()).toMatchObject({ version: next.version, topology: 'lambda-separate' });
  // Kept: at once, and it stays so.
  expect(await world.switchTo('lambda')).toMatchObject({ version: 1, served: 1 });
  await world.underLoad(() => tenon.cut());
  expect(await world.product()).toMatchObject({ version: 1, topology: 'lambda' });
});
