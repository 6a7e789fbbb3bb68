/** `tenon rollback`: a product answers with the version before again, which was folded on since. */
import type { Command } from 'commander';
import { command, jsonOption, urlOption } from '../cli/options';
import type { Output } from '../cli/output';
import { movedText, simpleStep } from '../versions/step';

const EXAMPLES = [['tenon rollback routes', 'at once, and fresh']] as const;

export function rollbackCommand(output: Output): Command {
  const made = command('rollback', 'Let a product answer with the version before again', EXAMPLES)
    .addOption(jsonOption())
    .addOption(urlOption());
  return simpleStep(made, 'rollback', movedText, output);
}
