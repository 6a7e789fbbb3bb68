/** `tenon switch`: a product goes over to another topology, built beside what is served. */
import { TOPOLOGIES } from '@tenon/domain';
import { Option } from 'commander';
import type { Command } from 'commander';
import { Client } from '../cli/client';
import type { CommonOptions } from '../cli/options';
import { command, integerIn, jsonOption, urlOption } from '../cli/options';
import type { Output } from '../cli/output';
import { printJson } from '../cli/output';
import { follow, printVersions } from '../versions/follow';
import { movedText, takeStep } from '../versions/step';

const EXAMPLES = [
  ['tenon switch routes --topology kappa', 'and waits until it is served so'],
  ['tenon switch routes --topology lambda', 'back, or on: a switch that was begun is gone on with'],
] as const;

interface SwitchOptions extends CommonOptions {
  readonly topology: string;
  readonly wait: boolean;
  readonly timeout: number;
}

export function switchCommand(output: Output): Command {
  return command('switch', 'Let a product go over to another topology, live', EXAMPLES)
    .argument('<product>', 'Name of the product')
    .addOption(new Option('--topology <topology>', 'Which one').choices(TOPOLOGIES).makeOptionMandatory())
    .option('--no-wait', 'Do not wait until it is served; it goes on by itself')
    .option('--timeout <seconds>', 'How long to wait', integerIn(1, 86_400), 3600)
    .addOption(jsonOption())
    .addOption(urlOption())
    .action(async (product: string, options: SwitchOptions) => {
      const { topology, json, timeout } = options;
      const client = new Client(options.url);
      try {
        const step = await takeStep(client, product, 'switch', { topology });
        const isServed = step.served === step.version;
        if (!json && !isServed)
          output.err.write(`${product} v${step.version} is built as ${topology} beside v${step.served}.\n`);
        const isIt = (one: { product: string; version: number }) =>
          one.product === product && one.version === step.version;
        const sink = json ? null : output.err;
        const versions = options.wait || isServed ? await follow(client, isIt, { timeout, sink }) : [];
        if (json) printJson({ ...step, topology, versions }, output);
        else if (isServed) output.out.write(`${movedText(step)}\n`);
        else printVersions(versions, output.out, output.err);
        if (!json) output.err.write(inTheFile(product, topology));
        if (versions.some(({ state }) => state !== 'served')) output.exitCode = 1;
      } finally {
        client.close();
      }
    });
}

const inTheFile = (product: string, topology: string) =>
  `Write topology: ${topology} into products/${product}.yaml: a reload warns until it says so, and tenon apply goes by it.\n`;
