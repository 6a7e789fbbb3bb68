/** What an answer says of itself and of its rows (promise 7). */
import type { PlanWindow } from './plan';
import { windowEnd } from './window-times';

export type CellStatus = 'final' | 'provisional' | 'amended';
export type AnswerState = 'final' | 'provisional' | 'incomplete';

/**
 * A window is over at a cut if it ended by then. A running total is never over.
 *
 * @param watermark see `watermarkAt`
 */
export function isOver(window: PlanWindow | null, start: unknown, watermark: number | null): boolean {
  if (window === null || watermark === null || typeof start !== 'string') return false;
  return windowEnd(window, start) <= watermark;
}

/** A row's status, from where its states came. */
export function cellStatus(cell: {
  readonly inBase: boolean;
  readonly inSpeed: boolean;
  /** The base view's version is marked as an amendment. */
  readonly amended: boolean;
  /** The window was over at the cut. */
  readonly over: boolean;
}): CellStatus {
  if (cell.inBase && cell.over && (cell.inSpeed || cell.amended)) return 'amended';
  return cell.over && !cell.inSpeed ? 'final' : 'provisional';
}

/**
 * The whole answer's status: `incomplete` if something that it should hold is known to be missing, `final` if nothing
 * but a late event can change it.
 */
export function answerStatus(answer: {
  readonly missing: boolean;
  readonly behind: number;
  readonly rows: Iterable<CellStatus>;
}): AnswerState {
  if (answer.missing) return 'incomplete';
  if (answer.behind > 0) return 'provisional';
  for (const status of answer.rows) if (status === 'provisional') return 'provisional';
  return 'final';
}
