/**
 * What happens to a log and an archive in the world outside: records deleted at the log's start, topics deleted and made anew,
 * files of the archive that are not what was written. Of all but records that nobody has kept everything is right again in the end.
 */
import { existsSync } from 'node:fs';
import { cp, copyFile, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { ArchiveManifest } from '@tenon/archive';
import type { ArchiveHeadDocument } from '@tenon/contracts';
import { STORE_KEYS, TOPICS } from '@tenon/contracts';
import type { LogRecord } from '@tenon/ports';
import type { Chaos } from './chaos';
import { cut } from './clients';
import { restartAll, startAll, stopAll } from './restarts';
import { said } from './sightings';

export type Ruin = 'archived' | 'hole' | 'topic' | 'files';

const DAMAGES = ['flipped', 'truncated', 'gone', 'of another partition'] as const;

type Damage = (typeof DAMAGES)[number];

/** Counted where they were. */
export const LOST = {
  archived: 'deletions of archived records',
  unarchived: 'deletions of records that nobody has',
  topicInUse: 'topics replaced beside running services',
  topicAtRest: 'topics replaced while all is down',
  anotherId: 'topics restored under another id',
  damaged: 'archive files damaged',
} as const;

export async function ruinSomething(chaos: Chaos, what: Ruin): Promise<void> {
  if (what === 'archived') await deleteArchived(chaos);
  else if (what === 'hole') await deleteUnarchived(chaos);
  else if (what === 'topic') await replaceTopic(chaos);
  else await damageFiles(chaos);
}

/** Once something is archived that can be deleted. */
async function deleteArchived(chaos: Chaos): Promise<void> {
  const { simulation, random, outside } = chaos;
  for (let tries = 0; tries < 8 && !chaos.isOver(); tries++) {
    if (await deleteAtStart(chaos, (from, archivedTo) => random.int(Math.min(from, archivedTo), archivedTo)))
      break;
    await simulation.sleep(outside, random.int(20, 100));
  }
  if (random.chance(0.7)) await restartAll(chaos);
}

/** While there is no batch to archive them; of one partition in a world, as from there on not much is known of it. */
async function deleteUnarchived(chaos: Chaos): Promise<void> {
  const { simulation, random, outside, deployment, world } = chaos;
  if (world.losses.holes.length > 0) return;
  await deployment.kill('batch');
  for (let tries = 0; tries < 5 && !chaos.isOver() && world.losses.holes.length === 0; tries++) {
    await simulation.sleep(outside, random.int(20, 80));
    await deleteAtStart(chaos, (_from, _archivedTo, end) => end);
  }
  if (random.chance(0.7)) await restartAll(chaos);
  if (!deployment.isRunning('batch')) await deployment.start('batch');
}

/**
 * Of any partition.
 *
 * @param upTo where it is to begin then; of the log's files only whole ones go
 * @returns whether something was deleted
 */
async function deleteAtStart(
  { simulation, random, scenario, world, counters }: Chaos,
  upTo: (from: number, archivedTo: number, end: number) => number,
): Promise<boolean> {
  const { name, partitions } = random.pick(scenario.sources);
  const topic = TOPICS.events(name);
  const partition = random.int(0, partitions - 1);
  const lane = String(partition);
  if (world.losses.strays.has(topic)) return false;
  return simulation.inside(async () => {
    const { log, store } = world.adapters;
    const key = STORE_KEYS.archiveHead(name, partition);
    const head = await store.snapshot((snapshot) => snapshot.get<ArchiveHeadDocument>('meta', key));
    const archivedTo = head?.next ?? 0;
    const startOf = async () => (await log.startOffsets(topic))[lane] ?? 0;
    const from = await startOf();
    const end = (await log.endOffsets(topic))[lane] ?? 0;
    await log.deleteBefore(topic, { [lane]: upTo(from, archivedTo, end) });
    const to = await startOf();
    if (to <= from) return false;
    world.losses.delete({ source: name, partition, from, to }, archivedTo);
    counters.add(to > archivedTo ? LOST.unarchived : LOST.archived);
    return true;
  });
}

/** A topic of events is deleted, and mostly made anew, beside running services or while all are down; later it is restored. */
async function replaceTopic(chaos: Chaos): Promise<void> {
  const { simulation, random, outside, scenario, world, counters } = chaos;
  const { losses } = world;
  const source = random.pick(scenario.sources);
  const topic = TOPICS.events(source.name);
  if (losses.strays.has(topic)) return;
  const running = random.chance(0.5);
  const copy = join(chaos.home, `copy-of-${topic}`);
  let records: readonly (readonly LogRecord[])[] = [];
  if (!running) await stopAll(chaos);
  await simulation.inside(async () => {
    const { log } = world.adapters;
    losses.strays.add(topic);
    losses.replace(source.name);
    const all = Array.from({ length: source.partitions }, (_, partition) => readAll(log, topic, partition));
    records = await Promise.all(all);
    await cp(join(chaos.home, 'log', topic), copy, { recursive: true });
    await log.deleteTopic(topic);
    if (random.chance(0.7)) await log.ensureTopic({ name: topic, partitions: source.partitions });
  });
  counters.add(running ? LOST.topicInUse : LOST.topicAtRest);
  if (!running) startAll(chaos);
  await simulation.sleep(outside, random.int(50, 6000));
  if (random.chance(0.5)) await cut(chaos, false);
  await stopAll(chaos);
  const isWhole = records.every(
    (some, partition) => some.length === chaos.logs.get(source.name)?.partitions[partition]?.length,
  );
  const anew = isWhole && random.chance(0.5);
  await chaos.reopen(async () => {
    await rm(join(chaos.home, 'log', topic), { recursive: true, force: true });
    if (!anew) await rename(copy, join(chaos.home, 'log', topic));
  });
  if (anew) {
    await simulation.inside(async () => {
      const { log } = world.adapters;
      await log.ensureTopic({ name: topic, partitions: source.partitions });
      for (const [partition, some] of records.entries())
        if (some.length > 0)
          await log.append(
            topic,
            some.map((one) => newRecord(one, partition)),
          );
      const id = await log.topicId(topic);
      if (id !== null) losses.accepted.push(id);
      await rm(copy, { recursive: true });
    });
    counters.add(LOST.anotherId);
  }
  losses.strays.delete(topic);
  startAll(chaos);
}

const newRecord = (one: LogRecord, partition: number) => {
  const { key, value, timestamp } = one;
  return { partition, key, value, timestamp, headers: one.headers() };
};

async function readAll(
  log: Chaos['world']['adapters']['log'],
  topic: string,
  partition: number,
): Promise<readonly LogRecord[]> {
  const all: LogRecord[] = [];
  for (
    let next = (await log.startOffsets(topic))[String(partition)] ?? 0;
    ;
    next = (all.at(-1) as LogRecord).offset + 1
  ) {
    const some = await log.read(topic, partition, next);
    if (some.length === 0) return all;
    all.push(...some);
  }
}

/** Files of the archive are not what was written, until somebody puts them back. */
async function damageFiles(chaos: Chaos): Promise<void> {
  const { simulation, random, outside } = chaos;
  const paths: string[] = [];
  const damages = random.shuffle(DAMAGES);
  chaos.pauses.clients = true;
  await cut(chaos, false);
  for (let tries = 0; tries < 20 && paths.length < damages.length - 1 && !chaos.isOver(); tries++) {
    await simulation.inside(async () => {
      const named = await namedFiles(chaos);
      const files = (await filesOf(chaos)).filter((path) => named.has(path));
      const path = files.length === 0 ? null : random.pick(files);
      // One that is damaged already is put back by who did it.
      if (path === null || existsSync(copyOf(chaos, path))) return;
      const others = files.filter((one) => dirname(one) !== dirname(path));
      const what = damages[paths.length] as Damage;
      await damage(
        chaos,
        path,
        others.length === 0 && what === 'of another partition' ? 'gone' : what,
        others,
      );
      paths.push(path);
    });
    await simulation.sleep(outside, random.int(5, 50));
  }
  chaos.pauses.clients = false;
  if (random.chance(0.5)) await restartAll(chaos);
  chaos.aside(putBack(chaos, paths));
}

async function putBack(chaos: Chaos, paths: readonly string[]): Promise<void> {
  const { simulation, random, outside, counters } = chaos;
  // A full run reads all of them; mostly until a product says so.
  await cut(chaos, random.chance(0.8));
  const before = counters.of(said('archive-damaged'));
  const ready = () => counters.of(said('archive-damaged')) > before;
  if (random.chance(0.8)) await simulation.turn(outside, 'sleep', { due: simulation.now + 6000, ready });
  await simulation.sleep(outside, random.int(50, 1000));
  for (const path of paths) await simulation.inside(() => rename(copyOf(chaos, path), path));
}

/** What the manifest names; what two have archived lies in the lake twice, and nobody reads the other one. */
async function namedFiles({ home, scenario, world }: Chaos): Promise<ReadonlySet<string>> {
  const { store, lake } = world.adapters;
  const paths: string[] = [];
  for (const { name, partitions } of scenario.sources) {
    const manifest = new ArchiveManifest({ store, lake }, name, partitions);
    for (let partition = 0; partition < partitions; partition++)
      for (const file of await manifest.files(partition, 0, Number.MAX_SAFE_INTEGER))
        paths.push(join(home, 'lake', file.name));
  }
  return new Set(paths);
}

async function filesOf({ home }: Chaos): Promise<readonly string[]> {
  const lake = join(home, 'lake');
  // It is made with its first file.
  if (!existsSync(lake)) return [];
  const all = await readdir(lake, { recursive: true, withFileTypes: true });
  return all
    .filter((one) => one.isFile() && one.name.endsWith('.parquet') && !one.parentPath.includes('.staging'))
    .map((one) => join(one.parentPath, one.name))
    .sort();
}

const copyOf = ({ home }: Chaos, path: string) => join(home, relative(home, path).replaceAll('/', '_'));

/** In a new file under the old name, as one that came from elsewhere. */
async function damage(chaos: Chaos, path: string, what: Damage, others: readonly string[]): Promise<void> {
  const { random, home, world, counters } = chaos;
  await copyFile(path, copyOf(chaos, path));
  world.losses.damage();
  counters.add(LOST.damaged);
  counters.add(`${LOST.damaged}: ${what}`);
  if (what === 'gone') return rm(path);
  let bytes = Buffer.from(await readFile(path));
  if (what === 'truncated') bytes = bytes.subarray(0, random.int(0, bytes.length - 1));
  else if (what === 'flipped') {
    const at = random.int(0, bytes.length - 1);
    bytes[at] = (bytes[at] as number) ^ (1 << random.int(0, 7));
  } else bytes = await readFile(random.pick(others));
  await writeFile(join(home, 'damaged'), bytes);
  await rename(join(home, 'damaged'), path);
}
