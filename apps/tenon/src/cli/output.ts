/** Where a command writes: results to `out`, everything else (progress, problems) to `err`. */
import type { Problem } from '@tenon/domain';
import type { Failure } from './failure';

export interface Sink {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
}

export interface Output {
  readonly out: Sink;
  readonly err: Sink;
  /** What the command ends with, where it has a result and yet failed. */
  exitCode: 0 | 1 | 2 | 3;
}

export const standardOutput = (): Output => ({ out: process.stdout, err: process.stderr, exitCode: 0 });

/** Bold, dim, red ... where a terminal shows them and nobody asked for plain text (https://no-color.org). */
export function styles(
  sink: Sink,
): Readonly<Record<'bold' | 'dim' | 'red' | 'green' | 'yellow', (text: string) => string>> {
  const coloured = sink.isTTY === true && !process.env['NO_COLOR'];
  const style = (open: number, close: number) => (text: string) =>
    coloured ? `\u001b[${open}m${text}\u001b[${close}m` : text;
  return {
    bold: style(1, 22),
    dim: style(2, 22),
    red: style(31, 39),
    green: style(32, 39),
    yellow: style(33, 39),
  };
}

/** A problem for people: where, what, how to mend it. */
export function describeProblem(problem: Problem, sink: Sink): string {
  const { bold, dim } = styles(sink);
  const { file, line, column } = problem.place ?? {};
  const at = [file, line, column].filter((part) => part !== undefined).join(':');
  const lines = [`${at === '' ? '' : `${bold(at)}  `}${problem.message} ${dim(`[${problem.code}]`)}`];
  if (problem.hint !== undefined) lines.push(...problem.hint.split('\n').map((text) => `  ${text}`));
  return `${lines.join('\n')}\n`;
}

/** Prints what ended a command: for people, or one JSON object. */
export function printFailure(failure: Failure, json: boolean, { err }: Output): void {
  if (json) {
    err.write(`${JSON.stringify({ problems: failure.problems })}\n`);
    return;
  }
  const { red } = styles(err);
  for (const problem of failure.problems) err.write(`${red('error')} ${describeProblem(problem, err)}`);
}

export const printJson = (value: unknown, { out }: Output) => out.write(`${JSON.stringify(value)}\n`);

/** 1234567 → 1,234,567: the same in every locale. */
export const grouped = (count: number) => String(Math.round(count)).replace(/\B(?=(\d{3})+$)/g, ',');

export function seconds(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  const total = ms / 1000;
  return total < 100 ? `${total.toFixed(1)} s` : `${Math.floor(total / 60)} min ${Math.round(total % 60)} s`;
}
