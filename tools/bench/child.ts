/** Benchmarks run the measured part in a process of its own, so that its CPU time is its own. */
import { type ChildProcess, fork } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Checkout } from './checkout';

export interface Usage {
  /** CPU seconds, user and system, all threads. */
  readonly cpu: number;
  /** Wall seconds. */
  readonly wall: number;
}

export class Child {
  private constructor(
    private readonly process: ChildProcess,
    /** What the child said when it was ready. */
    readonly ready: Record<string, unknown>,
  ) {}

  /**
   * Starts `tools/bench/children/<name>.ts` and waits for its first message.
   *
   * @param checkout whose libraries it imports; absent: those of this checkout
   */
  static async start(name: string, args: readonly string[], checkout?: Checkout): Promise<Child> {
    const child = fork(join(__dirname, 'children', `${name}.ts`), [...args], {
      env: {
        ...process.env,
        UV_THREADPOOL_SIZE: '16',
        // The paths of `@tenon/*`, wherever the importing file is.
        ...(checkout && { TSX_TSCONFIG_PATH: join(checkout.directory, 'tsconfig.json') }),
      },
      ...(checkout && { cwd: checkout.directory }),
      execArgv: ['--import', 'tsx', ...(process.env.BENCH_NODE_ARGS?.split(' ') ?? [])],
    });
    const ready = await new Promise<Record<string, unknown>>((resolve, reject) => {
      child.once('message', (message) => resolve(message as Record<string, unknown>));
      child.once('exit', (code) => reject(new Error(`${name} ended with ${code}`)));
    });
    return new Child(child, ready);
  }

  /** Asks and waits for the next message. */
  ask(command: string | object): Promise<Record<string, unknown>> {
    return new Promise((resolve) => {
      this.process.once('message', (message) => resolve(message as Record<string, unknown>));
      this.process.send(command);
    });
  }

  /** CPU seconds of the child since it started. */
  cpu(): number {
    const fields = readFileSync(`/proc/${this.process.pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    return (Number(fields[11]) + Number(fields[12])) / 100;
  }

  /** Anonymous memory (heap, buffers, engine; not mapped files), bytes. */
  rssAnon(): number {
    const match = /RssAnon:\s+(\d+) kB/.exec(readFileSync(`/proc/${this.process.pid}/status`, 'utf8'));
    return Number(match?.[1] ?? 0) * 1024;
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.process.once('exit', resolve));
    this.process.kill('SIGTERM');
    await ended;
  }

  /** Runs `work` and says what the child spent meanwhile. */
  async measure(work: () => Promise<void>): Promise<Usage> {
    const cpu = this.cpu();
    const began = performance.now();
    await work();
    return { cpu: this.cpu() - cpu, wall: (performance.now() - began) / 1000 };
  }
}

export const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;

export const quantile = (values: readonly number[], q: number): number =>
  [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * q))] ?? NaN;
