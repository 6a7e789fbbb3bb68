/** `tenon up` as a process of its own, to be killed. */
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const CHECKOUT = join(__dirname, '../../../..');

export interface TenonProcessOptions {
  /** Of which release; this one. */
  readonly checkout?: string;
  readonly cutEvery?: string;
  /** Settings beside those of every run. */
  readonly settings?: Readonly<Record<string, string>>;
}

export class TenonProcess {
  private constructor(
    private readonly child: ChildProcess,
    readonly url: string,
    private readonly errors: string[],
  ) {}

  /** @throws if it ends before it is up, with what it said */
  static async start(
    catalog: string,
    data: string,
    { checkout = CHECKOUT, cutEvery = '400ms', settings = {} }: TenonProcessOptions = {},
  ): Promise<TenonProcess> {
    const args = ['up', '--json', '--port', '0', '--catalog', catalog, '--data', data];
    const bin = join(checkout, 'apps/tenon/bin/tenon.js');
    const child = spawn(process.execPath, [bin, ...args, '--cut-every', cutEvery, '--log-level', 'error'], {
      env: { ...environment(), ...settings },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const errors: string[] = [];
    child.stderr.on('data', (bytes: Buffer) => errors.push(bytes.toString()));
    const text = await new Promise<string>((resolve, reject) => {
      let json = '';
      createInterface(child.stdout).on('line', (line) => {
        json += line;
        if (isWhole(json)) resolve(json);
      });
      child.once('exit', (code) => reject(new Error(`tenon up ended with ${code}: ${errors.join('')}`)));
    });
    return new TenonProcess(child, (JSON.parse(text) as { url: string }).url, errors);
  }

  async kill(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const gone = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await gone;
  }

  /** Ends it as Ctrl-C does. @returns the exit code */
  async stop(): Promise<number | null> {
    const gone = once(this.child, 'exit');
    this.child.kill('SIGINT');
    return ((await gone) as [number | null])[0];
  }

  get pid(): number {
    return this.child.pid as number;
  }

  /** What it logged as errors. */
  get complaints(): string {
    return this.errors.join('');
  }
}

function isWhole(json: string): boolean {
  try {
    JSON.parse(json);
    return true;
  } catch {
    return false;
  }
}

/** Settings of whoever runs the tests are not those of the process. */
function environment(): NodeJS.ProcessEnv {
  const others = Object.entries(process.env).filter(
    ([name]) => !name.startsWith('TENON_') && !name.startsWith('JEST') && name !== 'NODE_OPTIONS',
  );
  return { ...Object.fromEntries(others), TENON_ENGINE_THREADS: '1' };
}
