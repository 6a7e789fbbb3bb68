import { createMemoryBus } from '@tenon/adapters-embedded';
import { SUBJECTS, generationsReply, generationsRequest, liveHint } from '@tenon/contracts';
import type { Value } from '@tenon/domain';
import type { Bus } from '@tenon/ports';
import { PassedOver } from '@tenon/telemetry';
import { checkedBus } from './checked-bus';

let stranger: Bus;
let bus: Bus;
let passedOver: PassedOver;
let logged: Record<string, unknown>[];

beforeEach(() => {
  logged = [];
  const warn = (facts: object) => void logged.push(facts as Record<string, unknown>);
  stranger = createMemoryBus();
  passedOver = new PassedOver({ warn } as never);
  bus = checkedBus(stranger, passedOver);
});
afterEach(() => bus.close());

const counts = () =>
  Object.fromEntries(passedOver.samples().map(({ labels, value }) => [labels['message'], value]));

const NONE: readonly Value[] = [null, 7, 'x', [], ['v', 1], { v: 'one' }, { v: 1.5 }, { v: null }];

test.each([
  [
    SUBJECTS.live('p@1'),
    'live-hint',
    [{ v: 2 }, { v: 2, cells: [1] }, { v: 2, cells: [], covers: { 'a/0': [1] } }],
  ],
  [
    SUBJECTS.generation('p@1'),
    'generation-hint',
    [{}, { v: 1, generation: -1, line: 0 }, { generation: '1', line: 0 }],
  ],
  [
    SUBJECTS.replay('p@1'),
    'replay-hint',
    [
      { v: 2, source: 'a' },
      { v: 2, source: 'a', partition: -1 },
      { v: 2, source: '', partition: 0 },
    ],
  ],
  [
    SUBJECTS.alive,
    'alive-hint',
    [{ v: 1 }, { v: 1, instance: 'i', services: 'all' }, { v: 1, instance: 'i', gone: 'yes' }],
  ],
] as [string, string, Value[]][])(
  '%s: what is no %s is passed over, counted and logged',
  async (subject, message, more) => {
    const heard: Value[] = [];
    await bus.subscribe(subject, ({ payload }) => heard.push(payload));
    const all = [...NONE, ...more];
    for (const payload of all) stranger.publish(subject, payload);
    stranger.publish(subject, { v: 99 });
    await new Promise(setImmediate);
    // Of another version than this release writes: its reader judges it.
    expect(heard).toEqual([{ v: 99 }]);
    expect(counts()).toEqual({ [message]: all.length });
    expect(logged[0]).toMatchObject({ message, subject, count: 1 });
    expect(logged.map(({ count }) => count)).toEqual([1, 2, 4, 8]);
  },
);

test('what fits is heard, with what a later release adds', async () => {
  const heard: Value[] = [];
  await bus.subscribe('tenon.live.>', ({ payload }) => heard.push(payload));
  const hints = [
    liveHint(['c'], { 's/0': [0, 3] }),
    { ...liveHint(null), more: true },
    { cells: ['of edition 1'] },
  ];
  for (const hint of hints as Value[]) stranger.publish(SUBJECTS.live('p@1'), hint);
  stranger.publish('another.live.p', 7);
  await new Promise(setImmediate);
  expect(heard).toEqual(hints);
  expect(counts()).toEqual({});
});

test.each([[SUBJECTS.run], [SUBJECTS.askCut], [SUBJECTS.reload], [SUBJECTS.status]])(
  'nobody acts on a request on %s that is none',
  async (subject) => {
    let acted = 0;
    await bus.respond(subject, () => {
      acted += 1;
      return null;
    });
    for (const payload of [...NONE, { v: 1, full: 'yes', only: 'i', stage: 7 }] as Value[])
      await stranger.request(subject, payload, { timeoutMs: 200, max: 1 });
    expect(acted).toBe(subject === SUBJECTS.status ? 1 : 0);
    await stranger.request(subject, { v: 1 }, { timeoutMs: 200, max: 1 });
    await stranger.request(subject, {}, { timeoutMs: 200, max: 1 });
    expect(acted).toBe(subject === SUBJECTS.status ? 3 : 2);
  },
);

test('replies that are none do not count, and are not enough', async () => {
  await stranger.respond(SUBJECTS.generations, () => ({ v: 2, generations: { 'p@1': 'many' } }));
  await stranger.respond(SUBJECTS.generations, () => 'hello');
  await bus.respond(SUBJECTS.generations, ({ payload }) => generationsReply(payload, { 'p@1': 3 }));
  const asked = { timeoutMs: 300, enough: (all: readonly Value[]) => all.length > 0 };
  const replies = await bus.request(SUBJECTS.generations, generationsRequest(), asked);
  expect(replies).toEqual([{ v: 2, generations: { 'p@1': 3 } }]);
});
