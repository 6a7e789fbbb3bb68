/**
 * A small world: some lanes whose log is written (see script.ts), a store, and workers that are about to change it. A state
 * is what the store holds and what the workers know; a step is one transaction of the store, or a worker that begins anew
 * from what it reads there. Every step asks the rules what to do; nothing here decides.
 */
import type { Generation } from '../../numbers';
import type { EpochCursor } from '../cuts';
import type { CellVersion } from '../fold';
import type { LandedEpoch, Move, Pointer, RangeHead } from '../pointer';
import { emptyPointer } from '../pointer';
import type { RangeAccount } from '../slices';
import type { Flush } from './layers';
import { cursorsOf, flushesOf } from './layers';
import type { Place } from './oracle';
import { placesOf } from './oracle';
import { Pool } from './pool';
import type { Rules } from './rules';
import type { ScriptRecord, Tally } from './script';
import { CELLS, readScripts } from './script';

export interface WorldPlan {
  readonly name: string;
  /** One text for each lane, see script.ts. */
  readonly lanes: readonly string[];
  /** Of the dedupe rule. */
  readonly window?: number;
  /** `fine`: speed may flush at each record; else at barriers and at the end, where the world is about something else. */
  readonly fine?: boolean;
  /** Batch runs that are under way at once; each may be forgotten for a new one at any time. */
  readonly runs?: number;
  /** Lines that full runs may begin. */
  readonly lines?: number;
  /** A range is one slice that lands in parts, not a slice for each cell. */
  readonly parts?: boolean;
  /** Batch does not look at the pointer's definition and generation before it runs; the landing zone does. */
  readonly careless?: boolean;
  /** Consumption instances that fold closed epochs, Kappa's. */
  readonly folders?: number;
  /**
   * Base and speed are in stores of their own: whoever has read an earlier pointer, a reader with its base view or the
   * landing of speed, goes by it for a grace.
   */
  readonly separate?: boolean;
  readonly prune?: boolean;
}

/** An epoch of a lane as it has landed: its progress and its cells. */
export interface SpeedEpoch extends LandedEpoch {
  readonly tally: Tally;
}

/** A run of batch: what it emits, fixed by what it read at its start, and what has landed of it. */
export interface Run {
  readonly head: RangeHead;
  readonly move: Move;
  readonly tally: Tally;
  readonly account: RangeAccount;
  /** How many parts of a slice that lands in parts have landed. */
  readonly parts: number;
}

/** A fold of Kappa: what one snapshot gave it, and how far it is. */
export interface Folding {
  readonly line: number;
  readonly from: Generation;
  readonly to: Generation;
  /** Whether a row is amended is not looked at here. */
  readonly times: null;
  readonly move: Move;
  readonly tally: Tally;
  /** Cells that are still to be folded. */
  readonly left: readonly number[];
}

export type Worker = Run | Folding | null;

/** A state: numbers of parts, at the places that `World.at` names. */
export type State = readonly number[];

/** Takes a step to a state; the label says what it is. @throws Violation where the step itself breaks a promise */
export type Visit = (label: string, next: State) => void;

/** A promise is broken. */
export class Violation extends Error {}

export const HASH = 'the definition';
export const OTHER_HASH = 'another definition';

export class World {
  readonly scripts: readonly (readonly ScriptRecord[])[];
  readonly window: number;
  readonly places: readonly (readonly Place[])[];
  readonly flushes: readonly (readonly Flush[])[];
  /** Where the epochs of each lane begin, as batch's archive knows them. */
  readonly cursors: readonly (readonly EpochCursor[])[];
  /** The newest cut that is complete. */
  readonly lastCut: Generation;

  readonly pointers = new Pool<Pointer>();
  readonly stores = new Pool<readonly SpeedEpoch[]>();
  readonly cells = new Pool<readonly CellVersion[]>();
  /** Number 0 is nobody. */
  readonly workers = new Pool<Worker>();

  /** Places in a state. */
  readonly at: {
    readonly pointer: 0;
    readonly held: 1;
    readonly lane: 2;
    readonly cell: number;
    readonly worker: number;
  };
  readonly width: number;

  constructor(
    readonly rules: Rules,
    readonly plan: WorldPlan,
  ) {
    this.scripts = readScripts(plan.lanes);
    this.window = plan.window ?? 0;
    this.places = this.scripts.map((script) => placesOf(script, this.window));
    this.flushes = this.scripts.map((script) => flushesOf(rules, script, this.window, plan.fine === true));
    this.cursors = this.scripts.map((script) => cursorsOf(rules, script, this.window));
    this.lastCut = Math.min(...this.cursors.map((cursors) => cursors.at(-1)?.epoch ?? 0));
    this.workers.numberOf(null);
    const cell = 2 + this.scripts.length;
    const worker = cell + CELLS.length * ((plan.lines ?? 0) + 1);
    this.at = { pointer: 0, held: 1, lane: 2, cell, worker };
    this.width = worker + (plan.runs ?? 0) + (plan.folders ?? 0);
  }

  /** Where a cell of a line stands in a state. */
  cellAt(line: number, cell: number): number {
    return this.at.cell + line * CELLS.length + cell;
  }

  get laneCount(): number {
    return this.scripts.length;
  }

  initial(): State {
    const state = new Array<number>(this.width).fill(0);
    state[this.at.pointer] = state[this.at.held] = this.pointers.numberOf(emptyPointer(HASH));
    state.fill(this.stores.numberOf([]), this.at.lane, this.at.cell);
    state.fill(this.cells.numberOf([]), this.at.cell, this.at.worker);
    state.fill(this.workers.numberOf(null), this.at.worker);
    return state;
  }

  /** Workers of a kind are alike, so a state with two of them exchanged is the same: they stand in order. */
  ordered(state: number[]): State {
    const { worker } = this.at;
    for (let i = worker + 1; i < state.length; i++)
      for (let j = i; j > worker && (state[j - 1] as number) > (state[j] as number); j--)
        [state[j - 1], state[j]] = [state[j] as number, state[j - 1] as number];
    return state;
  }
}

/** The changes by which a pointer moves: where it is held, those who have read the one before, or an earlier one, still do. */
export function pointerMoves(world: World, state: State, moved: number): (readonly [number, number])[][] {
  const { pointer, held } = world.at;
  if (world.plan.separate !== true)
    return [
      [
        [pointer, moved],
        [held, moved],
      ],
    ];
  const holders = new Set([state[pointer] as number, state[held] as number]);
  return [...holders].map((by) => [
    [pointer, moved],
    [held, by],
  ]);
}

/** The state with some places changed. */
export function withParts(
  state: State,
  changes: readonly (readonly [place: number, part: number])[],
): number[] {
  const next = state.slice();
  for (const [place, part] of changes) next[place] = part;
  return next;
}
