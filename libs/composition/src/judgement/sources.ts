/** What becomes of each source, and what its producers will notice. */
import { fieldsOf, narrowings } from '@tenon/catalog';
import type { JsonSchema, Problem, SourceDefinition, SourceFeed } from '@tenon/domain';
import { changedSources } from '@tenon/runtime';
import { byName, durationText, namesIn, shorter } from './texts';
import type { DeclaredCatalog, Difference, Notice, SourceChange } from './verdict';

export function judgeSources(
  running: DeclaredCatalog,
  next: DeclaredCatalog,
): { readonly changes: readonly SourceChange[]; readonly warnings: readonly Problem[] } {
  const refused = changedSources(running.sources, next.sources);
  const warnings = narrowings(running.sources, next.sources);
  const [before, after] = [byName(running.sources), byName(next.sources)];
  const changes = namesIn(before, after).map((name): SourceChange => {
    const [was, is] = [before.get(name), after.get(name)];
    const of = (problems: readonly Problem[]) =>
      problems.filter(({ place }) => place?.file === `sources/${name}.yaml`);
    const products = [...running.plans, ...next.plans].filter(({ source }) => source === name);
    const common = {
      name,
      problems: of(refused),
      products: [...new Set(products.map(({ product }) => product))].sort(),
    };
    if (was === undefined) return { ...common, outcome: 'added', differences: [], notices: [] };
    if (is === undefined) return { ...common, outcome: 'removed', differences: [], notices: [gone(name)] };
    const differences = differencesOf(was, is);
    return {
      ...common,
      outcome: common.problems.length > 0 ? 'refused' : differences.length > 0 ? 'applied' : 'unchanged',
      differences,
      notices: of(warnings).map((one) => ({ ...one, breaking: true })),
    };
  });
  return { changes, warnings };
}

const gone = (name: string): Notice => ({
  code: 'source-gone',
  message: `Producers of ${name} are answered 404; what it has in the log and the archive stays.`,
  hint: 'Let them stop first, or keep the source without a product.',
  breaking: true,
});

const listed = (names: readonly string[] | undefined) =>
  names === undefined || names.length === 0 ? null : names.join(', ');

const feedForm = ({ encoding, format, files }: SourceFeed) =>
  files === undefined
    ? [encoding, format].filter(Boolean).join(' ')
    : [files.rows, `settles in ${files.settleMs / 1000} s`].filter(Boolean).join(', ');

/** Settings beside the schema, as texts. */
const SETTINGS: Readonly<Record<string, (source: SourceDefinition) => string | null>> = {
  key: ({ key }) => listed(key),
  id: ({ id }) => listed(id),
  time: ({ time }) => time,
  partitions: ({ partitions }) => String(partitions),
  'dedupe.window': ({ dedupe }) => String(dedupe.window),
  lateness: ({ latenessMicros = 0 }) => (latenessMicros === 0 ? null : durationText(latenessMicros)),
  from: ({ from }) =>
    from === undefined
      ? null
      : [from.kind, from.stream, from.subject, from.files?.pattern, `(${feedForm(from)})`]
          .filter(Boolean)
          .join(' '),
  description: ({ description }) => (description === undefined ? null : shorter(description)),
};

function differencesOf(was: SourceDefinition, is: SourceDefinition): Difference[] {
  const settings = Object.entries(SETTINGS)
    .map(([what, of]) => ({ what, before: of(was), after: of(is) }))
    .filter(({ before, after }) => before !== after);
  // A description is told as changed even where the part that is shown is the same.
  if (was.description !== is.description && !settings.some(({ what }) => what === 'description'))
    settings.push({ what: 'description', before: '…', after: '…' });
  return [...settings, ...schemaDifferences(was.schema, is.schema)];
}

function schemaDifferences(was: JsonSchema, is: JsonSchema): Difference[] {
  if (JSON.stringify(was) === JSON.stringify(is)) return [];
  const [before, after] = [fieldsOf(was), fieldsOf(is)];
  const fields = [...new Set([...before.keys(), ...after.keys()])]
    .map((name) => ({
      what: `field ${name}`,
      before: before.has(name) ? JSON.stringify(before.get(name)) : null,
      after: after.has(name) ? JSON.stringify(after.get(name)) : null,
    }))
    .filter((one) => one.before !== one.after)
    .map(({ what, before: from, after: to }) => ({
      what,
      before: from && shorter(from),
      after: to && shorter(to),
    }));
  const required = [was, is].map(requiredOf);
  if (required[0] !== required[1])
    fields.push({
      what: 'required',
      before: required[0] as string | null,
      after: required[1] as string | null,
    });
  // Something that no field has: a bound of the whole, a definition that is referred to.
  return fields.length > 0 ? fields : [{ what: 'schema', before: '…', after: '…' }];
}

const requiredOf = (schema: JsonSchema) =>
  typeof schema === 'object' && Array.isArray(schema['required'])
    ? listed([...(schema['required'] as string[])].sort())
    : null;
