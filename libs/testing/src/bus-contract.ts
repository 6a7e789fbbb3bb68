/** What every Bus must do. Run it with `describeBusContract` in the adapter's spec. */
import type { Bus, BusMessage } from '@tenon/ports';
import type { Value } from '@tenon/domain';
import { eventually } from './eventually';
import { uniqueName } from './unique';

export interface BusHarness {
  /** A connection to the same bus each time; where the bus is one object, that object. */
  open(): Promise<Bus>;
  dispose?(): Promise<void>;
}

export interface BusCapabilities {
  /** A request is over as soon as nobody is left who could answer; else it may take its whole time. */
  readonly knowsResponders: boolean;
}

export function describeBusContract(
  name: string,
  create: () => Promise<BusHarness>,
  capabilities: BusCapabilities,
): void {
  describe(`${name} keeps the contract of Bus`, () => {
    let harness: BusHarness;
    /** Two parties; one object where the bus is one. */
    let a: Bus;
    let b: Bus;
    const subject = () => uniqueName('contract').replaceAll('.', '-');

    beforeEach(async () => {
      harness = await create();
      a = await harness.open();
      b = await harness.open();
    });

    afterEach(async () => {
      await a.close();
      await b.close();
      await harness.dispose?.();
    });

    /** Everything that `bus` hears under a subject. */
    async function listen(bus: Bus, to: string): Promise<{ heard: BusMessage[]; close(): Promise<void> }> {
      const heard: BusMessage[] = [];
      const subscription = await bus.subscribe(to, (message) => void heard.push(message));
      return { heard, close: () => subscription.close() };
    }

    test('a message reaches every subscriber, with payload and headers', async () => {
      const to = subject();
      const [one, two] = [await listen(a, to), await listen(b, to)];
      const payload = { text: 'Zoë ✈', list: [1, 2.5, null, true], deep: { a: { b: [] } } };
      a.publish(to, payload, { correlationid: 'c-1' });
      await eventually('both heard', () => one.heard.length === 1 && two.heard.length === 1);
      const expected = { subject: to, payload, headers: { correlationid: 'c-1' } };
      expect([one.heard[0], two.heard[0]]).toEqual([expected, expected]);
    });

    test('messages of one publisher arrive in order', async () => {
      const to = subject();
      const { heard } = await listen(b, to);
      const numbers = Array.from({ length: 500 }, (_, i) => i);
      for (const i of numbers) a.publish(to, i);
      await eventually('all heard', () => heard.length === numbers.length);
      expect(heard.map((message) => message.payload)).toEqual(numbers);
    });

    test('handlers do not run within publish, and get a copy of the payload', async () => {
      const to = subject();
      const { heard } = await listen(a, to);
      const payload = { list: [1] };
      a.publish(to, payload);
      expect(heard).toEqual([]);
      payload.list.push(2);
      await eventually('heard', () => heard.length === 1);
      expect(heard[0]?.payload).toEqual({ list: [1] });
    });

    test('* stands for one token and > for one or more', async () => {
      const root = subject();
      const patterns = [`${root}.*`, `${root}.>`, `${root}.*.c`, `*.b.c`, `${root}.b`, root];
      const listening = await Promise.all(patterns.map((pattern) => listen(b, pattern)));
      const published = [root, `${root}.b`, `${root}.b.c`, `${root}.x.c.d`, `${root}x.b`];
      for (const to of published) a.publish(to, null);
      const end = await listen(b, `${root}-end`);
      a.publish(`${root}-end`, null);
      await eventually('all heard', () => end.heard.length === 1);
      const heard = listening.map((one) =>
        one.heard.map((message) => message.subject).filter((to) => to.startsWith(root)),
      );
      expect(heard).toEqual([
        [`${root}.b`],
        [`${root}.b`, `${root}.b.c`, `${root}.x.c.d`],
        [`${root}.b.c`],
        [`${root}.b.c`],
        [`${root}.b`],
        [root],
      ]);
    });

    test('a closed subscription hears nothing more', async () => {
      const to = subject();
      const [first, second] = [await listen(b, to), await listen(b, to)];
      a.publish(to, 1);
      await eventually('heard', () => first.heard.length === 1);
      await first.close();
      a.publish(to, 2);
      await eventually('heard by the other', () => second.heard.length === 2);
      expect(first.heard.length).toBe(1);
    });

    test('a handler that throws harms nobody', async () => {
      const to = subject();
      await b.subscribe(to, () => {
        throw new Error('a bug');
      });
      const { heard } = await listen(b, to);
      a.publish(to, 1);
      a.publish(to, 2);
      await eventually('both heard', () => heard.length === 2);
    });

    test('a request gets the answers of all responders, and stops at max', async () => {
      const to = subject();
      const echo = (who: string) => (message: BusMessage) => ({
        who,
        got: message.payload,
        id: message.headers.id ?? null,
      });
      await b.respond(to, echo('sync'));
      await b.respond(to, async (message) => echo('async')(message));
      await a.respond(to, echo('own'));
      const replies = await a.request(to, { q: 1 }, { timeoutMs: 1000, max: 3, headers: { id: 'h' } });
      const answer = (who: string): Value => ({ who, got: { q: 1 }, id: 'h' });
      expect(replies).toHaveLength(3);
      expect(replies).toEqual(expect.arrayContaining([answer('sync'), answer('async'), answer('own')]));
      expect(await a.request(to, null, { timeoutMs: 1000, max: 1 })).toHaveLength(1);
    });

    test('a request takes what came in time', async () => {
      const to = subject();
      let finish = () => {};
      await b.respond(to, () => 'quick');
      await b.respond(to, () => new Promise<Value>((resolve) => (finish = () => resolve('slow'))));
      expect(await a.request(to, null, { timeoutMs: 300 })).toEqual(['quick']);
      finish();
    });

    test('a request is over once the replies are enough for whoever asks', async () => {
      const to = subject();
      await b.respond(to, () => 'quick');
      await b.respond(to, () => new Promise<Value>(() => undefined));
      const started = performance.now();
      const enough = (replies: readonly Value[]) => replies.includes('quick');
      expect(await a.request(to, null, { timeoutMs: 5_000, enough })).toEqual(['quick']);
      expect(performance.now() - started).toBeLessThan(4_000);
    });

    test('of responders in a group one answers, and another one where that has gone', async () => {
      const to = subject();
      const first = await b.respond(to, () => 'first', { group: 'g' });
      const second = await a.respond(to, () => 'second', { group: 'g' });
      await b.respond(to, () => 'other', { group: 'h' });
      const ask = async () => (await a.request(to, null, { timeoutMs: 300 })) as string[];
      for (let i = 0; i < 3; i++) {
        const replies = await ask();
        expect(replies).toHaveLength(2);
        expect(replies).toContain('other');
      }
      await first.close();
      expect((await ask()).sort()).toEqual(['other', 'second']);
      await second.close();
      expect(await ask()).toEqual(['other']);
    });

    test('a responder that fails is left out', async () => {
      const to = subject();
      await b.respond(to, () => Promise.reject(new Error('a bug')));
      await b.respond(to, () => 'fine');
      expect(await a.request(to, null, { timeoutMs: 500 })).toEqual(['fine']);
    });

    test('a request that nobody answers gives nothing', async () => {
      const started = performance.now();
      expect(await a.request(subject(), null, { timeoutMs: 500 })).toEqual([]);
      if (capabilities.knowsResponders) expect(performance.now() - started).toBeLessThan(400);
    });

    test('publishing to nobody, or on a closed bus, is no error', async () => {
      a.publish(subject(), 1);
      expect(a.connected()).toBe(true);
      await a.close();
      expect(a.connected()).toBe(false);
      a.publish(subject(), 1);
      expect(await a.request(subject(), null, { timeoutMs: 50 })).toEqual([]);
    });
  });
}
