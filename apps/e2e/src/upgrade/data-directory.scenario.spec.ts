/**
 * A data directory that the release before has written goes on in this one: nothing that it had accepted is missing, nothing
 * counts twice, whatever was under way when it was killed is made up, and its base views and archive are built upon.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFileEventLog, createLmdbProductStore, systemClock } from '@tenon/adapters-embedded';
import type { Host } from '@tenon/composition';
import { STORE_KEYS, TOPICS, WIRE_VERSION } from '@tenon/contracts';
import { productsOf } from '../exactness/flights-catalog';
import { Random } from '../exactness/random';
import { readDataDirectory } from '../exactness/read-log';
import { startUp } from '../up';
import { FlightsClient } from './flights-client';
import type { History } from './history';
import { CATALOG, acknowledgedOf, readHistory } from './history';

const CALL = 40;
const PRODUCTS = productsOf(CATALOG);

describe('a data directory of edition 2', () => {
  const directory = mkdtempSync(join(tmpdir(), 'tenon-upgrade-'));
  const data = join(directory, 'data');
  const random = new Random(3);
  let history: History;
  let up: Host;
  let client: FlightsClient;
  let sent: number;

  const start = async () => {
    up = await startUp(data, 0, {}, join(directory, 'catalog'));
  };

  /** What edition 2 had accepted, and what has come since. */
  const acceptedLog = () =>
    readDataDirectory(data, CATALOG, history.events, [...acknowledgedOf(history), ...client.acknowledged]);

  beforeAll(async () => {
    execFileSync('tar', ['-C', directory, '-xzf', join(__dirname, 'edition-2.tar.gz')]);
    history = readHistory(directory);
    sent = history.sent;
    client = new FlightsClient((path, init) => fetch(up.url + path, init), PRODUCTS, random);
    expect(await left()).toBeGreaterThan(0);
    await start();
  });

  afterAll(async () => {
    await up?.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  /** How many records of edition 2 its consumption has not read. */
  async function left(): Promise<number> {
    const log = createFileEventLog({ directory: join(data, 'log'), clock: systemClock });
    const store = createLmdbProductStore({ directory: join(data, 'store') });
    let records = 0;
    for (const { name } of PRODUCTS) {
      const topic = TOPICS.statesOfEdition2(name);
      for (const [partition, end] of Object.entries(await log.endOffsets(topic))) {
        const key = STORE_KEYS.consumed(topic, Number(partition));
        records += end - ((await store.snapshot((snapshot) => snapshot.get<number>('meta', key))) ?? 0);
      }
    }
    await log.close();
    await store.close();
    return records;
  }

  const send = async (count: number) => {
    const events = history.events.slice(sent, (sent += count));
    while (events.length > 0) await client.send(events.splice(0, CALL));
  };

  test('is taken over as it is: each product answers, at once, with what was served', async () => {
    expect(WIRE_VERSION).toBe(3);
    for (const product of PRODUCTS) {
      const { answer } = await client.askFor(product, 'merged');
      expect(answer.generation).toBeGreaterThanOrEqual(history.served);
    }
  });

  test('gets on with what was under way: all that came before, and the cut that was begun', async () => {
    await client.untilServed(history.pending);
    await client.ask();
    for (const { answer } of client.last) expect(answer).toMatchObject({ generation: history.pending });
  });

  test('takes more events, and cuts: upon what was there, and from the first event', async () => {
    await send(40);
    await client.askForAll();
    const next = await client.cut();
    expect(next).toBe(history.pending + 1);
    await send(40);
    await client.askForAll();
    await client.cut(true);
    await client.askForAll();
    await send(30);
    await client.askForAll();
    for (const { answer } of client.last) expect(answer).toMatchObject({ generation: next + 1 });
  });

  test('was answered exactly, each time; no event is missing, and each record is accounted for', async () => {
    await up.stop();
    const log = await acceptedLog();
    expect(log.missing()).toBeNull();
    expect(log.acknowledgements).toBe(sent);
    expect(client.check(log, history.pending)).toBeGreaterThan(1000);
    // Something of each kind was there to be counted.
    const counts = new Set(log.marks.flat());
    expect([...counts].sort()).toEqual(['conflict', 'control', 'duplicate', 'event']);
    await start();
  });

  test('has nothing left that edition 2 wrote, and goes on as a directory of this edition', async () => {
    const before = client.answered;
    await client.askForAll();
    await send(30);
    await client.cut();
    await client.askForAll();
    expect(client.answered).toBeGreaterThan(before);
    await up.stop();
    client.check(await acceptedLog(), history.pending);
    expect(await left()).toBe(0);
    await start();
  });
});
