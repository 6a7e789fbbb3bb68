/**
 * `npm start`: all of Tenon with the example catalog, fed with real flights. The first of them are loaded as history,
 * then a cut gives them to the batch layer, and the rest are replayed as live traffic.
 */
import { join } from 'node:path';
import { Command, CommanderError, Option } from 'commander';
import { Client } from '../cli/client';
import { toFailure } from '../cli/failure';
import { lazy } from '../cli/lazy';
import type { Interval } from '../cli/options';
import { integerIn, interval, numberAbove, millisecondsOf } from '../cli/options';
import type { Output } from '../cli/output';
import { printFailure, standardOutput } from '../cli/output';
import { endInTime, interruptSignal } from '../cli/signals';
import { openFlights } from './flights';
import { loadHistory } from './history';
import { createLogFile } from './log-file';
import { freePort } from './port';
import { replay } from './replay';
import { sayHistoryDone, sayStart, sayUp } from './say';
import { createTicker } from './ticker';

const ROOT = join(__dirname, '../../../..');

export interface DemoOptions {
  readonly speed: number;
  readonly history: number;
  readonly port: number;
  readonly data: string;
  readonly cutEvery: Interval;
}

/** @returns the exit code */
export async function main(args: readonly string[], output: Output = standardOutput()): Promise<number> {
  const program = new Command('npm start --')
    .description('Tenon with the example catalog, fed with real flights')
    .option('--speed <n>', 'How much faster than real time flights take off', numberAbove(0), 900)
    .option(
      '--history <flights>',
      'Flights that are loaded before it goes live',
      integerIn(0, 3_000_000),
      200_000,
    )
    .option('--port <n>', 'The HTTP port', integerIn(0, 65_535), Number(process.env['TENON_PORT'] || 7070))
    .option(
      '--data <dir>',
      'Where everything is kept; remove it to begin anew',
      process.env['TENON_DATA'] || join(ROOT, '.tenon'),
    )
    .addOption(
      new Option('--cut-every <time>', 'Time between cuts, e.g. 30s, or off')
        .argParser(interval)
        .default(30_000, '30s'),
    )
    .exitOverride()
    .configureOutput({
      writeOut: (text) => output.out.write(text),
      writeErr: (text) => output.err.write(text),
    });
  try {
    program.parse([...args], { from: 'user' });
    await demo(program.opts<DemoOptions>(), output, interruptSignal());
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    printFailure(toFailure(error), false, output);
    return 1;
  }
}

async function demo(options: DemoOptions, output: Output, signal: AbortSignal): Promise<void> {
  sayStart(output);
  const { runUp } = lazy.up();
  const flights = await openFlights(join(ROOT, 'node_modules/vega-datasets/data/flights-3m.parquet'));
  const port = await freePort(options.port, output);
  const log = createLogFile(options.data, output);
  const up = await runUp({
    catalog: join(ROOT, 'catalog'),
    data: options.data,
    port,
    cutEvery: millisecondsOf(options.cutEvery),
    logger: log,
  });
  const client = new Client(up.url);
  try {
    sayUp(up.url, output);
    const position = await loadHistory({
      client,
      flights,
      data: options.data,
      count: options.history,
      signal,
      output,
    });
    if (signal.aborted) return;
    sayHistoryDone(up.url, position, options, output);
    const ticker = createTicker(client, output);
    try {
      await replay({ client, flights, data: options.data, position, speed: options.speed, signal, ticker });
    } finally {
      ticker.stop();
    }
  } finally {
    output.out.write('Ending: what was accepted is being written down ...\n');
    client.close();
    await endInTime(up.stop);
    output.out.write(`Ended. \`npm start\` goes on from here; the data is in ${options.data}.\n`);
  }
}
