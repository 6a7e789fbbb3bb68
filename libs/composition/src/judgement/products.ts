/** What becomes of each product: taken at once, built, gone back to, refused; and what its readers will notice. */
import type { Plan, Problem, Versions } from '@tenon/domain';
import { candidateOf, idOf, isCandidate, isVersionThere, nextVersion, otherVersion } from '@tenon/domain';
import { changedPlans, takePlan } from '@tenon/runtime';
import { readersNotice } from './readers';
import { durationText, namesIn, shorter } from './texts';
import type { DeclaredCatalog, Difference, Notice, ProductChange, RunningCatalog } from './verdict';

export function judgeProducts(running: RunningCatalog, next: DeclaredCatalog): ProductChange[] {
  const known = [...running.plans, ...running.others];
  const nextOf = ({ product, version }: Plan) => {
    const versions = running.versions.get(product);
    return versions === undefined ? version + 1 : nextVersion(versions);
  };
  const refused = changedPlans(known, next.plans, nextOf);
  const [before, after] = [byProduct(running.plans), byProduct(next.plans)];
  return namesIn(before, after).map((name) => {
    const problems = refused.filter(({ place }) => place?.file === `products/${name}.sql`);
    const versions = running.versions.get(name);
    const served =
      versions && known.find((plan) => plan.product === name && plan.version === versions.served);
    const declared = before.get(name);
    return changeOf({
      declared,
      served: served ?? declared,
      next: after.get(name),
      versions,
      known,
      problems,
    });
  });
}

interface Case {
  readonly declared: Plan | undefined;
  /** What the name answers with. */
  readonly served: Plan | undefined;
  readonly next: Plan | undefined;
  readonly versions: Versions | undefined;
  readonly known: readonly Plan[];
  readonly problems: readonly Problem[];
}

function changeOf({ declared, served, next, versions, known, problems }: Case): ProductChange {
  const { product: name, source, topology } = (next ?? declared) as Plan;
  const common = { name, source, topology, served: versions?.served ?? served?.version ?? null };
  if (next === undefined)
    return {
      ...{ ...common, outcome: 'removed', version: null, becomes: null, differences: [], problems },
      notices: [productGone(name)],
    };
  const to = { ...common, version: next.version, becomes: next.version, problems };
  if (served === undefined || declared === undefined)
    return { ...to, outcome: 'added', differences: [], notices: [] };
  const same = known.find((plan) => idOf(plan) === idOf(next));
  // What a refused one would be compared with is what stands under its own version.
  const from = problems.length > 0 ? (same ?? served) : next.version === declared.version ? declared : served;
  const differences = differencesOf(from, next);
  const notices = [
    ...readersNotice(served, next),
    ...numbersNotice(served, next),
    ...restatementNotice(served, next),
    ...givenUp(versions, next),
  ];
  if (problems.length > 0)
    return {
      ...to,
      outcome: 'refused',
      differences,
      notices,
      problems: problems.map((one) => because(one, from, next)),
    };
  const { outcome, as } = outcomeOf(versions, known, next);
  if (next.version !== declared.version && next.version !== served.version)
    return { ...to, outcome, becomes: as, differences, notices };
  const givesUp = next.version === declared.version ? [] : givenUp(versions, next);
  if (from.topology !== next.topology) {
    const moves = outcome === 'rebuild' ? [topologyMoves(next, as)] : [];
    return { ...to, outcome, becomes: as, differences, notices: [...moves, ...givesUp] };
  }
  const isChanged = differences.length > 0 || givesUp.length > 0;
  const isUnderWay = versions !== undefined && candidateOf(versions) !== undefined;
  const stays = served.topology === next.topology || isUnderWay ? [] : [topologyStays(served, next)];
  return {
    ...{ ...to, outcome: isChanged ? 'applied' : 'unchanged', becomes: served.version, differences },
    notices: [...stays, ...givesUp],
  };
}

/** By the rules of the book of versions, as a reload would take it. */
function outcomeOf(
  versions: Versions | undefined,
  plans: readonly Plan[],
  next: Plan,
): { readonly outcome: ProductChange['outcome']; readonly as: number } {
  if (versions === undefined) return { outcome: 'rebuild', as: next.version };
  const taking = { auto: true, asked: false, mayGoBack: true, now: 0, graceMs: 0 };
  const own = plans.filter(({ product }) => product === next.product);
  // Of one that is declared and registered with another topology the latter stands last.
  const known = new Map(
    own.filter((plan) => isVersionThere(versions, plan.version)).map((plan) => [plan.version, plan]),
  );
  const { as, after } = takePlan(next, versions, known, taking);
  if (versions.served === as) return { outcome: 'applied', as };
  if (after.served === as) return { outcome: 'back', as };
  // Built already, or being built: it goes on.
  const other = otherVersion(versions, as);
  return { outcome: other !== undefined && isCandidate(other) ? 'applied' : 'rebuild', as };
}

/** The parts of a definition that an own version is needed for, and those that are taken at once. */
function differencesOf(was: Plan, is: Plan): Difference[] {
  // Of a plan that nobody could make anew it is not known what it reads.
  const isKnown = [was, is].every(({ engine }) => engine.columns.length > 0);
  const texts = (plan: Plan): Readonly<Record<string, string | null>> => ({
    version: String(plan.version),
    source: plan.source,
    topology: plan.topology,
    retention: plan.retentionMicros === null ? null : durationText(plan.retentionMicros),
    generations: plan.generations === undefined ? null : String(plan.generations),
    description: plan.description,
    sql: plan.sql.trim(),
    ...Object.fromEntries(
      (isKnown ? plan.engine.columns : []).map(({ name, type }) => [`reads ${name}`, type]),
    ),
  });
  const [before, after] = [texts(was), texts(is)];
  return [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .map((what) => ({ what, before: before[what] ?? null, after: after[what] ?? null }))
    .filter((one) => one.before !== one.after)
    .map((one) =>
      one.what === 'sql'
        ? { what: isOnlyFormat(was, is) ? 'sql (format only)' : 'sql', before: '…', after: '…' }
        : { ...one, before: one.before && shorter(one.before), after: one.after && shorter(one.after) },
    );
}

/** Equal hash, equal states. */
const isOnlyFormat = (was: Plan, is: Plan) => was.version === is.version && was.hash === is.hash;

/** Which part of the definition is another one. */
function because(problem: Problem, was: Plan, is: Plan): Problem {
  const parts = differencesOf(was, is).filter(
    ({ what }) => !['version', 'topology', 'generations', 'description'].includes(what),
  );
  if (parts.length === 0) return problem;
  const named = parts.map(({ what, before, after }) =>
    what === 'sql' ? 'another SELECT' : `${what}: ${before ?? 'none'} → ${after ?? 'none'}`,
  );
  return { ...problem, message: `${problem.message} What differs: ${named.join('; ')}.` };
}

const productGone = (name: string): Notice => ({
  code: 'product-gone',
  message: `Readers of ${name} are answered 404; its rows stay in the store until \`tenon prune\`.`,
  breaking: true,
});

const topologyMoves = ({ product, topology }: Plan, version: number): Notice => ({
  code: 'topology-moves',
  message: `${product} is built as ${topology} beside what is served, as version ${version}, and is served once it has caught up.`,
  breaking: false,
});

/** Of a switch: a reload leaves it, and an apply goes by the file. */
const topologyStays = (served: Plan, { product, topology }: Plan): Notice => ({
  code: 'topology-switched',
  message: `${product} is served as ${served.topology}, as it was switched to, and stays so with a reload; by the catalog it is ${topology}, which \`tenon apply\` builds or goes back to.`,
  hint: `Write topology: ${served.topology} into products/${product}.yaml.`,
  breaking: false,
});

/** Another SELECT, or other columns: what is said may be other numbers, which only a diff shows. */
function numbersNotice(served: Plan, next: Plan): Notice[] {
  if (served.version === next.version) return [];
  const { product } = next;
  const hint = `Once it is built: tenon diff ${product} ${served.version} ${next.version}`;
  return [{ code: 'numbers-may-differ', message: 'Its numbers may be others.', hint, breaking: false }];
}

/** What was left out of the served version comes back, unless the SQL says so too. */
function restatementNotice({ restated, version, sql }: Plan, next: Plan): Notice[] {
  if (restated === undefined || next.version === version || next.sql.trim() === sql.trim()) return [];
  return [
    {
      code: 'restatement-ends',
      message: `Version ${version} leaves out events, or replaces them, by ${restated.rules.length === 1 ? 'a rule' : `${restated.rules.length} rules`}; this one has its own SQL alone.`,
      hint: 'Take the rules over: tenon export writes the SQL with them.',
      breaking: true,
    },
  ];
}

/** A version that is being built, and that another one takes the place of. */
function givenUp(versions: Versions | undefined, { version }: Plan): Notice[] {
  const built = versions?.others.filter((one) => isCandidate(one) && one.version !== version);
  return (built ?? []).map((one) => ({
    code: 'version-given-up',
    message: `Version ${one.version}, which is being built, is given up.`,
    breaking: false,
  }));
}

const byProduct = (plans: readonly Plan[]) => new Map(plans.map((plan) => [plan.product, plan]));
