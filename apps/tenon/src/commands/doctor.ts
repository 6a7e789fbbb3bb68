/** `tenon doctor`: what is wrong with a running Tenon, and what to do. */
import type { Problem } from '@tenon/domain';
import { Refusal } from '@tenon/errors';
import { readSettings } from '@tenon/runtime';
import type { Command } from 'commander';
import { Client } from '../cli/client';
import { toFailure } from '../cli/failure';
import type { CommonOptions } from '../cli/options';
import { command, jsonOption, urlOption } from '../cli/options';
import type { Output } from '../cli/output';
import { describeProblem, printJson, styles } from '../cli/output';
import type { StatusAnswer } from './status';

const EXAMPLES = [
  [
    'tenon doctor',
    'everything that is not as it should be, with what to do; exit code 1 if there is something',
  ],
  ['tenon doctor --json', 'the same for programs: {"problems": [...]}'],
] as const;

export function doctorCommand(output: Output): Command {
  return command('doctor', 'Say what is wrong, and what to do', EXAMPLES)
    .addOption(jsonOption())
    .addOption(urlOption())
    .action(async ({ url, json }: CommonOptions) => {
      const problems = [...settingProblems(process.env), ...(await problemsAt(url))];
      if (problems.length > 0) output.exitCode = 1;
      if (json) return void printJson({ problems }, output);
      const { green, yellow } = styles(output.out);
      for (const problem of problems)
        output.out.write(`${yellow('problem')} ${describeProblem(problem, output.out)}`);
      if (problems.length === 0) output.out.write(`${green('Nothing is wrong')} with Tenon at ${url}.\n`);
    });
}

/** Of the environment of this command, which is often that of the services too. */
function settingProblems(environment: NodeJS.ProcessEnv): readonly Problem[] {
  try {
    readSettings(environment);
    return [];
  } catch (error) {
    if (error instanceof Refusal) return error.problems;
    throw error;
  }
}

interface Ready {
  readonly services?: readonly { readonly service: string; readonly ok: boolean; readonly reason?: string }[];
  readonly troubles?: readonly string[];
}

async function problemsAt(url: string): Promise<readonly Problem[]> {
  const client = new Client(url);
  try {
    // Whatever its status says: a 503 tells why.
    const ask = async <T>(path: string) => JSON.parse((await client.call(path)).text) as T;
    const alive = await ask<{ status?: string; reason?: string }>('/healthz');
    const ready = await ask<Ready>('/readyz');
    const status = await client.json<StatusAnswer>('/v1/status');
    const { warnings = [] } = status;
    const isTold = (wanted: string) => warnings.some(({ code }) => code === wanted);
    const found = [
      ...warnings,
      // Said by the status too, of all instances, but for what a status could not be asked for.
      ...(isTold('service-stuck') ? [] : stuck(alive)),
      ...(isTold('not-ready') ? [] : notReady(ready)),
      ...incomplete(status),
    ];
    return [...new Map(found.map((problem) => [problem.message, problem])).values()];
  } catch (error) {
    return toFailure(error).problems;
  } finally {
    client.close();
  }
}

function stuck({ status, reason }: { status?: string; reason?: string }): Problem[] {
  if (status !== 'stuck') return [];
  const hint = 'Start its process again: what it had not landed is read again from the log.';
  return [{ code: 'service-stuck', message: reason ?? 'A service stands still.', hint }];
}

function notReady({ services = [], troubles = [] }: Ready): Problem[] {
  const reasons = [
    ...services.filter(({ ok }) => !ok).map(({ service, reason }) => `${service}: ${reason ?? 'not ready'}`),
    ...troubles,
  ];
  const hint =
    'It goes on by itself once that is back; look at the server that is named, and at the log of Tenon.';
  return reasons.map((reason) => ({ code: 'not-ready', message: `Not ready: ${reason}`, hint }));
}

/** Products of which nobody has said why. */
function incomplete({ products = [], warnings = [] }: StatusAnswer): Problem[] {
  const isExplained = (product: string) => warnings.some(({ message }) => message.startsWith(`${product},`));
  return products
    .filter(({ name, version, status }) => status === 'incomplete' && !isExplained(`${name} v${version}`))
    .map(({ name, version }) => ({
      code: 'product-incomplete',
      message: `${name} v${version} is incomplete: something that its answers should hold is missing.`,
      hint: `tenon query ${name} --json says what, in answer.troubles.`,
    }));
}
