import type { Problem } from '@tenon/domain';
import { TenonError } from './tenon-error';

/** A definition can't be used: every problem at once. */
export class Refusal extends TenonError {
  constructor(
    code: string,
    readonly problems: readonly Problem[],
  ) {
    super(code, problems.map((problem) => problem.message).join('\n'));
  }
}
