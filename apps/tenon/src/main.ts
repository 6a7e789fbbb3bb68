/** The `tenon` command. Exit codes: 0 done, 1 failed, 2 called wrongly. */
import { CommanderError } from 'commander';
import { toFailure } from './cli/failure';
import type { Output } from './cli/output';
import { printFailure, standardOutput } from './cli/output';
import { createProgram } from './cli/program';
import { cutOffIfStuck, noteProblems } from './cli/stuck';

/** Runs one command line. @returns the exit code */
export async function main(args: readonly string[], output: Output = standardOutput()): Promise<number> {
  const program = createProgram(output);
  try {
    await program.parseAsync([...args], { from: 'user' });
    return output.exitCode;
  } catch (error) {
    // Commander has printed its own: help and version are no failure, everything else is a wrong call.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    const failure = toFailure(error);
    noteProblems(failure.problems);
    printFailure(failure, args.includes('--json'), output);
    return failure.exitCode;
  }
}

if (process.env['JEST_WORKER_ID'] === undefined) {
  // `tenon query ... | head` closes our output early; that is no failure.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
  void main(process.argv.slice(2)).then((code) => {
    process.exitCode = code;
    cutOffIfStuck();
  });
}
