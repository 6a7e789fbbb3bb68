/** Looks at manifests of archives of several ages, and reads one with its digests checked and without. */
import { mkdirSync } from 'node:fs';
import { ArchiveManifest, archiveName, checkedPath, parseArchiveName } from '@tenon/archive';
import { createFileLake, createLmdbProductStore } from '@tenon/adapters-embedded';
import { createFileCatalog } from '@tenon/catalog';
import { createEngine } from '@tenon/engine';
import type { ArchiveRange, Lake, LogRecord } from '@tenon/ports';
import { planCatalog } from '@tenon/runtime';
import { readFlights } from '../flights';

const DAYS = [1, 30, 365];
const PARTITIONS = 4;
const FILES = 10;
const EVENTS = 1_000_000;
const ROUNDS = 7;

async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

/** A lake that lists a file for each minute of so many days. */
const agedLake = (days: number): Pick<Lake, 'list'> => ({
  list: async (prefix) => {
    const partition = Number(/p=(\d+)/.exec(prefix)?.[1]);
    return Array.from({ length: days * 1440 }, (_, minute) => {
      const place = { partition, from: minute * 100, to: minute * 100 + 100, epoch: minute + 1 };
      const digest = String(minute).padStart(32, '0');
      return { name: archiveName('flights', { ...place, end: 'b', digest }), bytes: 9000 };
    });
  },
});

async function lookAt(days: number, directory: string) {
  const store = createLmdbProductStore({ directory });
  const deps = { store, lake: agedLake(days) };
  const takenIn = await timed(() => new ArchiveManifest(deps, 'flights', PARTITIONS).look());
  const looks: number[] = [];
  let last = 0;
  for (let round = 0; round < ROUNDS; round++) {
    // A new one each time, as at a start: nothing is remembered.
    const manifest = new ArchiveManifest(deps, 'flights', PARTITIONS);
    looks.push(
      await timed(async () => {
        await manifest.look();
        last = (await manifest.latestCut(0))?.epoch ?? 0;
      }),
    );
  }
  if (last !== days * 1440) throw new Error(`the last cut is ${last}`);
  const manifest = new ArchiveManifest(deps, 'flights', PARTITIONS);
  const found = await timed(async () => {
    for (let partition = 0; partition < PARTITIONS; partition++)
      await manifest.files(partition, (last - 1) * 100, last * 100);
  });
  await store.close();
  return { days, files: days * 1440 * PARTITIONS, looks, found, takenIn };
}

async function digests(directory: string) {
  const engine = await createEngine({});
  const { sources, plans } = await planCatalog(engine, await createFileCatalog('catalog').load());
  const [source] = sources;
  const plan = plans.find(({ product }) => product === 'airport_hours');
  if (source === undefined || plan === undefined) throw new Error('no such product');
  const lake = createFileLake({ directory });
  const names: string[] = [];
  const each = EVENTS / FILES;
  for (let at = 0; at < FILES; at++) {
    const flights = await readFlights(at * each, each);
    const writer = engine.openArchive(source);
    for (let from = 0; from < each; from += 20_000)
      await writer.add(
        flights.slice(from, from + 20_000).map((data, index) => {
          const record = recordOf(at * each + from + index, data.date, data);
          return { partition: 0, record, mark: 'event' as const };
        }),
      );
    const staged = await lake.stage();
    await writer.finish(staged);
    const { digest } = await lake.print(staged);
    const place = { partition: 0, from: at * each, to: (at + 1) * each, epoch: at + 1, end: 'b' as const };
    names.push(archiveName(source.name, { ...place, digest }));
    await lake.commit(staged, names.at(-1) as string);
  }
  const files = (await lake.list('archive/')).flatMap((file) => parseArchiveName(file) ?? []);
  const paths: string[] = [];
  for (const { name } of files) paths.push(await lake.path(name));
  const ranges: ArchiveRange[] = [{ partition: 0, from: 0, to: EVENTS, paths }];
  const run = async () => {
    let cells = 0;
    for await (const chunk of (await engine.aggregateArchive(source, plan, ranges)).cells)
      cells += chunk.length;
    if (cells === 0) throw new Error('no cells');
  };
  const runs: number[] = [];
  const checks: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    // A lake of its own remembers no print.
    const fresh = createFileLake({ directory });
    await fresh.list('');
    checks.push(
      await timed(async () => {
        for (const file of files) await checkedPath(fresh, file);
      }),
    );
    runs.push(await timed(run));
  }
  await engine.close();
  return { events: EVENTS, bytes: files.reduce((sum, { bytes }) => sum + bytes, 0), runs, checks };
}

function recordOf(offset: number, time: string, data: unknown): LogRecord {
  const envelope = {
    ...{
      specversion: '1.0',
      id: `f${offset}`,
      source: '/bench',
      type: 'flight',
      correlationid: `c${offset}`,
    },
    ...{ eventtime: time, data },
  };
  return {
    ...{ offset, key: null, timestamp: Date.parse(time), value: Buffer.from(JSON.stringify(envelope)) },
    ...{ header: () => undefined, headerBytes: () => undefined, headers: () => ({}) },
  };
}

async function main(directory: string): Promise<void> {
  mkdirSync(directory, { recursive: true });
  const looks = [];
  for (const days of DAYS) looks.push(await lookAt(days, `${directory}/store-${days}`));
  process.send?.({ looks, digests: await digests(`${directory}/lake`) });
  process.once('SIGTERM', () => process.exit(0));
}

void main(process.argv[2] as string);
