/** `tenon cancel`: a version that is built is given up. */
import type { Command } from 'commander';
import { command, jsonOption, urlOption } from '../cli/options';
import type { Output } from '../cli/output';
import { simpleStep } from '../versions/step';

const EXAMPLES = [['tenon cancel routes', 'nothing is left of it soon']] as const;

export function cancelCommand(output: Output): Command {
  const made = command('cancel', 'Give up the version that is built', EXAMPLES)
    .addOption(jsonOption())
    .addOption(urlOption());
  return simpleStep(made, 'cancel', ({ product, version }) => `${product} v${version} is given up.`, output);
}
