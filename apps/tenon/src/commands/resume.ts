/** `tenon resume`: a version that stands still is built on. */
import type { Command } from 'commander';
import { command, jsonOption, urlOption } from '../cli/options';
import type { Output } from '../cli/output';
import { simpleStep } from '../versions/step';

const EXAMPLES = [['tenon resume routes', 'from where it stood']] as const;

export function resumeCommand(output: Output): Command {
  const made = command('resume', 'Go on with a version that stands still', EXAMPLES)
    .addOption(jsonOption())
    .addOption(urlOption());
  return simpleStep(made, 'resume', ({ product, version }) => `${product} v${version} is built on.`, output);
}
