/**
 * A process that runs one service for many rounds and says on stdout, a JSON line each, what memory it holds. Started by
 * `child.ts` with the arguments SERVICE ROUNDS, and `leak` if the service's parts are to keep what goes through them.
 */
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { writeHeapSnapshot } from 'node:v8';
import { planAll } from './catalog';
import type { ServiceName } from './line';
import { Line } from './line';
import { openParts } from './parts';
import { playRound } from './rounds';

/** Rounds between two measurements. */
const STRIDE = 5;

/** Bytes, as Node has them. */
export interface Sample {
  readonly round: number;
  readonly heapUsed: number;
  /** Outside of the heap and held by it, array buffers among it. */
  readonly external: number;
  readonly arrayBuffers: number;
  readonly rss: number;
}

async function measure(round: number): Promise<Sample> {
  // What the first collection frees may hold what only the next one can free.
  for (let times = 0; times < 2; times += 1) {
    (globalThis.gc as () => void)();
    await setImmediate();
  }
  const { heapUsed, external, arrayBuffers, rss } = process.memoryUsage();
  return { round, heapUsed, external, arrayBuffers, rss };
}

async function main(args: readonly string[]): Promise<void> {
  const [service, count, leak] = args as readonly [ServiceName, string, string?];
  const rounds = Number(count);
  const snapshots = process.env['TENON_HEAP_SNAPSHOTS'];
  const { parts, close } = await openParts();
  const line = await Line.start(service, parts, await planAll(parts.engine), leak === 'leak');
  for (let round = 1; round <= rounds; round += 1) {
    await playRound(line, service, round);
    if (round % STRIDE !== 0) continue;
    await line.metrics.text();
    console.log(JSON.stringify(await measure(round)));
    if (snapshots !== undefined && [(2 * rounds) / 3, rounds].includes(round))
      writeHeapSnapshot(join(snapshots, `${service}-${round}.heapsnapshot`));
  }
  await line.stop();
  await close();
}

main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
