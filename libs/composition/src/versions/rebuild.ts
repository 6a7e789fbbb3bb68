/** Versions of the served definition that are built anew: as it is, restated, or with another topology. */
import type { Plan, ProductId, SourceDefinition, Versions } from '@tenon/domain';
import {
  candidateOf,
  isSameDefinition,
  nextVersion,
  otherVersion,
  productId,
  reprocessVersion,
  switchVersion,
  underWay,
  versionFor,
} from '@tenon/domain';
import type { VersionBook } from '@tenon/views';
import { isProblem } from '@tenon/views';
import { promote } from './promote';
import { restatedPlan } from './restate';
import { replanned } from './running';
import type { StepDeps, StepOptions, Taken } from './step';
import { overtaken, unknownProduct } from './step';

export function reprocess(
  deps: StepDeps,
  book: VersionBook,
  name: string,
  before: Versions,
  options: StepOptions,
): Taken {
  return rebuild(deps, book, name, before, options, (served, source, version) =>
    replanned(deps.engine, source, served, version),
  );
}

export function restate(
  deps: StepDeps,
  book: VersionBook,
  name: string,
  before: Versions,
  options: StepOptions,
): Taken {
  return rebuild(deps, book, name, before, options, (served, source, version) =>
    restatedPlan(deps.engine, source, served, version, options.rule ?? {}),
  );
}

/** A version is built beside the served one, whose plan follows from that one's. */
async function rebuild(
  deps: StepDeps,
  book: VersionBook,
  name: string,
  before: Versions,
  { auto = false, throttle }: StepOptions,
  planOf: (served: Plan, source: SourceDefinition, version: number) => Promise<Plan>,
): Taken {
  const id: ProductId = productId(name, before.served);
  const [served] = await book.plans([id]);
  const source = deps.sources().find((one) => one.name === served?.source);
  if (served === undefined || source === undefined) throw unknownProduct(deps, name);
  const plan = await planOf(served, source, nextVersion(before));
  return book.change(
    name,
    (versions) =>
      versions.served === before.served && nextVersion(versions) === plan.version
        ? reprocessVersion(versions, auto, deps.clock.now(), throttle)
        : overtaken(versions),
    plan,
  );
}

/** A switch that was begun is gone on with; one to the topology of before gives up what is built. */
export async function switchTopology(
  deps: StepDeps,
  book: VersionBook,
  name: string,
  before: Versions,
  { topology }: StepOptions,
): Taken {
  const there = [
    before.served,
    ...before.others.filter(({ state }) => state !== 'dropped').map((one) => one.version),
  ];
  const plans = await book.plans(there.map((version) => productId(name, version)));
  const served = plans.find(({ version }) => version === before.served);
  const source = deps.sources().find((one) => one.name === served?.source);
  if (served === undefined || source === undefined || topology === undefined)
    throw unknownProduct(deps, name);
  const own = plans.filter((one) => isSameDefinition(one, served));
  const under = candidateOf(before)?.version;
  // Another definition is being built: that is not a switch's to give up.
  if (under !== undefined && !own.some(({ version }) => version === under)) return underWay(under);
  const fits = new Set(own.filter((one) => one.topology === topology).map(({ version }) => version));
  const as = versionFor(before, before.served, fits);
  const plan = fits.has(as) ? undefined : await replanned(deps.engine, source, served, as, topology);
  const after = await book.change(
    name,
    (versions) => {
      // It has gone over by itself meanwhile: that is what was asked for.
      if (versions.served === as) return versions;
      return versions.served === before.served && versionFor(versions, versions.served, fits) === as
        ? switchVersion(versions, as, deps.clock.now())
        : overtaken(versions);
    },
    plan,
  );
  const isKept = after !== undefined && !isProblem(after) && otherVersion(after, as)?.state === 'kept';
  return isKept ? promote(deps, book, name, after, { version: as }) : after;
}
