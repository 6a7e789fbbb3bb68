/**
 * A process that writes through one of the durable adapters and says on stdout what was acknowledged, until it is
 * killed. Started by `crash.scenario.spec.ts` with the arguments ADAPTER DIRECTORY ROUND.
 */
import { writeSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { systemClock } from '../environment';
import { createFileLake } from '../lake/file-lake';
import { createFileEventLog } from '../log/event-log';
import { createLmdbProductStore } from '../store/lmdb-store';

/** One line, written before the call returns: what the parent reads has been acknowledged. */
const say = (...words: (string | number)[]) => void writeSync(1, `${words.join(' ')}\n`);

/** Callers append at once, singles and batches, to two partitions; segments are small, so that they change often. */
async function appendToLog(directory: string, round: string): Promise<void> {
  const log = createFileEventLog({ directory, clock: systemClock, segmentBytes: 50_000 });
  await log.ensureTopic({ name: 'events', partitions: 2 });
  const append = async (caller: number) => {
    for (let i = 0; ; i++) {
      const records = Array.from({ length: (i % 5) * (i % 3) + 1 }, (_, n) => ({
        partition: (caller + n) % 2,
        key: `${round}/${caller}`,
        value: `${round}/${caller}/${i}/${n}`.padEnd(20 + ((i * 37 + n * 11) % 400), '.'),
        headers: { n: String(n) },
      }));
      const offsets = await log.append('events', records, { ack: caller === 0 ? 'relaxed' : 'durable' });
      offsets.forEach((offset, n) => say((caller + n) % 2, offset, `${round}/${caller}/${i}/${n}`));
    }
  };
  await Promise.all([0, 1, 2, 3, 4, 5].map(append));
}

/** Every transaction writes the same number into many keys, so that half of one would show. */
async function transactOnStore(directory: string): Promise<void> {
  const store = createLmdbProductStore({ directory });
  for (;;) {
    const n = await store.transact(async (tx) => {
      const next = ((await tx.get<number>('meta', 'n')) ?? 0) + 1;
      tx.put('meta', 'n', next);
      for (let i = 0; i < 500; i++)
        tx.put(i % 2 === 0 ? 'base' : 'speed', `key/${i}`, [next, 'x'.repeat(next % 100)]);
      tx.delete('base', `trail/${next - 1}`);
      tx.put('base', `trail/${next}`, next);
      return next;
    });
    say(n);
  }
}

/** A file's content begins with the hash of the rest. */
async function commitToLake(directory: string, round: string): Promise<void> {
  const lake = createFileLake({ directory });
  const commit = async (caller: number) => {
    for (let i = 0; ; i++) {
      const staged = await lake.stage();
      const body = `${round}/${caller}/${i}`.repeat(1 + ((i * 7919) % 20_000));
      await writeFile(staged, `${createHash('sha256').update(body).digest('hex')}${body}`);
      const name = `archive/p=${caller}/${round}-${i}`;
      await lake.commit(staged, name);
      say(name);
    }
  };
  await Promise.all([0, 1, 2].map(commit));
}

const [adapter, directory = '', round = ''] = process.argv.slice(2);
const work = { log: appendToLog, store: transactOnStore, lake: commitToLake }[adapter ?? ''];
if (work === undefined) throw new Error(`Unknown adapter ${adapter}`);
void work(directory, round);
