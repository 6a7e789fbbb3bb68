/** Whether one version of a product includes what another one does. */
import { TOPICS } from '@tenon/contracts';
import type { LaneOffsets } from '@tenon/domain';
import { covers, lanesOf } from '@tenon/domain';
import type { EventLog } from '@tenon/ports';
import type { ProductLayout } from '@tenon/views';
import { includedIn, withView } from '@tenon/views';
import type { ProductLayers } from './product-layers';

export interface Coverage {
  /** What the other one is to include: what the served one does; of a source that this one does not read, all of the log. */
  readonly wanted: LaneOffsets;
  readonly included: LaneOffsets;
  readonly covers: boolean;
  /** What the book says of the other one, and not of the served one: something of it is missing. */
  readonly troubles: readonly string[];
}

export interface CoverageDeps {
  /** Where the layers of a product are. */
  readonly layers: () => Promise<ProductLayers>;
  readonly log: Pick<EventLog, 'endOffsets'>;
}

/** @throws UnsupportedVersion */
export async function coverageOf(
  { layers, log }: CoverageDeps,
  served: ProductLayout,
  other: ProductLayout,
): Promise<Coverage> {
  const ends = await endsOf(
    log,
    other.sources.filter((source) => !served.sources.includes(source)),
  );
  const { stores } = await layers();
  const view = (layout: ProductLayout) => withView(stores(layout.plan), layout, async (one) => one);
  // The served one first: what it includes then, the other one is to include as well.
  const before = await view(served);
  const after = await view(other);
  const included = includedIn(after);
  const asServed = Object.entries(includedIn(before)).filter(([lane]) => lane in included);
  const wanted = { ...ends, ...Object.fromEntries(asServed) };
  const known = before.speed.troubles.map(({ code }) => code);
  const troubles = after.speed.troubles.map(({ code }) => code).filter((code) => !known.includes(code));
  return { wanted, included, covers: covers(included, wanted), troubles };
}

async function endsOf(log: CoverageDeps['log'], sources: readonly string[]): Promise<LaneOffsets> {
  const ends = sources.map(async (source) => lanesOf(source, await log.endOffsets(TOPICS.events(source))));
  return Object.assign({}, ...(await Promise.all(ends))) as LaneOffsets;
}

/** How old a mark must be that is as good as the present one, milliseconds. */
export const CAUGHT_UP_MS = 1000;

/** A version includes what is wanted by now, or what was some time ago: under load neither stands still for the other. */
export class Catching {
  private noted: { readonly wanted: LaneOffsets; readonly at: number } | null = null;

  /** @param afterMs how old a mark must be that is as good as the present one */
  constructor(private readonly afterMs: number) {}

  /** @param now by the monotonic clock */
  hasCaughtUp({ wanted, included, covers: isThere }: Coverage, now: number): boolean {
    if (isThere) return true;
    if (this.noted !== null && now - this.noted.at < this.afterMs) return false;
    const was = this.noted;
    this.noted = { wanted, at: now };
    return was !== null && covers(included, was.wanted);
  }
}
