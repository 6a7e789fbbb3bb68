/** What runs, written down after each start so that another run can find it and stop it. */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Process } from './programs';
import type { PartName } from './settings';

export interface PartState {
  readonly url: string;
  readonly port: number;
  readonly origin: 'compose' | 'local';
  readonly processes: readonly Process[];
}

export type StackState = Partial<Record<PartName, PartState>>;

const fileOf = (run: string) => join(run, 'state.json');

export function readState(run: string): StackState {
  return existsSync(fileOf(run)) ? (JSON.parse(readFileSync(fileOf(run), 'utf8')) as StackState) : {};
}

/** @param state null: the part is gone */
export function noteState(run: string, part: PartName, state: PartState | null): void {
  const { [part]: _, ...others } = readState(run);
  mkdirSync(run, { recursive: true });
  const next = `${fileOf(run)}.new`;
  writeFileSync(next, JSON.stringify(state === null ? others : { ...others, [part]: state }, null, 2));
  renameSync(next, fileOf(run));
  if (state === null) rmSync(join(run, part), { recursive: true, force: true });
  if (state === null && Object.keys(others).length === 0) rmSync(run, { recursive: true, force: true });
}
