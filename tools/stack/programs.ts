/** Running programs: to their end, or in the background with a process that is known again later. */
import { spawn, spawnSync } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** A process and when it began: a number alone may belong to another one by now. */
export interface Process {
  readonly pid: number;
  readonly began: string;
}

/** @returns the path of a program on PATH */
export function which(program: string): string | undefined {
  return (process.env['PATH'] ?? '')
    .split(delimiter)
    .map((folder) => join(folder, program))
    .find((path) => existsSync(path));
}

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
}

/** @returns what it printed @throws Error with the end of what it printed */
export function run(program: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: options.timeoutMs ?? 15 * 60_000,
    });
    let output = '';
    const add = (chunk: Buffer) => (output = (output + chunk.toString()).slice(-20_000));
    child.stdout.on('data', add);
    child.stderr.on('data', add);
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve(output);
      else reject(new Error(`${program} ${args.join(' ')} failed (${code}):\n${output.slice(-2_000)}`));
    });
  });
}

/** Starts a program that outlives this one; what it prints goes to the file. */
export function start(
  program: string,
  args: readonly string[],
  logFile: string,
  options: RunOptions = {},
): Process {
  const log = openSync(logFile, 'a');
  const child = spawn(program, args, {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    detached: true,
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  child.on('error', () => undefined);
  child.unref();
  if (child.pid === undefined) throw new Error(`${program} does not start.`);
  return { pid: child.pid, began: beganAt(child.pid) ?? '' };
}

/** When the process began, as the system says it (field 22 of /proc/PID/stat, or ps); null if it is gone. */
function beganAt(pid: number): string | null {
  if (process.platform !== 'linux') {
    return (
      spawnSync('ps', ['-o', 'lstart=', '-p', String(pid)])
        .stdout?.toString()
        .trim() || null
    );
  }
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? null : (fields[19] ?? null);
  } catch {
    return null;
  }
}

export function isRunning({ pid, began }: Process): boolean {
  return beganAt(pid) === began;
}

/** Asks the process to end, and ends it if it does not within `graceMs`. */
export async function stop(one: Process, graceMs = 15_000): Promise<void> {
  if (!isRunning(one)) return;
  process.kill(one.pid, 'SIGTERM');
  const end = performance.now() + graceMs;
  while (isRunning(one) && performance.now() < end) await sleep(50);
  if (isRunning(one)) process.kill(one.pid, 'SIGKILL');
  while (isRunning(one)) await sleep(50);
}

/** @returns the last lines of a log, for an error message */
export function tail(path: string, lines = 15): string {
  return existsSync(path)
    ? readFileSync(path, 'utf8').trimEnd().split('\n').slice(-lines).join('\n')
    : '(no log)';
}
