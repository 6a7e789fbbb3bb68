/**
 * The whole of Tenon against plain DuckDB: schemas, types, names, values, SQL, cuts and changes at random.
 *
 *     npm test -- differential                                  a few worlds
 *     TENON_WORLDS=500 npm test -- e2e/src/differential         as many as wanted, or from one to another: 501-900
 *     TENON_WORLD=17 npm test -- e2e/src/differential           one alone
 */
import { createEngine } from '@tenon/engine';
import type { Engine } from '@tenon/ports';
import { Counters } from '../exactness/counters';
import { Oracle } from './oracle';
import { World } from './world';

const ASKED = process.env['TENON_WORLD'] ?? process.env['TENON_WORLDS'];
const [FIRST, LAST] = seedsAsked(process.env['TENON_WORLD'], process.env['TENON_WORLDS'] ?? '2');
const SEEDS = Array.from({ length: LAST - FIRST + 1 }, (_, index) => FIRST + index);
const SIZE = { sources: 5, products: 2, events: 24 };

/** What two worlds see at least: what never occurs proves nothing. */
const LEAST: Readonly<Record<string, number>> = {
  'answers compared (merged)': 200,
  'answers compared (batch)': 40,
  'rows compared': 1000,
  events: 250,
  cuts: 1,
  'full cuts': 2,
  reloads: 1,
  'versions raised': 1,
  'products added': 1,
  'products removed': 1,
  'products back again': 1,
};

const counters = new Counters();
let oracle: Oracle;
let engine: Engine;
beforeAll(async () => {
  oracle = await Oracle.open();
  engine = await createEngine({ threads: 1 });
});
afterAll(async () => {
  oracle.close();
  await engine.close();
});

test(`in each of ${SEEDS.length} worlds every answer is DuckDB's`, async () => {
  const wrong: string[] = [];
  for (const seed of SEEDS) {
    try {
      await new World(seed, SIZE, oracle, engine, counters).play();
    } catch (error) {
      wrong.push(
        `World ${seed}: ${(error as Error).message}\nAlone: TENON_WORLD=${seed} npm test -- e2e/src/differential`,
      );
      // A long run goes on, and tells of each.
      if (SEEDS.length < 10) break;
      process.stderr.write(`${wrong.at(-1)}\n`);
    }
  }
  console.info(`differential: ${SEEDS.length} worlds: ${counters.toString()}`);
  expect(wrong).toEqual([]);
}, 86_400_000);

test('the situations did occur', () => {
  if (ASKED !== undefined) return;
  const lacking = Object.entries(LEAST).filter(([what, least]) => counters.of(what) < least);
  expect(lacking.map(([what, least]) => `${what}: ${counters.of(what)}, at least ${least}`)).toEqual([]);
});

function seedsAsked(alone: string | undefined, several: string): [first: number, last: number] {
  if (alone !== undefined) return [Number(alone), Number(alone)];
  const [first, last] = several.split('-').map(Number) as [number, number | undefined];
  return last === undefined ? [1, first] : [first, last];
}
