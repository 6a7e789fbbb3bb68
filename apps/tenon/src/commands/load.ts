/** `tenon load`: events from files. */
import { decodeReceipt } from '@tenon/contracts';
import type { Command } from 'commander';
import { Option } from 'commander';
import { Client } from '../cli/client';
import type { Failure } from '../cli/failure';
import { usage } from '../cli/failure';
import { lazy } from '../cli/lazy';
import type { LoadedFile } from '../load/load-all';
import type { CommonOptions } from '../cli/options';
import { command, integerIn, jsonOption, urlOption } from '../cli/options';
import type { Output } from '../cli/output';
import { printJson } from '../cli/output';
import { interruptSignal } from '../cli/signals';
import type { FileFormat } from '@tenon/adapters-files';

const EXAMPLES = [
  ['tenon load flights flights.parquet', 'a file; run it again and it goes on where it was'],
  ['tenon load orders 2024-*.csv.gz --quiet', 'several, without a progress bar'],
  [
    'tenon load orders orders.csv --id order_no',
    'rows with an id of their own: another file may bring them again',
  ],
  ['tenon load orders incoming --watch', 'what comes to lie in a folder, from now on until Ctrl-C'],
  ['tenon load orders events.log --format ndjson', 'where the name does not say what it is'],
] as const;

const NOTES = `
Each row becomes one event, whose id is made of the file's content and the row's number: a row that is sent twice counts
once. Lines of NDJSON that are CloudEvents keep their own id. How far a file has come is kept in
$XDG_STATE_HOME/tenon (~/.local/state/tenon). Rejected rows go to <file>.rejected.ndjson, and the exit code is then 1.
With --watch, a file is loaded once it has not changed from one look to the next; write it under another name (or a hidden
one) and move it there, and it is whole from the start.`;

interface Options extends CommonOptions {
  readonly format?: FileFormat;
  readonly batch: number;
  readonly id?: string[];
  readonly quiet?: boolean;
  readonly fromStart?: boolean;
  readonly catalog: string;
  readonly patience: number;
  readonly watch?: boolean;
  readonly pattern?: string;
  readonly every: number;
  readonly share?: number;
}

export function loadCommand(output: Output): Command {
  return command('load', 'Load events from files (NDJSON, CSV, Parquet)', EXAMPLES)
    .argument('<source>', 'Name of the source')
    .argument('<file...>', '.ndjson, .jsonl, .csv, .tsv (each also .gz) or .parquet; with --watch one folder')
    .addOption(
      new Option('--format <format>', 'What the files hold (default: as their names say)').choices([
        'ndjson',
        'csv',
        'parquet',
      ]),
    )
    .option(
      '--id <fields>',
      'Field(s) of the rows that are their ids, separated by commas (default: the file and the row’s number)',
      (text: string) => text.split(','),
    )
    .option('--batch <rows>', 'Rows per request', integerIn(1, 10_000), 5000)
    .option('--watch', 'Load what comes to lie in a folder, until Ctrl-C')
    .option(
      '--pattern <names>',
      "With --watch: which files, e.g. 'orders-*.csv' (default: all that can be told)",
    )
    .option('--every <seconds>', 'With --watch: how often to look', integerIn(1, 86_400), 2)
    .option(
      '--share <percent>',
      'What of the time to send in; the rest is for live events (default: 100, with --watch 50)',
      integerIn(1, 100),
    )
    .option('--quiet', 'No progress, no summary')
    .option('--from-start', 'Forget how far an earlier load of the same file got')
    .option(
      '--patience <seconds>',
      'How long to wait for a Tenon that is away or busy',
      integerIn(0, 86_400),
      60,
    )
    .option(
      '--catalog <dir>',
      'Where the schema is found if the server does not tell it',
      process.env['TENON_CATALOG'] || 'catalog',
    )
    .addOption(jsonOption())
    .addOption(urlOption())
    .addHelpText('after', NOTES)
    .action(async (source: string, files: string[], options: Options) => {
      const { loadAll, jointReceipt, summary } = lazy.loadAll();
      const client = new Client(options.url);
      const { format, batch, catalog, json = false, quiet = false, fromStart = false } = options;
      try {
        const signal = interruptSignal(() =>
          output.err.write('Ending once the rows on their way are answered ...\n'),
        );
        const settings = {
          batch,
          catalog,
          fromStart,
          signal,
          patienceMs: options.patience * 1000,
          quiet: quiet || json || options.watch === true,
          share: options.share ?? (options.watch === true ? 50 : 100),
          ...(format && { format }),
          ...(options.id && { id: options.id }),
        };
        if (options.watch === true) {
          const [folder, ...others] = files;
          if (folder === undefined || others.length > 0) throw usage('With --watch one folder is given.');
          const { pattern } = options;
          const every = { everyMs: options.every * 1000, judges: false, ...(pattern && { pattern }) };
          const told = {
            loaded: (one: LoadedFile) =>
              json ? printJson({ source, ...one }, output) : quiet || output.out.write(summary(one, output)),
            failed: (path: string, { problems }: Failure) =>
              json
                ? printJson({ source, file: path, problems }, output)
                : output.err.write(`${path}: ${problems[0]?.message} [${problems[0]?.code}]\n`),
          };
          await lazy
            .watchFolder()
            .watchFolder(client, source, folder, { ...settings, ...every }, output, told);
          return;
        }
        const loaded = await loadAll(client, source, files, settings, output);
        const total = (count: (one: (typeof loaded)[number]) => number) =>
          loaded.reduce((sum, one) => sum + count(one), 0);
        const rejected = total((one) => one.rejected);
        if (json) {
          const receipt = jointReceipt(loaded, decodeReceipt);
          printJson(
            { source, accepted: total((one) => one.accepted), rejected, receipt, files: loaded },
            output,
          );
        } else if (!quiet) for (const one of loaded) output.out.write(summary(one, output));
        const all = loaded.length === files.length && loaded.every((one) => one.complete);
        if (rejected > 0 || !all) output.exitCode = 1;
      } finally {
        client.close();
      }
    });
}
