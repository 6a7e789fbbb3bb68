/** Servers of a suite's own, which it may end and start again on their data without anybody else's noticing. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { eventually } from '@tenon/testing';

export type ServerName = 'kafka' | 'mongodb' | 'nats';

interface State {
  readonly [server: string]: {
    readonly url: string;
    readonly processes: readonly { readonly pid: number }[];
  };
}

const CHECKOUT = join(__dirname, '../../../..');
const run = promisify(execFile);

export class OwnStack {
  private readonly home = mkdtempSync(join(tmpdir(), 'tenon-own-stack-'));
  private readonly directory = join(this.home, 'run');

  /** Starts what is missing, and returns once it answers. */
  up(): Promise<void> {
    return this.command('up');
  }

  async end(): Promise<void> {
    await this.command('down');
    rmSync(this.home, { recursive: true, force: true });
  }

  private async command(name: 'up' | 'down'): Promise<void> {
    const others = Object.entries(process.env).filter(
      ([key]) => !key.startsWith('TENON_') && key !== 'NODE_OPTIONS',
    );
    const env = {
      ...Object.fromEntries(others),
      TENON_STACK_DIR: this.directory,
      ...{ TENON_STACK_KAFKA_PORT: '0', TENON_STACK_NATS_PORT: '0', TENON_STACK_MONGODB_PORT: '0' },
    };
    await run(process.execPath, ['tools/run.js', 'tsx', 'tools/stack/main.ts', name], { cwd: CHECKOUT, env });
  }

  private get state(): State {
    return JSON.parse(readFileSync(join(this.directory, 'state.json'), 'utf8')) as State;
  }

  /** False where servers run in containers: these are not ended here. */
  get canEnd(): boolean {
    return Object.values(this.state).every(({ processes }) => processes.length > 0);
  }

  /** The settings that name the servers. */
  settings(database: string): Record<string, string> {
    const { kafka, nats, mongodb } = this.state;
    const url = new URL(mongodb?.url ?? '');
    url.pathname = `/${database}`;
    return {
      TENON_KAFKA_BROKERS: kafka?.url ?? '',
      TENON_NATS_URL: nats?.url ?? '',
      TENON_MONGODB_URL: url.href,
    };
  }

  /** As its machine's failure would. */
  async kill(server: ServerName): Promise<void> {
    const { processes = [] } = this.state[server] ?? {};
    for (const { pid } of processes) {
      process.kill(pid, 'SIGKILL');
      await eventually(`${server} is gone`, () => isGone(pid));
    }
  }
}

function isGone(pid: number): boolean {
  try {
    // One that has ended and that nobody has waited for is gone too.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).startsWith('Z');
  } catch {
    return true;
  }
}
