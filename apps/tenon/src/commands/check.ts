/** `tenon check`: is the catalog right? Reads every file and plans every product, and says all that is wrong at once. */
import { resolve } from 'node:path';
import type { PlanWindow } from '@tenon/domain';
import type { Command } from 'commander';
import type { Checked } from '../check/check';
import { lazy } from '../cli/lazy';
import type { CommonOptions } from '../cli/options';
import { command, jsonOption, urlOption } from '../cli/options';
import type { Output } from '../cli/output';
import { describeProblem, printJson, styles } from '../cli/output';

const EXAMPLES = [
  ['tenon check', 'the catalog in ./catalog (or TENON_CATALOG)'],
  ['tenon check my/catalog', 'another directory'],
  ['tenon check --json', 'for scripts: { ok, sources, products, problems, warnings, comparedWith }'],
] as const;

export function checkCommand(output: Output): Command {
  return command('check', 'Check a catalog without starting anything', EXAMPLES)
    .argument('[dir]', 'The catalog directory (default: --catalog)')
    .option('--catalog <dir>', 'The catalog directory', process.env['TENON_CATALOG'] || 'catalog')
    .addOption(jsonOption())
    .addOption(urlOption('A Tenon to compare with, if one answers there (or TENON_URL)'))
    .action(async (dir: string | undefined, options: CommonOptions & { catalog: string }) => {
      const { json, url } = options;
      const catalog = dir ?? options.catalog;
      const checked = await lazy.check().check(catalog, url);
      if (checked.problems.length > 0) output.exitCode = 1;
      if (json) printJson(toJson(checked), output);
      else printChecked(catalog, checked, output);
    });
}

function toJson({ sources, plans, problems, warnings, comparedWith }: Checked): object {
  const products = plans.map(({ product, version, source, topology, columns, window }) => ({
    ...{ name: product, version, source, topology, window },
    columns: columns.map(({ name, type, role }) => ({ name, type, role })),
  }));
  return { ok: problems.length === 0, sources, products, problems, warnings, comparedWith };
}

function printChecked(
  catalog: string,
  { sources, plans, problems, warnings, comparedWith }: Checked,
  output: Output,
): void {
  const { red, green, dim } = styles(output.out);
  const { yellow } = styles(output.err);
  for (const warning of warnings)
    output.err.write(`${yellow('warning')} ${describeProblem(warning, output.err)}`);
  for (const problem of problems) output.out.write(`${describeProblem(problem, output.out)}\n`);
  if (problems.length > 0) {
    output.out.write(
      red(`${problems.length} ${problems.length === 1 ? 'problem' : 'problems'} in ${resolve(catalog)}\n`),
    );
    return;
  }
  for (const plan of plans) {
    const columns = plan.columns.map((column) => column.name).join(', ');
    output.out.write(
      `${green('ok')} ${plan.product} ${dim(`v${plan.version}, ${plan.topology}, from ${plan.source}, ${windowText(plan.window)}:`)} ${columns}\n`,
    );
  }
  output.out.write(`${count(sources.length, 'source')}, ${count(plans.length, 'product')}, no problem.\n`);
  if (comparedWith !== null)
    output.out.write(dim(`Sources compared with those that run at ${comparedWith}.\n`));
}

/** What a product's window is: what rows are final by, and `from` and `to` ask for. */
function windowText(window: PlanWindow | null): string {
  if (window === null) return 'no window';
  const { column, sizeMicros, sizeMonths } = window;
  const [size, unit] =
    sizeMonths > 0
      ? ([sizeMonths, 'month'] as const)
      : (UNITS.map(([micros, name]) => [sizeMicros / micros, name] as const).find(([size]) =>
          Number.isInteger(size),
        ) ?? ([sizeMicros, 'microsecond'] as const));
  const local = window.zone === undefined ? '' : ` of ${window.zone}`;
  const shifted = window.shiftMicros === undefined ? '' : ', shifted';
  return `${column} in windows of ${count(size, unit)}${local}${shifted}`;
}

const UNITS = [
  [86_400_000_000, 'day'],
  [3_600_000_000, 'hour'],
  [60_000_000, 'minute'],
  [1_000_000, 'second'],
  [1_000, 'millisecond'],
] as const;

const count = (n: number, what: string) => `${n} ${what}${n === 1 ? '' : 's'}`;
