/**
 * The worlds that are explored. Each is about some parts of the protocol and keeps the others as simple as they can be.
 *
 * Products do not meet in a store: each has its keys, so each world holds one. What a second one does to it is done by speed,
 * which replays from the older of their cuts: flushes behind the pointer, which every world has.
 *
 * Not here: lanes that are added to a product, and whether a row is marked as amended (fold.spec.ts).
 */
import type { WorldPlan } from './world';

export const WORLDS = {
  lambda: {
    name: 'two lanes, of which one skips an epoch; speed in small flushes, batch incremental and in full',
    lanes: ['a1 |1 b1 a1 |2', 'b2 |2 b2'],
    window: 2,
    fine: true,
    runs: 1,
    lines: 1,
    prune: true,
  },
  runs: {
    name: 'incremental, full and zombie runs side by side, a slice for each cell',
    lanes: ['a1 b1 |1 a2 b2 |2'],
    runs: 2,
    lines: 1,
    prune: true,
  },
  parts: {
    name: 'the same, where slices land in parts',
    lanes: ['a1 b1 |1 a2 b2 |2'],
    runs: 2,
    lines: 1,
    parts: true,
    prune: true,
  },
  lines: {
    name: 'full runs one after the other, and zombies of those before',
    lanes: ['a1 |1 a2 |2'],
    runs: 2,
    lines: 2,
    prune: true,
  },
  cuts: {
    name: 'three cuts, where runs overtake each other',
    lanes: ['a1 b1 |1 a2 |2 b2 |3'],
    runs: 2,
    prune: true,
  },
  lanes: {
    name: 'two lanes and two runs',
    lanes: ['b1 |1 a1 |2', 'b2 |2 a3'],
    runs: 2,
    lines: 1,
    prune: true,
  },
  careless: {
    name: 'a batch that does not look at the definition and the generation that are served',
    lanes: ['a1 b1 |1 a2 b2 |2'],
    runs: 2,
    careless: true,
  },
  separate: {
    name: 'layers in stores of their own, where an earlier pointer is gone by for a grace',
    lanes: ['a1 |1 b2 |2 a3', 'b3 |2 a4'],
    runs: 1,
    lines: 1,
    separate: true,
    prune: true,
  },
  kappa: {
    name: 'two lanes with barriers that skip, two instances that fold',
    lanes: ['a1 b1 |1 b1 a4 |2 a2 |3 a9', 'b2 |2 |1 a3 |3 b7'],
    window: 3,
    fine: true,
    folders: 2,
    prune: true,
  },
  'kappa of three': {
    name: 'three instances that fold',
    lanes: ['b1 |1 a4 |2 a2 |3 a9', 'b2 |2 |1 a3 b5 |3 b7 a8'],
    fine: true,
    folders: 3,
    prune: true,
  },
} as const satisfies Readonly<Record<string, WorldPlan>>;

export type WorldName = keyof typeof WORLDS;
