/** The end of this process. */

/** As a shell has it of a process that was killed. */
export const CUT_OFF = 137;

/**
 * Ends the process with an exit code. `CUT_OFF` ends it without waiting for anything: an exit in order waits for the
 * threads of native code, and a query that does not end would keep it for ever.
 */
export function endProcess(code: number): void {
  if (code === CUT_OFF) process.kill(process.pid, 'SIGKILL');
  else process.exit(code);
}
