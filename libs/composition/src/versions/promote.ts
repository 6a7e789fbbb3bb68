/** A name goes over to a version, once that includes what the served one does, and if what differs is within a condition. */
import { candidateOf, otherVersion, productId, promoteVersion, readyVersion } from '@tenon/domain';
import type { Problem, Versions } from '@tenon/domain';
import type { VersionBook } from '@tenon/views';
import { layoutOf } from '@tenon/views';
import { CAUGHT_UP_MS, Catching, coverageOf } from './coverage';
import { gateOf, mustBeCondition } from './gate';
import type { StepDeps, StepOptions, Taken } from './step';
import { overtaken } from './step';

/** So long a promote waits for a version to include what the served one does, milliseconds. */
const WAIT_MS = 10_000;
const LOOK_MS = 20;
/** What is so far behind does not catch up while somebody waits, records. */
const FAR = 100_000;

export async function promote(
  deps: StepDeps,
  book: VersionBook,
  name: string,
  before: Versions,
  { version: asked, condition }: StepOptions,
): Taken {
  if (condition !== undefined) mustBeCondition(condition);
  const version = asked ?? candidateOf(before)?.version;
  if (version === undefined)
    return {
      code: 'nothing-built',
      message: `No version of ${name} is being built.`,
      hint: 'A version that is kept can be named.',
    };
  if (version === before.served) return before;
  const known = otherVersion(before, version);
  if (known !== undefined && ['building', 'ready', 'kept'].includes(known.state)) {
    const behind =
      known.paused === true ? null : await waitUntilCovered(deps, book, name, before.served, version);
    if (behind === null || behind > 0) return notReady(version, behind);
  }
  if (condition !== undefined) {
    const problem = await gateOf(deps, book, name, [before.served, version], condition, known?.since ?? 0);
    if (problem !== null) return problem;
  }
  const { clock, graceMs } = deps;
  return book.change(name, (versions) => {
    // It has gone over by itself, or by somebody else's hand, meanwhile.
    if (versions.served === version) return versions;
    // Compared with another one, or waited for it: that is not the question any more.
    if (versions.served !== before.served) return overtaken(versions);
    return promoteVersion(readyVersion(versions, version, clock.now()), version, clock.now(), graceMs);
  });
}

const notReady = (version: number, behind: number | null): Problem => ({
  code: 'version-not-ready',
  message:
    behind === null
      ? `Version ${version} is paused, or does not run yet.`
      : `Version ${version} does not include ${behind} events yet that the served one does.`,
  hint: 'GET /v1/products/{name} says how far it is.',
});

/** @returns how many events are missing that the served one includes, after a while; null: it can't be told */
async function waitUntilCovered(
  deps: StepDeps,
  book: VersionBook,
  name: string,
  served: number,
  version: number,
): Promise<number | null> {
  const { clock } = deps;
  const plans = await book.plans([productId(name, served), productId(name, version)]);
  const [before, after] = [served, version].map((number) => {
    const plan = plans.find((one) => one.version === number);
    return plan && layoutOf(plan, deps.sources());
  });
  if (before === undefined || after === undefined) return null;
  const catching = new Catching(CAUGHT_UP_MS);
  const until = clock.monotonic() + WAIT_MS;
  for (;;) {
    const coverage = await coverageOf({ log: deps.log, layers: () => deps.layers(plans) }, before, after);
    if (catching.hasCaughtUp(coverage, clock.monotonic())) return 0;
    const missing = Object.entries(coverage.wanted).map(([lane, next]) =>
      Math.max(0, next - (coverage.included[lane] ?? 0)),
    );
    const behind = missing.reduce((sum, one) => sum + one, 0);
    if (clock.monotonic() >= until || behind > FAR) return behind;
    await clock.sleep(LOOK_MS);
  }
}
