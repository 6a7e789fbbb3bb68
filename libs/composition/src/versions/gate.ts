/** Whether a version may be promoted by what differs from the served one: both are compared where they include the same events. */
import type { Plan, Problem, SourceDefinition } from '@tenon/domain';
import { productId } from '@tenon/domain';
import { HttpProblem } from '@tenon/errors';
import type { Clock, Engine } from '@tenon/ports';
import { CONDITION_HELP, conditionProblem, diffVersions, parseCondition } from '@tenon/service-serving';
import type { VersionBook } from '@tenon/views';
import { layoutOf } from '@tenon/views';
import type { ProductLayers } from './product-layers';

/** How long a comparison waits until both include the same, milliseconds. */
const WAIT_MS = 10_000;
const LOOK_MS = 50;

export interface GateDeps {
  readonly clock: Clock;
  readonly engine: Pick<Engine, 'finalize'>;
  readonly layers: (plans: readonly Plan[]) => Promise<ProductLayers>;
  readonly sources: () => readonly SourceDefinition[];
}

/** @throws HttpProblem 400 `bad-condition` */
export function mustBeCondition(condition: string): void {
  if (parseCondition(condition) === undefined)
    throw new HttpProblem(400, 'bad-condition', CONDITION_HELP, { parameter: 'if' });
}

/**
 * An older cut than the version itself could say that nothing differs, because nothing was there yet: it is not compared with.
 *
 * @param since when the version was ready, milliseconds since the epoch
 * @returns why it may not; null: it may
 * @throws HttpProblem 409 `diff-apart` where the two have no cut in common yet, 422 where they can't be compared at all
 */
export async function gateOf(
  { clock, engine, layers, sources }: GateDeps,
  book: VersionBook,
  name: string,
  [served, version]: readonly [served: number, version: number],
  condition: string,
  since: number,
): Promise<Problem | null> {
  const plans = await book.plans([productId(name, served), productId(name, version)]);
  const { stores } = await layers(plans);
  const [a, b] = [served, version].map((number) => {
    const plan = plans.find((one) => one.version === number);
    return plan && { layout: layoutOf(plan, sources()), asOf: null };
  });
  if (a === undefined || b === undefined)
    throw new HttpProblem(404, 'unknown-version', `${name}: There is no version ${version} to compare with.`);
  const until = clock.monotonic() + WAIT_MS;
  for (;;) {
    try {
      const diff = await diffVersions({ stores, engine }, a, b, { limit: 0, notBefore: since });
      return conditionProblem(condition, diff);
    } catch (error) {
      const isApart = error instanceof HttpProblem && error.code === 'diff-apart';
      if (!isApart || clock.monotonic() >= until) throw error;
      await clock.sleep(LOOK_MS);
    }
  }
}
