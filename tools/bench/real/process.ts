/** Processes under test: each is started as it is deployed, and its CPU time is that of it and all its children. */
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, readdirSync } from 'node:fs';
import { createInterface } from 'node:readline';

/** Linux counts CPU time in hundredths of a second, whatever the kernel's own clock (USER_HZ). */
const TICKS = 100;

/** What was spent on some work. */
export interface Spent {
  /** CPU seconds, user and system, of the whole process tree. */
  readonly cpu: number;
  /** Wall seconds. */
  readonly wall: number;
}

/** A line that a process under test has said, on either stream. */
type Listener = (line: string) => void;

export interface StartOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

export class TestedProcess {
  private readonly listeners = new Set<Listener>();
  private readonly said: string[] = [];
  private readonly ended: Promise<void>;
  private hasEnded = false;

  private constructor(
    readonly name: string,
    private readonly child: ChildProcess,
  ) {
    this.ended = once(child, 'exit').then(() => {
      this.hasEnded = true;
    });
    for (const stream of [child.stdout, child.stderr])
      if (stream !== null) createInterface(stream).on('line', (line) => this.hear(line));
  }

  static start(
    name: string,
    command: string,
    args: readonly string[],
    options: StartOptions = {},
  ): TestedProcess {
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: { ...inherited(), ...options.env },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    RUNNING.add(child);
    child.once('exit', () => RUNNING.delete(child));
    return new TestedProcess(name, child);
  }

  get pid(): number {
    return this.child.pid as number;
  }

  private hear(line: string): void {
    this.said.push(line);
    if (this.said.length > 40) this.said.shift();
    for (const listener of this.listeners) listener(line);
  }

  /** Writes a line to its standard input. */
  tell(line: string): void {
    this.child.stdin?.write(`${line}\n`);
  }

  /** @returns the first line, said from now on, that `pick` makes something of. @throws if the process ends before */
  line<T>(pick: (line: string) => T | undefined, withinMs = 120_000): Promise<T> {
    return new Promise((resolve, reject) => {
      const done = () => {
        this.listeners.delete(listener);
        clearTimeout(timer);
      };
      const listener = (line: string) => {
        const picked = pick(line);
        if (picked === undefined) return;
        done();
        resolve(picked);
      };
      const fail = (reason: string) => {
        done();
        reject(new Error(`${this.name} ${reason}:\n${this.said.join('\n')}`));
      };
      const timer = setTimeout(() => fail(`said nothing for ${withinMs / 1000} s`), withinMs);
      this.listeners.add(listener);
      void this.ended.then(() => fail('has ended'));
    });
  }

  /** @throws if it has ended, which nothing here expects */
  check(): void {
    if (this.hasEnded) throw new Error(`${this.name} has ended:\n${this.said.join('\n')}`);
  }

  /** CPU seconds of the process, its children that live and those that have ended, since their start. */
  cpu(): number {
    return cpuOfTree(this.pid);
  }

  /** CPU seconds by the names of its threads, those with the most first. */
  threads(): (readonly [name: string, cpu: number])[] {
    const sums = new Map<string, number>();
    for (const task of readdirSync(`/proc/${this.pid}/task`)) {
      const { name, fields } = statOf(`/proc/${this.pid}/task/${task}/stat`);
      const kind = Number(task) === this.pid ? 'main' : name;
      sums.set(kind, (sums.get(kind) ?? 0) + ticks(fields, OWN));
    }
    return [...sums].sort((a, b) => b[1] - a[1]);
  }

  /** The highest resident memory so far, bytes. */
  peakMemory(): number {
    const match = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${this.pid}/status`, 'utf8'));
    return Number(match?.[1] ?? 0) * 1024;
  }

  /** Runs `work` and says what the process spent meanwhile. */
  async measure(work: () => Promise<void>): Promise<Spent> {
    const since = this.meter();
    await work();
    return since();
  }

  /** @returns a function that says what was spent since. */
  meter(): () => Spent {
    const cpu = this.cpu();
    const began = performance.now();
    return () => ({ cpu: this.cpu() - cpu, wall: (performance.now() - began) / 1000 });
  }

  /** As an orchestrator ends it; after `graceMs` at once. */
  async stop(graceMs = 30_000): Promise<void> {
    if (this.hasEnded) return;
    this.child.kill('SIGTERM');
    const timer = setTimeout(() => this.child.kill('SIGKILL'), graceMs);
    await this.ended;
    clearTimeout(timer);
  }
}

const RUNNING = new Set<ChildProcess>();

/** Nothing that was started outlives the run, however it ends. */
process.once('exit', () => {
  for (const child of RUNNING) child.kill('SIGKILL');
});

/** Settings of whoever runs the benchmark are not those of the process. */
function inherited(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !/^(TENON_|JEST|NODE_OPTIONS$|TSX_|npm_|ESBUILD)/.test(name),
    ),
  );
}

/** Places in /proc/PID/stat after the name: utime, stime; and those of children that have ended. */
const OWN = [11, 12] as const;
const ENDED_CHILDREN = [13, 14] as const;

const ticks = (fields: readonly string[], places: readonly number[]) =>
  places.reduce((sum, place) => sum + Number(fields[place]), 0) / TICKS;

function statOf(path: string): { name: string; fields: string[] } {
  const stat = readFileSync(path, 'utf8');
  const end = stat.lastIndexOf(')');
  return { name: stat.slice(stat.indexOf('(') + 1, end), fields: stat.slice(end + 2).split(' ') };
}

/** CPU seconds of a process and all below it; 0 if it is gone. */
export function cpuOfTree(pid: number): number {
  try {
    let sum = ticks(statOf(`/proc/${pid}/stat`).fields, [...OWN, ...ENDED_CHILDREN]);
    for (const task of readdirSync(`/proc/${pid}/task`))
      for (const child of readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' '))
        if (child !== '') sum += cpuOfTree(Number(child));
    return sum;
  } catch {
    return 0;
  }
}
