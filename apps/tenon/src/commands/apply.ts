/** `tenon apply`: every instance reads its catalog again; versions that are new are built beside those that are served. */
import type { Command } from 'commander';
import { Client } from '../cli/client';
import { Failure } from '../cli/failure';
import type { CommonOptions } from '../cli/options';
import { command, integerIn, jsonOption, urlOption } from '../cli/options';
import type { Output } from '../cli/output';
import { printJson } from '../cli/output';
import { spin } from '../cli/spinner';
import type { ProductVersion } from '../versions/follow';
import { follow, printVersions, versionsOf } from '../versions/follow';
import { buildQuery } from '../versions/step';
import type { ReloadAnswer } from './reload';
import { hasFailed, printReload } from './reload';

const EXAMPLES = [
  ['tenon apply', 'after a change of the catalog: build what is new, beside what is served'],
  ['tenon apply --promote', 'and serve each version as soon as it includes what the served one does'],
  ['tenon apply --no-wait', 'do not wait until it is built'],
] as const;

interface ApplyOptions extends CommonOptions {
  readonly promote?: boolean;
  readonly throttle?: number;
  readonly wait: boolean;
  readonly timeout: number;
}

export function applyCommand(output: Output): Command {
  return command('apply', 'Build what the catalog has anew, beside what is served', EXAMPLES)
    .option('--promote', 'Names go over to new versions as soon as these are ready')
    .option('--throttle <events>', 'Events a second for what is built, at most', integerIn(1, 999_999_999))
    .option('--no-wait', 'Do not wait until they are')
    .option('--timeout <seconds>', 'How long to wait', integerIn(1, 86_400), 3600)
    .addOption(jsonOption())
    .addOption(urlOption())
    .action(async (options: ApplyOptions) => {
      const client = new Client(options.url);
      const spinner = spin(output.err, options.json ? null : 'reading the catalog again, everywhere ...');
      try {
        const before = await seen(client);
        const query = buildQuery(options);
        const answer = await client.json<ReloadAnswer>('/v1/apply', { method: 'POST', query });
        spinner.stop();
        if (!options.json) printReload(answer, output);
        const isRefused = answer.instances.some(hasFailed);
        if (isRefused) output.exitCode = 1;
        const versions = isRefused || before === null ? [] : await built(client, before, options, output);
        if (options.json) printJson({ ...answer, versions }, output);
        else printVersions(versions, output.out, output.err);
        // What was to be served by itself, and has a trouble.
        if (options.promote && versions.some(({ state }) => state === 'ready')) output.exitCode = 1;
      } finally {
        spinner.stop();
        client.close();
      }
    });
}

/** Null: whoever answers here serves no products, so how far they are is not known. */
const seen = (client: Client): Promise<readonly ProductVersion[] | null> =>
  versionsOf(client).catch((error: unknown) => {
    if (error instanceof Failure && error.problems[0]?.code === 'not-found') return null;
    throw error;
  });

/** What is being built now, once it is, and what is served otherwise than before. */
async function built(
  client: Client,
  before: readonly ProductVersion[],
  { wait, timeout, json }: ApplyOptions,
  { err }: Output,
): Promise<readonly ProductVersion[]> {
  const was = new Map(before.map((one) => [idOf(one), one.state]));
  const isMeant = (one: ProductVersion) =>
    one.state === 'ready' ||
    one.state === 'building' ||
    (one.state === 'served' && was.get(idOf(one)) !== 'served');
  const meant = (await versionsOf(client)).filter(isMeant);
  if (!wait || meant.length === 0) return meant;
  const which = new Set(meant.map(idOf));
  return follow(client, (one) => which.has(idOf(one)), { timeout, sink: json ? null : err });
}

const idOf = ({ product, version }: ProductVersion) => `${product}@${version}`;
