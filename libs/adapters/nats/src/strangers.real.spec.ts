/** Whoever else is on the server: other deployments, and those who do not hold the secret. */
import type { Bus, Logger } from '@tenon/ports';
import { uniqueName } from '@tenon/testing';
import type { NatsBusOptions } from './nats-bus';
import { createNatsBus } from './nats-bus';

const url = process.env['TENON_NATS_URL'];
const onServer = url === undefined ? describe.skip : describe;
const ASK = { timeoutMs: 500 } as const;

onServer('On a server that others use too', () => {
  const subject = uniqueName('tenon.ask');
  const buses: Bus[] = [];
  const lines: string[] = [];
  const write = (_fields: object, message: string) => void lines.push(message);
  const logger: Logger = { debug: write, info: write, warn: write, error: write, child: () => logger };

  async function open(options: Partial<NatsBusOptions>): Promise<Bus> {
    const bus = await createNatsBus({ url: url as string, logger, ...options });
    buses.push(bus);
    return bus;
  }

  afterAll(async () => {
    for (const bus of buses) await bus.close();
  });

  test('a deployment neither hears nor answers another one', async () => {
    const one = await open({ deployment: 'one' });
    const heard: string[] = [];
    await one.respond(subject, ({ subject: at }) => at);
    await one.subscribe(`${subject}.>`, ({ subject: at }) => void heard.push(at));
    const other = await open({ deployment: 'other' });
    expect(await other.request(subject, null, ASK)).toEqual([]);
    other.publish(`${subject}.a`, 1);
    const same = await open({ deployment: 'one' });
    same.publish(`${subject}.b`, 1);
    // Subjects are the deployment's own to whoever hears them.
    expect(await same.request(subject, null, { ...ASK, max: 1 })).toEqual([subject]);
    expect(heard).toEqual([`${subject}.b`]);
  });

  test('who holds the secret is heard and answered; who does not is neither, nor can he answer', async () => {
    const secret = 'a secret of the deployment';
    const ours = await open({ secret });
    const heard: unknown[] = [];
    await ours.respond(`${subject}.run`, () => 'done');
    await ours.subscribe(`${subject}.hint`, ({ payload }) => void heard.push(payload));
    const known = await open({ secret });
    const stranger = await open({});
    stranger.publish(`${subject}.hint`, 'false');
    expect(await stranger.request(`${subject}.run`, null, ASK)).toEqual([]);
    known.publish(`${subject}.hint`, 'true');
    expect(await known.request(`${subject}.run`, null, { ...ASK, max: 1 })).toEqual(['done']);
    expect(heard).toEqual(['true']);
    await stranger.respond(`${subject}.who`, () => 'I');
    expect(await known.request(`${subject}.who`, null, ASK)).toEqual([]);
    expect(lines.filter((line) => line.includes('strangers'))).not.toEqual([]);
  });
});
