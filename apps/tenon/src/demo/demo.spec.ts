import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from '../cli/client';
import type { Output } from '../cli/output';
import type { Fake } from '../fake-server.fixture';
import { bodyOf, sendJson, startFake } from '../fake-server.fixture';
import type { Flights } from './flights';
import { positions } from './flights';
import { freePort } from './port';
import { replay } from './replay';

let fake: Fake;
let client: Client;
let data: string;
let ids: string[];
beforeEach(async () => {
  fake = await startFake();
  client = new Client(fake.url);
  data = mkdtempSync(join(tmpdir(), 'tenon-demo-'));
  ids = [];
  fake.intercept = async (request, response) => {
    const lines = (await bodyOf(request)).trim().split('\n');
    ids.push(...lines.map((line) => (JSON.parse(line) as { id: string }).id));
    return sendJson(response, 202, { accepted: lines.length, rejected: 0, receipt: 'x' });
  };
});
afterEach(async () => {
  client.close();
  await fake.close();
  rmSync(data, { recursive: true, force: true });
});

const COUNT = 60;
const BASE = 'a'.repeat(64);

/** One flight a minute. */
const flights: Flights = {
  file: { base: BASE, size: 1, digest: BASE },
  reader: {
    ...{ unit: 'rows', total: COUNT },
    read: async function* (skip) {
      const rows = Array.from({ length: COUNT }, (_, index) => {
        const date = new Date(index * 60_000).toISOString();
        return { number: index + 1, text: `{"date":"${date}"}` };
      });
      yield { rows: rows.slice(skip), done: COUNT };
    },
  },
};

/** Replays 200 minutes of flights a second, until `enough` flights are sent. */
function play(position: number, enough: number): Promise<void> {
  const stop = new AbortController();
  let sent = 0;
  const ticker = {
    sent: (events: number) => {
      sent += events;
      if (sent >= enough) stop.abort();
    },
    note: () => stop.abort(),
    stop: () => undefined,
  };
  return replay({ client, flights, data, position, speed: 60 * 200, signal: stop.signal, ticker });
}

it('sends each flight when its time has come, and keeps the position', async () => {
  const began = performance.now();
  await play(0, 20);
  expect(ids.length).toBeGreaterThanOrEqual(20);
  // The 20th takes off 19 minutes after the first; sooner would be too soon, later is a busy machine.
  expect(performance.now() - began).toBeGreaterThanOrEqual((19 / 200) * 1000 - 1);
  expect(positions(data).read(flights)?.rows).toBe(ids.length);
});

it('goes on where it was, under the ids that `tenon load` would give', async () => {
  await play(0, 10);
  await play(positions(data).read(flights)!.rows, COUNT);
  expect(ids).toEqual(Array.from({ length: COUNT }, (_, index) => `${'a'.repeat(24)}-${index + 1}`));
});

it('a port that is taken gives way to the next, and a word about it', async () => {
  const said: string[] = [];
  const sink = { write: (text: string) => said.push(text) };
  const output: Output = { out: sink, err: sink, exitCode: 0 };
  const taken = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => taken.once('listening', resolve));
  const { port } = taken.address() as AddressInfo;
  expect(await freePort(port, output)).toBeGreaterThan(port);
  expect(said.join('')).toContain(`Port ${port} is taken`);
  taken.close();
});
