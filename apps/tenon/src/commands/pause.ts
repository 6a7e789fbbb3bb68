/** `tenon pause`: a version that is built stands still. */
import type { Command } from 'commander';
import { command, jsonOption, urlOption } from '../cli/options';
import type { Output } from '../cli/output';
import { simpleStep } from '../versions/step';

const EXAMPLES = [['tenon pause routes', 'until tenon resume']] as const;

export function pauseCommand(output: Output): Command {
  const made = command('pause', 'Let the version that is built stand still', EXAMPLES)
    .addOption(jsonOption())
    .addOption(urlOption());
  return simpleStep(made, 'pause', ({ product, version }) => `${product} v${version} stands still.`, output);
}
