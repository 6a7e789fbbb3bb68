/** What is told of a product besides its rows: what it is and how far, the generations that can be read, what became of every record. */
import type { VersionAnswer } from '@tenon/contracts';
import type { Value } from '@tenon/domain';
import { formatTimestamp, keptGenerations, ledgerTotal, toVector } from '@tenon/domain';
import type { Layer } from '@tenon/views';
import { includedIn, ledgerOf } from '@tenon/views';
import type { ProductReader } from './reader';

export async function describeProduct(
  reader: ProductReader,
  layer: Layer,
  versions: readonly VersionAnswer[],
  example: Value | null,
): Promise<Record<string, unknown>> {
  const { plan } = reader.layout;
  const view = await reader.view(layer);
  // The newest window is not over, and a total never is.
  const open = plan.window === null || ledgerOf(view).aggregated > 0;
  const said = await reader.envelope(view, layer, open ? ['provisional'] : []);
  const { generation, cut, included, behind, deadLettered, conflicts, status, troubles } = said;
  return {
    name: plan.product,
    version: plan.version,
    description: plan.description,
    topology: plan.topology,
    source: plan.source,
    columns: plan.columns.map(({ name, type, role }) => ({ name, type, role })),
    window: plan.window,
    example,
    generation,
    cut,
    included,
    behind,
    deadLettered,
    ...(conflicts !== undefined && { conflicts }),
    status,
    ...(troubles !== undefined && { troubles }),
    versions,
  };
}

/** What `asOf` can ask for: the served generation first. */
export async function describeGenerations(reader: ProductReader): Promise<Record<string, unknown>> {
  const { plan, sources } = reader.layout;
  const readable = await reader.generations();
  const generations = readable.map(({ generation, line, at, cut, ledger }) => ({
    ...{ generation, line, servedAt: formatTimestamp(at * 1000), cut: toVector(cut, sources) },
    events: ledgerTotal(ledger) - ledger.control,
  }));
  return { product: plan.product, version: plan.version, keeps: keptGenerations(plan), generations };
}

/** Promise 3: accepted = aggregated + filtered + duplicate + dead-lettered + expired + control + lost. */
export async function describeLedger(reader: ProductReader, layer: Layer): Promise<Record<string, unknown>> {
  const view = await reader.view(layer);
  const lanes = includedIn(view);
  const accepted = Object.values(lanes).reduce((sum, next) => sum + next, 0);
  const { product, version, source, restated } = reader.layout.plan;
  const included = toVector(lanes)[source] ?? {};
  const ledger = { ...ledgerOf(view), ...(restated !== undefined && { restated }) };
  return { product, version, source, included, accepted, ...ledger };
}
