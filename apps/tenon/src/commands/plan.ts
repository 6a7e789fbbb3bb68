/** `tenon plan`: what a catalog would change of what runs. It only asks. */
import type { Command } from 'commander';
import { lazy } from '../cli/lazy';
import type { CommonOptions } from '../cli/options';
import { command, integerIn, jsonOption, urlOption } from '../cli/options';
import type { Output } from '../cli/output';
import { describeProblem, printJson, styles } from '../cli/output';
import { plainTable } from '../cli/rows';
import { markdownOf } from '../plan/markdown';
import { rowsText } from '../plan/rows/words';
import type { Planned } from '../plan/plan';
import type { Line } from '../plan/words';
import { linesOf, summaryOf, whoOf } from '../plan/words';

const EXAMPLES = [
  ['tenon plan', 'what ./catalog (or TENON_CATALOG) would change of the Tenon at --url'],
  ['tenon plan my --explain', 'every difference, with what was and what would be'],
  ['tenon plan --ci --against main/catalog', 'for a pull request, without a Tenon: two directories'],
] as const;

interface PlanFlags extends CommonOptions {
  readonly catalog: string;
  readonly against?: string;
  readonly explain?: boolean;
  readonly ci?: boolean;
  readonly rows?: boolean;
  readonly sampleBytes: number;
  readonly within: number;
}

export function planCommand(output: Output): Command {
  return command('plan', 'Show what a catalog would change, and change nothing', EXAMPLES)
    .argument('[dir]', 'The catalog directory (default: --catalog)')
    .option('--catalog <dir>', 'The catalog directory', process.env['TENON_CATALOG'] || 'catalog')
    .option('--against <dir>', 'Compare with this directory, and not with what runs')
    .option('--explain', 'Every difference, unchanged ones too')
    .option('--ci', 'A summary in Markdown; exit code 3 where producers or readers would fail')
    .option('--rows', 'Compute the rows of what is built anew from the archive, here, and compare them')
    .option('--no-rows', 'Do not (with --ci they are)')
    .option(
      '--sample-bytes <bytes>',
      'Archive to read for each product at most',
      integerIn(1, 1e15),
      256_000_000,
    )
    .option('--within <seconds>', 'How long that may take in all', integerIn(1, 86_400), 120)
    .addOption(jsonOption())
    .addOption(urlOption())
    .action(async (dir: string | undefined, options: PlanFlags) => {
      const { json, ci, url, against, explain = false, rows = ci === true } = options;
      const bound = { bytes: options.sampleBytes, ms: options.within * 1000 };
      const directory = dir ?? options.catalog;
      const planned = await lazy.plan().makePlan({
        directory,
        url,
        ...(against !== undefined && { against }),
        ...(rows && { rows: bound }),
      });
      if (!planned.ok) output.exitCode = 1;
      else if (ci === true && planned.breaking) output.exitCode = 3;
      if (json) printJson(planned, output);
      else if (ci) output.out.write(`${markdownOf(planned).trimEnd()}\n`);
      else printPlan(planned, explain, output);
    });
}

function printPlan(planned: Planned, explain: boolean, output: Output): void {
  const { out } = output;
  const { bold, dim, red, yellow } = styles(out);
  const { problems, against, directory } = planned;
  out.write(`${bold(directory)} ${dim(`compared with ${against}`)}\n\n`);
  for (const problem of problems) out.write(`${describeProblem(problem, out)}\n`);
  const lines = linesOf(planned);
  const shown = lines.filter(
    ({ outcome, change }) => explain || outcome !== 'unchanged' || change.notices.length > 0,
  );
  if (shown.length > 0) {
    const rows = shown.map((line) => [
      ...[line.kind, line.name, line.versions, coloured(line, output), line.what],
    ]);
    out.write(`${plainTable(['', 'name', 'version', 'outcome', 'what changes'], rows, [])}\n`);
  }
  for (const line of shown) {
    if (explain) for (const text of explained(line)) out.write(`${line.name}: ${text}\n`);
    for (const notice of line.change.notices)
      out.write(
        notice.breaking
          ? `${yellow(`${whoOf(line.kind)} of ${line.name}`)} ${describeProblem(notice, out)}`
          : dim(`${line.name}: ${describeProblem(explain ? notice : withoutHint(notice), out)}`),
      );
  }
  for (const one of planned.rows ?? []) {
    const { title, sentences, head, lines: rows } = rowsText(one);
    out.write(`\n${bold(title)}\n${sentences.join('\n')}\n`);
    if (rows.length > 0) out.write(`\n${plainTable(head, rows, [])}\n`);
  }
  const summary = summaryOf(planned);
  out.write(planned.ok ? `${summary}\n` : red(`${summary}\n`));
}

const withoutHint = ({ code, message }: { readonly code: string; readonly message: string }) => ({
  ...{ code, message },
});

function coloured({ outcome, word }: Line, { out }: Output): string {
  const { red, green, yellow, dim } = styles(out);
  if (outcome === 'refused' || outcome === 'removed') return red(word);
  if (outcome === 'rebuild' || outcome === 'back') return yellow(word);
  return (outcome === 'unchanged' ? dim : green)(word);
}

function explained({ kind, change }: Line): string[] {
  const differences = change.differences.map(
    ({ what, before, after }) => `${what}: ${before ?? 'none'} → ${after ?? 'none'}`,
  );
  const { outcome } = change;
  const why = WHY[kind][outcome];
  return [...differences, ...(why === undefined ? [] : [why])];
}

const WHY: Readonly<Record<Line['kind'], Readonly<Record<string, string>>>> = {
  source: {
    added: 'its topics are made with the reload, and events are taken from then on',
    applied: 'it counts from the reload on, for what is in the log too',
    removed: 'its events and its archive stay',
  },
  product: {
    added: 'it is built from the first event on, and answers meanwhile with what it includes',
    rebuild:
      'it is built from the first event on beside the version that is served, which stays as fresh as it is until the name goes over',
    applied: 'nothing is built',
    back: 'that version is kept and has been folded on, so its name goes over at once',
    removed: 'it is not folded any more',
  },
};
