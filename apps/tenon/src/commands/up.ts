/** `tenon up`: all five services in one process. */
import type { Command } from 'commander';
import { Option } from 'commander';
import { lazy } from '../cli/lazy';
import type { Interval } from '../cli/options';
import { command, integerIn, interval, jsonOption, millisecondsOf } from '../cli/options';
import type { Output } from '../cli/output';
import { printJson, styles } from '../cli/output';
import { endInTime, untilInterrupted } from '../cli/signals';

const EXAMPLES = [
  ['tenon up', 'the catalog in ./catalog, data in ./.tenon, port 7070'],
  ['tenon up --catalog my --data /var/lib/tenon', 'other directories'],
  ['tenon up --cut-every 5m --log-level warn', 'a cut each five minutes, a quiet log'],
] as const;

interface UpOptions {
  readonly catalog?: string;
  readonly data?: string;
  readonly port?: number;
  readonly host?: string;
  readonly insecure?: boolean;
  readonly cutEvery?: Interval;
  readonly logLevel?: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  readonly json?: boolean;
}

export function upCommand(output: Output): Command {
  return command('up', 'Start all of Tenon in one process', EXAMPLES)
    .option('--catalog <dir>', 'The catalog directory (or TENON_CATALOG; default: catalog)')
    .option('--data <dir>', 'Where everything durable is kept (or TENON_DATA; default: .tenon)')
    .option(
      '--port <n>',
      'The HTTP port; 0 takes a free one (or TENON_PORT; default: 7070)',
      integerIn(0, 65_535),
    )
    .option('--host <address>', 'The address to listen on (or TENON_HOST; default: 127.0.0.1)')
    .option('--insecure', 'Let in everybody who reaches the address, without tokens (or TENON_INSECURE=on)')
    .option(
      '--cut-every <time>',
      'Time between cuts, e.g. 30s or 5m, or off (or TENON_CUT_EVERY; default: 60s)',
      interval,
    )
    .addOption(
      new Option(
        '--log-level <level>',
        'How much is logged, to standard error (or TENON_LOG_LEVEL; default: info, on a terminal warn)',
      ).choices(['debug', 'info', 'warn', 'error', 'silent']),
    )
    .addOption(jsonOption('Print { url, data, products } as JSON once it is up'))
    .action(async ({ json, cutEvery, ...options }: UpOptions) => {
      const { runUp } = lazy.up();
      const interrupted = untilInterrupted();
      const up = await runUp({
        ...options,
        ...(cutEvery !== undefined && { cutEvery: millisecondsOf(cutEvery) }),
        ...(output.err.isTTY === true && { terminal: output.err }),
      });
      reloadOnHangup(up);
      const { url, data, products } = up;
      if (json) printJson({ url, data, products }, output);
      else printUp(up, output);
      await interrupted;
      if (!json) output.out.write('Ending: what was accepted is being written down ...\n');
      await endInTime(up.stop);
    });
}

function reloadOnHangup({ reload }: { readonly reload: () => Promise<unknown> }): void {
  lazy.runtime().onHangup({ events: process, reload, end: () => process.kill(process.pid, 'SIGTERM') });
}

function printUp(
  { url, data, products }: { url: string; data: string; products: readonly string[] },
  { out }: Output,
): void {
  const { bold, dim } = styles(out);
  out.write(`Tenon is up: ${bold(url)}\n`);
  out.write(`  products  ${products.join(', ') || dim('none')}\n`);
  out.write(`  data      ${data}\n`);
  out.write(`  ${dim('Ctrl-C ends it; nothing that was accepted is lost.')}\n`);
}
