/** The steps in the life of a product's versions that somebody asks for. */
import type {
  Plan,
  Problem,
  ProductId,
  RestatementRule,
  SourceDefinition,
  Topology,
  Versions,
} from '@tenon/domain';
import {
  candidateOf,
  isSameDefinition,
  dropVersion,
  nextVersion,
  otherVersion,
  pauseVersion,
  productId,
  promoteVersion,
  readyVersion,
  reprocessVersion,
  rollbackVersion,
  switchVersion,
  underWay,
  versionFor,
} from '@tenon/domain';
import { HttpProblem } from '@tenon/errors';
import type { Bus, Clock, Engine, EventLog, Logger, ProductStore } from '@tenon/ports';
import type { VersionBook, VersionStep } from '@tenon/views';
import { isProblem, layoutOf, versionBook } from '@tenon/views';
import { CAUGHT_UP_MS, Catching, coverageOf } from './coverage';
import { gateOf, mustBeCondition } from './gate';
import type { ProductLayers } from './product-layers';
import { restatedPlan } from './restate';
import { replanned } from './running';
import { tellVersions } from './tell';

export const STEPS = [
  ...(['promote', 'rollback', 'reprocess', 'restate', 'switch'] as const),
  ...(['pause', 'resume', 'cancel', 'drop'] as const),
] as const;
export type Step = (typeof STEPS)[number];

export interface StepOptions {
  /** Promote, drop: which version. Absent: the one that is built. */
  readonly version?: number;
  /** Promote: only if this holds of what differs from the served version, e.g. `changed < 500`. */
  readonly condition?: string;
  /** Reprocess, restate: its name goes over to it by itself. */
  readonly auto?: boolean;
  /** Switch: to which one. */
  readonly topology?: Topology;
  /** Restate: which events are left out, or replaced. */
  readonly rule?: RestatementRule;
}

export interface StepDeps {
  readonly store: ProductStore;
  readonly log: Pick<EventLog, 'endOffsets'>;
  readonly layers: (plans: readonly Plan[]) => Promise<ProductLayers>;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly engine: Pick<Engine, 'plan' | 'finalize'>;
  readonly sources: () => readonly SourceDefinition[];
  /** Names that the catalog has. */
  readonly names: () => readonly string[];
  readonly graceMs: number;
  /** Instances of serving that are known. */
  readonly servings: () => number;
}

/** What became of a step. */
export interface StepAnswer {
  readonly product: string;
  readonly step: Step;
  /** The version that it was about. */
  readonly version: number;
  /** What the name answers with now, and before. */
  readonly served: number;
  readonly before: number;
}

/** So long a promote waits for a version to include what the served one does, milliseconds. */
const WAIT_MS = 10_000;
const LOOK_MS = 20;
/** What is so far behind does not catch up while somebody waits, records. */
const FAR = 100_000;

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

type Taken = Promise<Versions | Problem | undefined>;
type Take = (
  deps: StepDeps,
  book: VersionBook,
  name: string,
  before: Versions,
  options: StepOptions,
) => Taken;

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

async function promote(
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

const overtaken = ({ served }: Versions): Problem => ({
  code: 'version-overtaken',
  message: `Version ${served} has been served meanwhile.`,
  hint: 'Look at it, and promote again if it is still what you want.',
});

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

function reprocess(
  deps: StepDeps,
  book: VersionBook,
  name: string,
  before: Versions,
  { auto = false }: StepOptions,
): Taken {
  return rebuild(deps, book, name, before, auto, (served, source, version) =>
    replanned(deps.engine, source, served, version),
  );
}

function restate(
  deps: StepDeps,
  book: VersionBook,
  name: string,
  before: Versions,
  { auto = false, rule = {} }: StepOptions,
): Taken {
  return rebuild(deps, book, name, before, auto, (served, source, version) =>
    restatedPlan(deps.engine, source, served, version, rule),
  );
}

/** A version is built beside the served one, whose plan follows from that one's. */
async function rebuild(
  deps: StepDeps,
  book: VersionBook,
  name: string,
  before: Versions,
  auto: boolean,
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
        ? reprocessVersion(versions, auto, deps.clock.now())
        : overtaken(versions),
    plan,
  );
}

/** A switch that was begun is gone on with; one to the topology of before gives up what is built. */
async function switchTopology(
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

function versionOf(step: Step, before: Versions, after: Versions, { version }: StepOptions): number {
  if (step === 'reprocess' || step === 'restate') return candidateOf(after)?.version ?? after.last;
  if (step === 'switch') return candidateOf(after)?.version ?? after.served;
  if (step === 'promote' || step === 'rollback') return after.served;
  return version ?? candidateOf(before)?.version ?? before.served;
}

const unknownProduct = ({ names }: StepDeps, name: string) =>
  new HttpProblem(
    404,
    'unknown-product',
    `There is no product ${name}. Products: ${names().join(', ') || 'none'}.`,
  );

const refused = (name: string, { code, message, hint }: Problem) =>
  new HttpProblem(STATUS[code] ?? 409, code, `${name}: ${message}`, hint === undefined ? {} : { hint });
