/** What the stores that a process has to do with say of how far topics of events were counted. */
import { TOPICS } from '@tenon/contracts';
import type { Offset, Plan, SourceDefinition } from '@tenon/domain';
import type { Clock, ProductStore } from '@tenon/ports';
import type { HeldOfTopic, WholeLogDeps } from '@tenon/tiered-log';
import type { ProductLayout } from '@tenon/views';
import { heldOffsets, layoutOf } from '@tenon/views';

/** A store that may be away. */
export interface HeldStore {
  open(): Promise<ProductStore>;
  /** Nothing is known without it: what it throws while it is away is thrown on. Others are asked again later. */
  readonly isNeeded: boolean;
}

/** Whose stores say how far the log was counted. */
export interface Counted {
  readonly sources: readonly SourceDefinition[];
  readonly plans: readonly Plan[];
}

/** How long an append waits for a store that it can do without, once, milliseconds. */
const WAIT_MS = 2000;

export function heldBy(
  stores: readonly HeldStore[],
  { sources, plans }: Counted,
  clock: Pick<Clock, 'sleep'>,
): WholeLogDeps['held'] {
  const layouts = plans.map((plan) => layoutOf(plan, sources));
  const readers = new Map<string, ((source: SourceDefinition) => Promise<HeldOfTopic>)[]>();
  return async (topic) => {
    const source = sources.find(({ name }) => TOPICS.events(name) === topic);
    if (source === undefined) return { ends: {}, isAll: true };
    const of = readers.get(topic) ?? stores.map((store) => readerOf(store, layouts, clock));
    readers.set(topic, of);
    const found = await Promise.all(of.map((read) => read(source)));
    return { ends: highest(found.map(({ ends }) => ends)), isAll: found.every(({ isAll }) => isAll) };
  };
}

const UNKNOWN: HeldOfTopic = { ends: {}, isAll: false };

function readerOf(
  { open, isNeeded }: HeldStore,
  layouts: readonly ProductLayout[],
  clock: Pick<Clock, 'sleep'>,
) {
  let known: HeldOfTopic = UNKNOWN;
  let asking: Promise<void> | null = null;
  let waits = true;
  const ask = async (source: SourceDefinition) => {
    known = { ends: await heldOffsets(await open(), source, layouts), isAll: true };
  };
  return async (source: SourceDefinition): Promise<HeldOfTopic> => {
    if (known.isAll) return known;
    if (isNeeded) await ask(source);
    else {
      asking ??= ask(source)
        .catch(() => undefined)
        .finally(() => (asking = null));
      // An outage must not hold up each append.
      if (waits) await Promise.race([asking, clock.sleep(WAIT_MS)]);
      waits = false;
    }
    return known;
  };
}

function highest(all: readonly Readonly<Record<string, Offset>>[]): Record<string, Offset> {
  const ends: Record<string, Offset> = {};
  for (const one of all)
    for (const [partition, end] of Object.entries(one)) ends[partition] = Math.max(ends[partition] ?? 0, end);
  return ends;
}
