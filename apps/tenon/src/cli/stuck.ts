/** The end of a command whose planner gave up: DuckDB still computes, and an exit in order would wait for its thread. */
import type { Problem } from '@tenon/domain';

let stuck = false;

/** Problems that a planner has found. */
export function noteProblems(problems: readonly Problem[]): void {
  stuck ||= problems.some(({ code }) => code === 'plan-too-long');
}

/** Ends the process at once, when all is written, if something in it does not end by itself. */
export function cutOffIfStuck(): void {
  if (stuck) process.stdout.write('', () => process.kill(process.pid, 'SIGKILL'));
}
