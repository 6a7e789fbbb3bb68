/** The versions of a product as people are told of them. */
import type { VersionAnswer } from '@tenon/contracts';
import type { OtherVersion, Versions } from '@tenon/domain';
import { formatTimestamp, ledgerTotal } from '@tenon/domain';
import type { Layer } from '@tenon/views';
import { includedIn, ledgerOf } from '@tenon/views';
import type { ProductReader } from './reader';

/** @param reader of a version that runs here */
export async function describeVersions(
  versions: Versions,
  reader: (version: number) => ProductReader | undefined,
  layer: Layer,
): Promise<readonly VersionAnswer[]> {
  const { served, since, others } = versions;
  const all = [{ version: served, state: 'served' as const, since }, ...others].sort(
    (a, b) => a.version - b.version,
  );
  return Promise.all(
    all.map(async (one) => ({
      version: one.version,
      ...{ state: one.state, since: timeText(one.since) },
      ...('until' in one && one.until !== undefined && { until: timeText(one.until) }),
      ...('paused' in one && one.paused === true && { paused: true as const }),
      ...('throttle' in one && one.throttle !== undefined && { throttle: one.throttle }),
      ...('rolledBack' in one && one.rolledBack === true && { rolledBack: true as const }),
      ...(isBuilt(one) && { promotes: one.auto === true ? ('by itself' as const) : ('on command' as const) }),
      ...(await standing(reader(one.version), layer)),
    })),
  );
}

const isBuilt = (one: OtherVersion | { readonly state: 'served' }): one is OtherVersion =>
  one.state === 'building' || one.state === 'ready';

const timeText = (ms: number) => formatTimestamp(ms * 1000);

/** How far a version is; nothing of one that does not run here. */
async function standing(reader: ProductReader | undefined, layer: Layer): Promise<Partial<VersionAnswer>> {
  if (reader === undefined) return {};
  const { topology } = reader.layout.plan;
  const view = await reader.view(layer);
  const { generation, behind, troubles } = await reader.envelope(view, layer, []);
  const records = Object.values(includedIn(view)).reduce((sum, next) => sum + next, 0);
  const percent = behind === 0 ? 100 : Math.floor((100 * records) / (records + behind));
  const accounted = ledgerTotal(ledgerOf(view));
  return {
    ...{ topology, generation, behind, percent, records: accounted },
    ...(troubles !== undefined && { troubles }),
  };
}
