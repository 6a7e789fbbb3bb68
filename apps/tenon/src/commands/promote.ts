/** `tenon promote`: a product's name goes over to another version, for every query at once. */
import type { Command } from 'commander';
import { Client } from '../cli/client';
import { Failure } from '../cli/failure';
import type { CommonOptions } from '../cli/options';
import { command, integerIn, jsonOption, urlOption } from '../cli/options';
import type { Output } from '../cli/output';
import { spin } from '../cli/spinner';
import { follow } from '../versions/follow';
import type { StepAnswer } from '../versions/step';
import { movedText, print, takeStep } from '../versions/step';
import { requestCut } from './cut';

const EXAMPLES = [
  ['tenon promote routes', 'the version that is built'],
  ["tenon promote routes --if 'changed < 500 and onlyA = 0'", 'only if no more than that differs'],
  ['tenon promote routes 3', 'version 3, which is kept'],
  ['tenon promote routes --wait', 'once it is ready'],
] as const;

interface PromoteOptions extends CommonOptions {
  readonly if?: string;
  readonly wait?: boolean;
  readonly cut: boolean;
  readonly timeout: number;
}

export function promoteCommand(output: Output): Command {
  return command('promote', 'Let a product answer with another version', EXAMPLES)
    .argument('<product>', 'Name of the product')
    .argument('[version]', 'Which one (default: the one that is built)', integerIn(1, 999_999))
    .option('--if <condition>', 'Only if this holds of what differs: same, changed, onlyA, onlyB, different')
    .option('--wait', 'Wait until it includes what the served one does')
    .option('--no-cut', 'Where both have no cut in common to compare at, say so, and do not make one')
    .option('--timeout <seconds>', 'How long to wait', integerIn(1, 86_400), 3600)
    .addOption(jsonOption())
    .addOption(urlOption())
    .action(async (product: string, version: number | undefined, options: PromoteOptions) => {
      const client = new Client(options.url);
      const spinner = spin(output.err, options.json || options.wait ? null : 'promoting ...');
      try {
        if (options.wait) await ready(client, product, version, options, output);
        const answer = await promote(client, product, version, options);
        spinner.stop();
        print(answer, movedText(answer), options.json, output);
      } finally {
        spinner.stop();
        client.close();
      }
    });
}

async function ready(
  client: Client,
  product: string,
  version: number | undefined,
  { timeout, json }: PromoteOptions,
  { err }: Output,
): Promise<void> {
  await follow(
    client,
    (one) => one.product === product && (version === undefined ? isBuilt(one) : one.version === version),
    { timeout, sink: json ? null : err },
  );
}

const isBuilt = ({ state }: { readonly state: string }) => state === 'building' || state === 'ready';

const LOOK_MS = 500;
/** A cut that both have passed is soon there; seconds. */
const CUT_S = 60;

/** With a condition both are compared at the same offsets, so at a cut that both have passed. */
async function promote(
  client: Client,
  product: string,
  version: number | undefined,
  { if: condition, cut, timeout }: PromoteOptions,
): Promise<StepAnswer> {
  const until = performance.now() + Math.min(timeout, CUT_S) * 1000;
  for (let isCut = false; ; isCut = true) {
    try {
      return await takeStep(client, product, 'promote', {
        ...(version !== undefined && { version: String(version) }),
        ...(condition !== undefined && { if: condition }),
      });
    } catch (error) {
      const isApart = error instanceof Failure && error.problems[0]?.code === 'diff-apart';
      if (!isApart || !cut || performance.now() > until) throw error;
    }
    if (!isCut) await requestCut(client, { wait: true, timeout: CUT_S }).catch(() => undefined);
    else await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}
