import { createMemoryBus } from '@tenon/adapters-embedded';
import type { Bus } from '@tenon/ports';
import { createLogger } from '@tenon/runtime';
import type { ManualClock } from '@tenon/testing';
import { createManualClock, eventually } from '@tenon/testing';
import { Deployment } from './deployment';
import type { ServiceState } from './instance';
import type { Reloaded } from './service-set';

const logger = createLogger({ level: 'silent', name: 'test' });

/** A bus that can go away, or fall silent, for one instance. */
function unreliable(bus: Bus): Bus & { mode: 'there' | 'away' | 'silent' } {
  const link = {
    ...{ mode: 'there' as 'there' | 'away' | 'silent', close: () => bus.close() },
    connected: () => link.mode !== 'away',
    publish: (...args: Parameters<Bus['publish']>) => void (link.mode === 'there' && bus.publish(...args)),
    subscribe: (...args: Parameters<Bus['subscribe']>) => bus.subscribe(...args),
    respond: (subject: string, answer: Parameters<Bus['respond']>[1]) =>
      bus.respond(subject, (message) =>
        // Nothing comes of a request that is not heard.
        link.mode === 'there' ? answer(message) : new Promise<never>(() => undefined),
      ),
    request: async (...args: Parameters<Bus['request']>) =>
      link.mode === 'there' ? bus.request(...args) : [],
  };
  return link;
}

interface Instance {
  readonly deployment: Deployment;
  readonly bus: ReturnType<typeof unreliable>;
  readonly clock: ManualClock;
  catalog: string;
  catalogSince: string;
  answer: Omit<Reloaded, 'catalog'>;
  reloads: number;
}

const NEEDED: string[] = [];

let bus: Bus;
let all: Instance[];
beforeEach(() => {
  NEEDED.length = 0;
  bus = createMemoryBus();
  all = [];
});
afterEach(async () => {
  for (const { deployment } of all) await deployment.close();
  await bus.close();
});

async function start(instance: string, services: readonly string[]): Promise<Instance> {
  const clock = createManualClock();
  const link = unreliable(bus);
  const made: Instance = {
    ...{ bus: link, clock, catalog: 'a', catalogSince: '2026-01-01', reloads: 0 },
    answer: { outcome: 'reloaded' },
    deployment: new Deployment({
      ...{ bus: link, clock, logger, self: { instance, services } },
      needed: () => NEEDED,
      states: () =>
        services.map((name): ServiceState => ({
          ...{ name, instance, version: '1', uptime: 1, ready: true, restarts: 0 },
          ...{ catalog: made.catalog, catalogSince: made.catalogSince, wire: 1 },
        })),
      reload: async () => {
        made.reloads += 1;
        return { ...made.answer, catalog: made.catalog };
      },
    }),
  };
  all.push(made);
  await made.deployment.start();
  return made;
}

const names = (of: { services: readonly { name: string; instance: string }[] }) =>
  of.services.map(({ name, instance }) => `${name} ${instance}`).sort();
const codes = (of: { warnings: readonly { code: string }[] }) => of.warnings.map(({ code }) => code);
const outcomes = (of: { instances: readonly { instance: string; outcome: string }[] }) =>
  of.instances.map(({ instance, outcome }) => `${instance} ${outcome}`);

async function three(): Promise<[Instance, Instance, Instance]> {
  const one = await start('one', ['serving']);
  const two = await start('two', ['consumption']);
  const three = await start('three', ['ingestion', 'speed']);
  return [one, two, three];
}

test('the status names each service of each instance', async () => {
  const [one] = await three();
  const status = await one.deployment.status();
  expect(names(status)).toEqual(['consumption two', 'ingestion three', 'serving one', 'speed three']);
  expect([status.bus, status.warnings]).toEqual(['connected', []]);
});

test('one that is silent is named until it is forgotten; one that goes is not', async () => {
  const [one, two, gone] = await three();
  await one.deployment.status();
  two.bus.mode = 'silent';
  await gone.deployment.close();
  const status = await one.deployment.status();
  expect(names(status)).toEqual(['consumption two', 'serving one']);
  expect(codes(status)).toEqual(['instance-silent']);
  for (let beat = 0; beat < 15; beat += 1) await one.clock.advance(5_000);
  expect(names(await one.deployment.status())).toEqual(['serving one']);
});

test('a service that is needed and without an instance is named, once everyone can have been heard of', async () => {
  NEEDED.push('serving', 'consumption', 'batch');
  const [one] = await three();
  expect(codes(await one.deployment.status())).toEqual([]);
  for (let beat = 0; beat < 4; beat += 1) await one.clock.advance(5_000);
  const { warnings } = await one.deployment.status();
  expect(warnings).toMatchObject([{ code: 'service-absent', message: 'No instance of batch is there.' }]);
});

test('a service whose instances end soon after their start is named, though each says goodbye', async () => {
  const [one] = await three();
  const beats = async (count: number) => {
    for (let beat = 0; beat < count; beat += 1) await one.clock.advance(5_000);
  };
  await beats(4);
  const comesAndGoes = async (instance: string, after: number) => {
    const { deployment, clock } = await start(instance, ['batch']);
    for (let beat = 0; beat < after; beat += 1) {
      await clock.advance(5_000);
      await beats(1);
    }
    await deployment.close();
  };
  // Whoever was there for long just ended.
  await comesAndGoes('long', 20);
  await comesAndGoes('first', 1);
  expect(codes(await one.deployment.status())).toEqual([]);
  await comesAndGoes('second', 1);
  expect(codes(await one.deployment.status())).toEqual(['service-restless']);
  await beats(125);
  expect(codes(await one.deployment.status())).toEqual([]);
});

test('with the bus away, or mute, it answers for itself, and knows of whom it can’t say more', async () => {
  const [one] = await three();
  await one.deployment.status();
  for (const mode of ['away', 'silent'] as const) {
    one.bus.mode = mode;
    const status = await one.deployment.status();
    expect([status.bus, codes(status)[0]]).toEqual([mode, 'bus-away']);
    expect(status.services.filter(({ ready }) => ready)).toHaveLength(1);
    expect(names(status)).toHaveLength(4);
  }
  one.bus.mode = 'away';
  // Nobody is forgotten while nobody can be heard.
  for (let beat = 0; beat < 30; beat += 1) await one.clock.advance(5_000);
  expect(names(await one.deployment.status())).toHaveLength(4);
});

test('a catalog that differs from the one that was taken last is told', async () => {
  const [one, two, last] = await three();
  two.catalog = last.catalog = 'b';
  two.catalogSince = last.catalogSince = '2026-02-02';
  const { warnings } = await one.deployment.status();
  expect(warnings).toMatchObject([
    { code: 'catalog-differs', message: expect.stringMatching(/^serving one runs/) },
  ]);
});

test('all read their catalog again, consumption first, and each says what came of it', async () => {
  const [one, two, last] = await three();
  last.answer = { outcome: 'refused', problems: [{ code: 'x', message: 'y' }] };
  const answer = await one.deployment.reload();
  expect(outcomes(answer)).toEqual(['two reloaded', 'three refused', 'one reloaded']);
  expect(answer.instances).toContainEqual(
    expect.objectContaining({
      instance: 'three',
      services: ['ingestion', 'speed'],
      problems: [{ code: 'x', message: 'y' }],
    }),
  );
  expect([one, two, last].map(({ reloads }) => reloads)).toEqual([1, 1, 1]);
});

test('one that does not answer is named, and not waited for', async () => {
  const [one, two] = await three();
  await one.deployment.status();
  two.bus.mode = 'silent';
  expect(outcomes(await one.deployment.reload()).sort()).toEqual([
    'one reloaded',
    'three reloaded',
    'two no-answer',
  ]);
});

test('who has answered is not asked again', async () => {
  const [one, , last] = await three();
  const late = await start('late', ['batch']);
  await one.deployment.status();
  late.bus.mode = 'silent';
  await one.deployment.reload();
  expect([one.reloads, last.reloads]).toEqual([1, 1]);
});

test('with the bus away it reads its own, and says that the others did not answer', async () => {
  const [one] = await three();
  await one.deployment.status();
  one.bus.mode = 'away';
  const answer = await one.deployment.reload();
  expect(outcomes(answer).sort()).toEqual(['one reloaded', 'three no-answer', 'two no-answer']);
  expect(codes(answer)).toEqual(['bus-away']);
});

test('one that takes long says so', async () => {
  const [one] = await three();
  let finish: () => void = () => undefined;
  Object.assign(one, { answer: { outcome: 'reloaded' } });
  const slow = new Deployment({
    ...{
      bus: one.bus,
      clock: one.clock,
      logger,
      self: { instance: 'slow', services: ['batch'] },
      states: () => [],
    },
    reload: () => new Promise((resolve) => (finish = () => resolve({ outcome: 'reloaded', catalog: 'a' }))),
  });
  await slow.start();
  const answer = slow.reload();
  await eventually('it is at it', async () => {
    await one.clock.advance(10_000);
    return Promise.race([
      answer.then(() => true),
      new Promise<false>((resolve) => setTimeout(resolve, 20, false)),
    ]);
  });
  expect(outcomes(await answer)).toContain('slow under-way');
  finish();
  await slow.close();
});
