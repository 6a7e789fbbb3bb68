/**
 * Makes edition-2.tar.gz: a data directory that the release before this edition of the wire has written, as `tenon up` leaves it
 * when it is killed. Once made it stays as it is; to make it again:
 *
 *     git worktree add --detach /tmp/before bf9a8c6 && cp -al node_modules /tmp/before/node_modules
 *     TSX_TSCONFIG_PATH=tsconfig.base.json npx tsx apps/e2e/src/upgrade/make.ts /tmp/before
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { productsOf, writeCatalog } from '../exactness/flights-catalog';
import { readFlights } from '../exactness/flights';
import { Random } from '../exactness/random';
import { TenonProcess } from '../kill/tenon-process';
import { FlightsClient } from './flights-client';
import type { History } from './history';
import { CATALOG, makeEvents } from './history';

const CALL = 40;

async function make(checkout: string): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'tenon-edition-2-'));
  const random = new Random(2);
  const events = makeEvents(await readFlights(), 640, random);
  await writeCatalog(join(directory, 'catalog'), CATALOG);
  const tenon = await TenonProcess.start(join(directory, 'catalog'), join(directory, 'data'), {
    checkout,
    cutEvery: 'off',
  });
  const request = (path: string, init?: RequestInit) => fetch(tenon.url + path, init);
  const client = new FlightsClient(request, productsOf(CATALOG), random);
  let sent = 0;
  const sendUpTo = async (part: number) => {
    for (const end = Math.floor(events.length * part); sent < end; sent += CALL)
      await client.send(events.slice(sent, sent + CALL));
  };
  await sendUpTo(0.3);
  await client.cut();
  await sendUpTo(0.45);
  await client.cut(true);
  await sendUpTo(0.6);
  const served = await client.cut();
  await client.untilServed(served);
  // An open epoch that has landed, a cut that is under way, and what follows it: all as they are when the power goes.
  await sendUpTo(0.7);
  await client.askForAll();
  const { epoch } = (await (await request('/v1/cuts', { method: 'POST' })).json()) as { epoch: number };
  await sendUpTo(0.75);
  await tenon.kill();
  const commit = execFileSync('git', ['rev-parse', 'HEAD'], { cwd: checkout, encoding: 'utf8' }).trim();
  const acknowledged = client.acknowledged.map(
    ({ sent: one, partition, offset }) => [events.indexOf(one), partition, offset] as const,
  );
  const history: History = { commit, events, sent, acknowledged, served, pending: epoch };
  writeFileSync(join(directory, 'history.json'), JSON.stringify(history));
  const file = join(__dirname, 'edition-2.tar.gz');
  execFileSync('tar', ['-C', directory, '-I', 'gzip -9', '-cf', file, 'catalog', 'data', 'history.json']);
  rmSync(directory, { recursive: true, force: true });
  console.error(`${file}: ${sent} events, ${served} generations, cut ${epoch} under way`);
}

make(process.argv[2] as string).catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
