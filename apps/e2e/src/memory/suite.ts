/**
 * The memory of a service stands still over a long run of rounds that are alike. It is measured after a forced garbage
 * collection, in bytes a round, and never against the clock.
 *
 *     npm test -- e2e/src/memory                             all five
 *     TENON_HEAP_SNAPSHOTS=/tmp npm test -- memory/speed     what it is that grows: two snapshots to compare
 */
import { growthPerRound } from '@tenon/testing';
import { LongRuns } from './child';
import type { ServiceName } from './line';
import { BESIDE } from './line';
import type { Sample } from './long-run';

const ROUNDS = 90;
/** Fewer do where all is kept. */
const LEAKING_ROUNDS = 30;

/** Bytes a round. Runs in which nothing is kept differ by some 200, for what V8 keeps of its own accord. */
const TOLERATED = 800;
/**
 * For each service beside the one under test. With all five some 2,000 bytes a round stay, in round 360 as in round 90, of which two
 * heap snapshots name the archive's file names, seven WeakRefs and small arrays: what holds these is not found yet.
 */
const TOLERATED_BESIDE = 200;

/** Batch keeps the names of the archive's files, one a cut and partition: it sees in them what lies where. */
const ARCHIVE_NAMES = 900;

const toleratedOf = (service: ServiceName) =>
  TOLERATED +
  TOLERATED_BESIDE * BESIDE[service].length +
  ([...BESIDE[service], service].includes('batch') ? ARCHIVE_NAMES : 0);

/** Space → the bytes by which it grows in a round. What is allocated natively (rss) is too uneven to be judged. */
const growthOf = (samples: readonly Sample[]) => ({
  heap: growthPerRound(samples.map(({ round, heapUsed }) => ({ round, bytes: heapUsed }))),
  external: growthPerRound(samples.map(({ round, external }) => ({ round, bytes: external }))),
});

function report(service: ServiceName, samples: readonly Sample[]): string {
  const { heap, external } = growthOf(samples);
  const [first, last] = [samples[0], samples.at(-1)] as [Sample, Sample];
  const mb = (name: Exclude<keyof Sample, 'round'>) =>
    `${(first[name] / 1e6).toFixed(1)} to ${(last[name] / 1e6).toFixed(1)} MB`;
  return [
    `memory of ${service}, bytes a round: heap ${Math.round(heap)}, external ${Math.round(external)}`,
    `from round ${first.round} to ${last.round}: heap ${mb('heapUsed')}, external ${mb('external')}`,
    `of it buffers ${mb('arrayBuffers')}; rss ${mb('rss')}`,
  ].join('; ');
}

export function describeMemory(service: ServiceName): void {
  describe(`the memory of ${service}`, () => {
    jest.setTimeout(600_000);
    let runs: LongRuns;
    beforeAll(async () => (runs = await LongRuns.build()));
    afterAll(() => runs.remove());

    const tolerated = toleratedOf(service);

    test(`does not grow by more than ${tolerated} bytes a round`, async () => {
      const growing = (samples: readonly Sample[]) =>
        Object.entries(growthOf(samples)).filter(([, bytes]) => bytes > tolerated);
      let samples: readonly Sample[] = [];
      // In a run twice as long a leak grows as fast, and what came late and once counts half.
      for (const times of [1, 2, 4]) {
        samples = await runs.play(service, times * ROUNDS);
        if (growing(samples).length === 0) break;
      }
      console.info(report(service, samples));
      expect(growing(samples)).toEqual([]);
    });

    test('is seen to grow where its parts keep what goes through them', async () => {
      const { heap, external } = growthOf(await runs.play(service, LEAKING_ROUNDS, true));
      // Far from what a run that has just begun may grow by itself.
      expect(heap + external).toBeGreaterThan(5 * tolerated);
    });
  });
}
