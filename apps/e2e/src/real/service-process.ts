/** One service as a process of its own, started as an orchestrator would: by its command and its environment. */
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { ServiceName } from '@tenon/composition';

const CHECKOUT = join(__dirname, '../../../..');

export type LogLine = Readonly<Record<string, unknown>> & { readonly level: string; readonly msg: string };

export class ServiceProcess {
  private readonly ended: Promise<number | null>;

  private constructor(
    readonly service: ServiceName,
    private readonly child: ChildProcess,
    readonly url: string,
    readonly log: readonly LogLine[],
  ) {
    this.ended =
      child.exitCode === null
        ? once(child, 'exit').then(([code]) => code as number | null)
        : Promise.resolve(child.exitCode);
  }

  /**
   * @param checkout of which release; this one
   * @returns once it is ready. @throws if it ends before, with what it said
   */
  static async start(
    service: ServiceName,
    settings: Readonly<Record<string, string>>,
    checkout = CHECKOUT,
  ): Promise<ServiceProcess> {
    const child = spawn(process.execPath, [join(checkout, 'tools/service.js'), service], {
      env: { ...environment(), ...settings, TENON_PORT: '0' },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const log: LogLine[] = [];
    const said: string[] = [];
    const url = await new Promise<string>((resolve, reject) => {
      createInterface(child.stderr).on('line', (line) => {
        said.push(line);
        if (!line.startsWith('{')) return;
        const entry = JSON.parse(line) as LogLine;
        log.push(entry);
        if (entry.msg === 'up') resolve(String(entry['url']));
      });
      child.once('exit', (code) => reject(new Error(`${service} ended with ${code}: ${said.join('\n')}`)));
    });
    return new ServiceProcess(service, child, url, log);
  }

  get pid(): number {
    return this.child.pid as number;
  }

  /** Resolves with the exit code, whoever ended it; null: a signal. */
  get exit(): Promise<number | null> {
    return this.ended;
  }

  /** As a machine that swaps, or a virtual one that is moved: it knows of nothing. */
  freeze(): void {
    this.child.kill('SIGSTOP');
  }

  hangup(): void {
    this.child.kill('SIGHUP');
  }

  thaw(): void {
    this.child.kill('SIGCONT');
  }

  /** As the machine's failure would. */
  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.ended;
  }

  /** As an orchestrator does. @returns the exit code */
  async stop(): Promise<number | null> {
    this.child.kill('SIGTERM');
    return this.ended;
  }
}

/** Settings of whoever runs the tests are not those of the process. */
function environment(): NodeJS.ProcessEnv {
  const others = Object.entries(process.env).filter(
    ([name]) => !name.startsWith('TENON_') && !name.startsWith('JEST') && name !== 'NODE_OPTIONS',
  );
  return { ...Object.fromEntries(others), TENON_ENGINE_THREADS: '1' };
}
