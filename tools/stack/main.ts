/** npm run stack:up | stack:down | stack:status, and npm run test:real (`main.ts test`). */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { readSettings } from './settings';
import { stackDown, stackEnvironment, stackStatus, stackUp } from './stack';

const ROOT = join(__dirname, '..', '..');
const say = (line: string) => console.error(line);

const USAGE = `usage: npm run stack:up | stack:down | stack:status [-- --json]
  TENON_KAFKA_BROKERS, TENON_NATS_URL, TENON_MONGODB_URL   servers to use instead of starting them
  TENON_STACK_KAFKA_PORT, …_NATS_PORT, …_MONGODB_PORT      ports to start them on (0: any free one)
  TENON_STACK_DIR                                          data and logs of what runs (default: a temp directory)`;

async function up(): Promise<number> {
  const { urls } = await stackUp(readSettings(), say);
  for (const [name, url] of Object.entries(stackEnvironment(urls))) console.log(`export ${name}='${url}'`);
  return 0;
}

async function status(args: readonly string[]): Promise<number> {
  const parts = await stackStatus(readSettings());
  if (args.includes('--json')) console.log(JSON.stringify(parts, null, 2));
  else
    for (const { part, origin, url, problem } of parts)
      console.log(`${part.padEnd(8)} ${problem ?? 'up'}${url === null ? '' : `  ${url} (${origin})`}`);
  return parts.every(({ problem }) => problem === null) ? 0 : 1;
}

/** The suites that need servers: the contracts of the adapters that talk to them, and every `*.real.spec.ts`. */
const REAL_SUITES = ['libs/adapters/(kafka|nats|mongodb)/.*\\.contract\\.spec\\.ts$', '\\.real\\.spec\\.ts$'];

async function test(args: readonly string[]): Promise<number> {
  const settings = readSettings();
  const { urls, started } = await stackUp(settings, say);
  // Jest ends by itself; what was started is stopped all the same.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => undefined);
  try {
    const jest = join(ROOT, 'node_modules', '.bin', 'jest');
    const { status: code } = spawnSync(jest, [...(args.length > 0 ? args : REAL_SUITES), '--runInBand'], {
      cwd: ROOT,
      stdio: 'inherit',
      env: {
        ...process.env,
        ...stackEnvironment(urls),
        NX_DAEMON: 'false',
        NODE_OPTIONS: '--disable-warning=ExperimentalWarning',
      },
    });
    return code ?? 1;
  } finally {
    await stackDown(settings, say, started);
  }
}

async function main([command, ...args]: readonly string[]): Promise<number> {
  switch (command) {
    case 'up':
      return up();
    case 'down':
      await stackDown(readSettings(), say);
      return 0;
    case 'status':
      return status(args);
    case 'test':
      return test(args);
    default:
      console.error(USAGE);
      return 2;
  }
}

main(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  },
);
