/** The steps in the life of a product's versions that somebody asks for. */
import type { Problem, Versions } from '@tenon/domain';
import { candidateOf, dropVersion, pauseVersion, rollbackVersion, throttleVersion } from '@tenon/domain';
import { HttpProblem } from '@tenon/errors';
import type { VersionStep } from '@tenon/views';
import { isProblem, versionBook } from '@tenon/views';
import { promote } from './promote';
import { reprocess, restate, switchTopology } from './rebuild';
import type { Step, StepAnswer, StepDeps, StepOptions, Take } from './step';
import { unknownProduct } from './step';
import { tellVersions } from './tell';

/** What is no conflict with what is so. */
const STATUS: Readonly<Record<string, number>> = { 'unknown-version': 404 };

/** @throws HttpProblem with the code of why not */
export async function takeStep(
  deps: StepDeps,
  name: string,
  step: Step,
  options: StepOptions,
): Promise<StepAnswer> {
  if (!deps.names().includes(name)) throw unknownProduct(deps, name);
  const book = versionBook(deps.store);
  const before = (await book.read([name])).get(name);
  if (before === undefined) throw unknownProduct(deps, name);
  const after = await STEP_OF[step](deps, book, name, before, options);
  if (after === undefined) throw unknownProduct(deps, name);
  if (isProblem(after)) throw refused(name, after);
  deps.logger.info(
    { product: name, step, served: after.served, others: after.others },
    'versions: on command',
  );
  await tellVersions(deps.bus, name, after.served, Math.max(1, deps.servings()));
  const version = versionOf(step, before, after, options);
  return { product: name, step, version, served: after.served, before: before.served };
}

const simple =
  (step: (deps: StepDeps, options: StepOptions) => VersionStep): Take =>
  (deps, book, name, _, options) =>
    book.change(name, step(deps, options));

const STEP_OF: Readonly<Record<Step, Take>> = {
  promote,
  reprocess,
  restate,
  switch: switchTopology,
  rollback: simple(
    ({ clock, graceMs }) =>
      (versions) =>
        rollbackVersion(versions, clock.now(), graceMs),
  ),
  pause: simple(() => (versions) => pauseVersion(versions, true)),
  resume: simple(() => (versions) => pauseVersion(versions, false)),
  throttle: simple(
    (_, { throttle = null }) =>
      (versions) =>
        throttleVersion(versions, throttle),
  ),
  cancel: simple(
    ({ clock }) =>
      (versions) =>
        dropVersion(versions, undefined, clock.now()),
  ),
  drop: simple(
    ({ clock }, { version }) =>
      (versions) =>
        dropVersion(versions, version ?? 0, clock.now()),
  ),
};

function versionOf(step: Step, before: Versions, after: Versions, { version }: StepOptions): number {
  if (step === 'reprocess' || step === 'restate') return candidateOf(after)?.version ?? after.last;
  if (step === 'switch') return candidateOf(after)?.version ?? after.served;
  if (step === 'promote' || step === 'rollback') return after.served;
  return version ?? candidateOf(before)?.version ?? before.served;
}

const refused = (name: string, { code, message, hint }: Problem) =>
  new HttpProblem(STATUS[code] ?? 409, code, `${name}: ${message}`, hint === undefined ? {} : { hint });
