/** `tenon reload`: every instance reads its catalog directory again, and goes on with it if it is sound. */
import type { Problem } from '@tenon/domain';
import type { Command } from 'commander';
import { Client } from '../cli/client';
import type { CommonOptions } from '../cli/options';
import { command, jsonOption, urlOption } from '../cli/options';
import type { Output } from '../cli/output';
import { describeProblem, printJson, styles } from '../cli/output';
import { plainTable } from '../cli/rows';
import { spin } from '../cli/spinner';

const EXAMPLES = [
  ['tenon reload', 'after a change of the catalog: new sources, products and versions'],
  ['tenon check && tenon reload', 'only if it is sound here'],
] as const;

interface Reloaded {
  readonly instance: string;
  readonly services: readonly string[];
  readonly outcome: 'reloaded' | 'unchanged' | 'refused' | 'under-way' | 'no-answer';
  readonly catalog?: string;
  readonly problems?: readonly Problem[];
}

export interface ReloadAnswer {
  readonly instances: readonly Reloaded[];
  readonly warnings?: readonly Problem[];
}

const WORDS: Readonly<Record<string, string>> = {
  reloaded: 'runs it',
  unchanged: 'runs it already',
  refused: 'refused it',
  'under-way': 'still at it',
  'no-answer': 'no answer',
};

export function reloadCommand(output: Output): Command {
  return command('reload', 'Let every instance read its catalog again', EXAMPLES)
    .addOption(jsonOption())
    .addOption(urlOption())
    .action(async (options: CommonOptions) => {
      const client = new Client(options.url);
      const spinner = spin(output.err, options.json ? null : 'reading the catalog again, everywhere ...');
      try {
        const answer = await client.json<ReloadAnswer>('/v1/reload', { method: 'POST' });
        spinner.stop();
        if (answer.instances.some(hasFailed)) output.exitCode = 1;
        if (options.json) printJson(answer, output);
        else printReload(answer, output);
      } finally {
        spinner.stop();
        client.close();
      }
    });
}

/** An outcome that this command does not know is no success. */
export const hasFailed = ({ outcome }: Reloaded) => !['reloaded', 'unchanged', 'under-way'].includes(outcome);

export function printReload({ instances, warnings = [] }: ReloadAnswer, { out, err }: Output): void {
  const { red, green } = styles(out);
  const rows = instances.map((one) => [
    one.services.length === 5 ? 'all' : one.services.join(', '),
    one.instance,
    (hasFailed(one) ? red : green)(WORDS[one.outcome] ?? one.outcome),
    one.catalog?.slice(0, 8) ?? '',
  ]);
  out.write(plainTable(['services', 'instance', 'outcome', 'catalog'], rows, []));
  const { yellow } = styles(err);
  for (const warning of warnings) err.write(`${yellow('warning')} ${describeProblem(warning, err)}`);
  for (const [problem, where] of problemsOf(instances))
    err.write(`${where}: ${describeProblem(problem, err)}`);
}

/** Each problem once, with the instances that have it: mostly they read the same catalog. */
function problemsOf(instances: readonly Reloaded[]): (readonly [Problem, string])[] {
  const found = new Map<string, { problem: Problem; where: string[] }>();
  for (const { instance, problems = [] } of instances)
    for (const problem of problems) {
      const one = found.get(JSON.stringify(problem)) ?? { problem, where: [] };
      one.where.push(instance);
      found.set(JSON.stringify(problem), one);
    }
  return [...found.values()].map(({ problem, where }) => [problem, where.join(', ')]);
}
