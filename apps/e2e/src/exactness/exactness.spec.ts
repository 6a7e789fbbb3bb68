/**
 * The heart of the project: real flights, sent with duplicates and late events in random order, while services die,
 * freeze, lag and come back; every answer equals an oracle in plain code at the offsets that the answer names.
 *
 *     npm test -- exactness                        200 seeds
 *     TENON_SEEDS=2000 npm test -- exactness       as many as wanted
 *     TENON_SEED=12345 npm test -- exactness       one seed alone
 */
import { Counters } from './counters';
import { closeEngine, playSeed } from './play';

const ALONE = process.env['TENON_SEED'];
const COUNT = Number(process.env['TENON_SEEDS'] ?? 200);
const FIRST = 1;
const SEEDS =
  ALONE === undefined ? Array.from({ length: COUNT }, (_, index) => FIRST + index) : [Number(ALONE)];

/** Of each at least this many over 200 seeds: a fault that never occurs proves nothing. */
const LEAST: Readonly<Record<string, number>> = {
  'answers compared (merged)': 2000,
};

describe('exactness', () => {
  const counters = new Counters();
  afterAll(closeEngine);

  test(`every answer of ${SEEDS.length} seeds equals the oracle at its offsets`, async () => {
    for (const seed of SEEDS) {
      const began = performance.now();
      try {
        await playSeed(seed, counters);
      } catch (error) {
        const message = `Seed ${seed}: ${(error as Error).stack ?? String(error)}\n\nReplay it alone: TENON_SEED=${seed} npm test -- exactness`;
        throw new Error(message, { cause: error });
      }
      counters.add('milliseconds', Math.round(performance.now() - began));
    }
    console.info(`exactness: ${SEEDS.length} seeds: ${counters.toString()}`);
  }, 3_600_000);

  test('the faults did occur', () => {
    if (SEEDS.length < 200) return;
    const lacking = Object.entries(LEAST).filter(([what, least]) => counters.of(what) < least);
    expect(lacking.map(([what, least]) => `${what}: ${counters.of(what)}, at least ${least}`)).toEqual([]);
  });
});
