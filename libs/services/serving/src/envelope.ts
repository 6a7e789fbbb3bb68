/** What an answer says of itself, as an object and as JSON; what follows from the view alone is made once for each view. */
import type { AnswerEnvelope, AnswerTrouble } from '@tenon/contracts';
import type { CellStatus, LaneOffsets, LedgerCounts } from '@tenon/domain';
import {
  answerStatus,
  checksum32,
  countBetween,
  formatTimestamp,
  laneKey,
  ledgerTotal,
  refusedShare,
  toVector,
} from '@tenon/domain';
import type { Trouble } from '@tenon/ports';
import type { Layer, ProductLayout, ProductView } from '@tenon/views';
import { hasGap, includedIn, ledgerOf, troublesOf } from '@tenon/views';

/** What a view says, whatever is asked of it. */
interface Standing {
  readonly included: LaneOffsets;
  readonly missing: boolean;
  readonly fields: Pick<AnswerEnvelope, 'topology' | 'generation' | 'cut' | 'included' | 'retainedFrom'>;
  readonly deadLettered: number;
  readonly lost: number;
  readonly conflicts: number;
  /** `fields`, up to the value of `behind`. */
  readonly head: string;
  readonly troubles: readonly AnswerTrouble[];
  /** `troubles`, and the end. */
  readonly tail: string;
  /** Names what the answers' rows are made of. */
  readonly tag: string;
  /** The same, with how complete they are. */
  readonly tags: Partial<Record<'i' | 'b' | 'c', string>>;
  /** Where the log ended when it was last asked for, and how much of it was not included. */
  last: { readonly end: LaneOffsets; readonly behind: number } | null;
}

export interface Said {
  readonly included: LaneOffsets;
  readonly envelope: AnswerEnvelope;
}

export class Envelopes {
  private readonly merged = new WeakMap<ProductView, Standing>();
  private readonly batch = new WeakMap<ProductView, Standing>();
  /** When what each layer shows was first seen, milliseconds. */
  private readonly begun = new Map<string, number>();
  private readonly begunInBatch = new Map<string, number>();

  constructor(
    private readonly layout: ProductLayout,
    /** A product that refuses more of its events than this is incomplete. */
    private readonly maxRefusedPercent: number,
  ) {}

  /** @param end where the log ends; null: it cannot be asked */
  say(
    view: ProductView,
    layer: Layer,
    rows: Iterable<CellStatus>,
    end: LaneOffsets | null,
    at: number,
  ): Said {
    const standing = this.standing(view, layer, at);
    const { fields, included, deadLettered, lost, conflicts, troubles } = standing;
    const behind = behindOf(standing, end);
    const envelope = {
      ...fields,
      behind,
      deadLettered,
      ...(lost > 0 && { lost }),
      ...(conflicts > 0 && { conflicts }),
      status: statusOf(standing, behind, rows, end),
      at: formatTimestamp(at * 1000),
      ...(troubles.length > 0 && { troubles }),
    };
    return { included, envelope };
  }

  /** The same as JSON. */
  text(
    view: ProductView,
    layer: Layer,
    rows: Iterable<CellStatus>,
    end: LaneOffsets | null,
    at: number,
  ): string {
    const standing = this.standing(view, layer, at);
    const behind = behindOf(standing, end);
    const status = statusOf(standing, behind, rows, end);
    const lost = standing.lost > 0 ? `"lost":${standing.lost},` : '';
    const conflicts = standing.conflicts > 0 ? `"conflicts":${standing.conflicts},` : '';
    return `${standing.head}${behind},"deadLettered":${standing.deadLettered},${lost}${conflicts}"status":"${status}","at":"${momentOf(at)}"${standing.tail}`;
  }

  /** What is wrong with the product, as each answer says it. */
  troubles(view: ProductView, at: number): readonly AnswerTrouble[] {
    return this.standing(view, 'merged', at).troubles;
  }

  included(view: ProductView, layer: Layer): LaneOffsets {
    const standing = (layer === 'batch' ? this.batch : this.merged).get(view);
    if (standing !== undefined) return standing.included;
    return layer === 'batch' ? this.complete(view.base.pointer.cut) : includedIn(view);
  }

  /** The same for answers that say the same, but for when they were read and how much of the log is still to come. */
  tag(view: ProductView, layer: Layer, end: LaneOffsets | null, at: number): string {
    const standing = this.standing(view, layer, at);
    const state = standing.missing || end === null ? 'i' : behindOf(standing, end) > 0 ? 'b' : 'c';
    return (standing.tags[state] ??= `${standing.tag}-${state}`);
  }

  private standing(view: ProductView, layer: Layer, at: number): Standing {
    const known = layer === 'batch' ? this.batch : this.merged;
    let standing = known.get(view);
    if (standing === undefined) known.set(view, (standing = this.make(view, layer, at)));
    return standing;
  }

  private make(view: ProductView, layer: Layer, at: number): Standing {
    const { plan, sources } = this.layout;
    const { generation, line, cut: before, horizon } = view.base.pointer;
    const cut = this.complete(before);
    const included = layer === 'batch' ? cut : includedIn(view);
    const ledger = layer === 'batch' ? view.base.pointer.ledger : ledgerOf(view);
    const { missing } = view;
    const seen = [
      ...(missing === undefined ? [] : [missing]),
      ...this.refusals(ledger),
      ...this.unaccounted(ledger, included),
    ];
    const [begun, away] = [this.began(layer, seen, at), missing === undefined ? 0 : 1];
    const troubles = [...begun.slice(0, away), ...troublesOf(view).map(troubleOf), ...begun.slice(away)];
    const fields = {
      ...{ topology: plan.topology, generation },
      ...{ cut: toVector(cut, sources), included: toVector(included, sources) },
      ...(horizon !== undefined && { retainedFrom: formatTimestamp(horizon) }),
    };
    const said = troubles.length > 0 ? JSON.stringify(troubles) : null;
    const offsets = JSON.stringify([
      plan.hash,
      included,
      troubles.map(({ since: _, ...trouble }) => trouble),
    ]);
    return {
      ...{
        included,
        fields,
        troubles,
        deadLettered: ledger.deadLettered,
        lost: ledger.lost ?? 0,
        conflicts: ledger.conflicts ?? 0,
        tags: {},
        last: null,
      },
      missing: hasGap(view) || troubles.length > 0,
      head: `${JSON.stringify(fields).slice(0, -1)},"behind":`,
      tail: said === null ? '}' : `,"troubles":${said}}`,
      tag: `${plan.version}.${line}.${generation}-${sumOf(included)}-${checksum32(offsets).toString(36)}`,
    };
  }

  /** With when each was first seen here, as long as it has been seen ever since. */
  private began(layer: Layer, seen: readonly Seen[], at: number): AnswerTrouble[] {
    const before = layer === 'batch' ? this.begunInBatch : this.begun;
    const now = new Map(seen.map(({ layer: where, code }) => [`${where}/${code}`, at]));
    for (const key of now.keys()) now.set(key, before.get(key) ?? at);
    before.clear();
    for (const [key, since] of now) before.set(key, since);
    return seen.map((one) => ({
      ...one,
      since: formatTimestamp((now.get(`${one.layer}/${one.code}`) as number) * 1000),
    }));
  }

  /** What refuses so much is not what people take it for, however well its numbers look. */
  private refusals(ledger: LedgerCounts): Seen[] {
    const share = refusedShare(ledger);
    if (share * 100 <= this.maxRefusedPercent) return [];
    const { product, source } = this.layout.plan;
    const reason = `${product} can't take ${ledger.deadLettered} events, ${Math.round(share * 100)} % of all: see tenon dlq list --source ${source} --product ${product}.`;
    return [{ layer: 'serving', code: 'many-refused', reason }];
  }

  /** Promise 3: every offset below those that are included is a record that the ledger has once. */
  private unaccounted(ledger: LedgerCounts, included: LaneOffsets): Seen[] {
    const accepted = Object.values(included).reduce((sum, next) => sum + next, 0);
    const more = accepted - ledgerTotal(ledger);
    if (more === 0) return [];
    const { product, version } = this.layout.plan;
    const what =
      more > 0
        ? `${more} of ${accepted} offsets are no record that ${product} v${version} knows of: they are lost, or marks of transactions of a writer other than Tenon, or the topic is compacted.`
        : `${product} v${version} accounts for ${-more} records more than the ${accepted} that it includes.`;
    return [{ layer: 'serving', code: 'ledger-open', reason: `The ledger does not close: ${what}` }];
  }

  /** All lanes, also those that nothing was written to yet. */
  private complete(offsets: LaneOffsets): LaneOffsets {
    return Object.fromEntries(
      this.layout.lanes.map(({ source, partition }) => {
        const lane = laneKey(source, partition);
        return [lane, offsets[lane] ?? 0];
      }),
    );
  }
}

/** A trouble that an answer shows by itself. */
type Seen = Omit<AnswerTrouble, 'since'>;

/** The same object of offsets is the same end: it is not counted again for each answer. */
function behindOf(standing: Standing, end: LaneOffsets | null): number {
  if (end === null) return 0;
  if (standing.last?.end !== end) standing.last = { end, behind: countBetween(standing.included, end) };
  return standing.last.behind;
}

let lastMoment = { at: NaN, text: '' };

/** Answers of one millisecond have one text. */
function momentOf(at: number): string {
  if (lastMoment.at !== at) lastMoment = { at, text: formatTimestamp(at * 1000) };
  return lastMoment.text;
}

const sumOf = (offsets: LaneOffsets): string =>
  Object.values(offsets)
    .reduce((sum, one) => sum + one, 0)
    .toString(36);

function statusOf(
  { missing }: Standing,
  behind: number,
  rows: Iterable<CellStatus>,
  end: LaneOffsets | null,
): AnswerEnvelope['status'] {
  // Where it can't be known how much is missing, the answer can't claim to be complete.
  return answerStatus({ missing: missing || end === null, behind, rows });
}

/** As an answer has it, times as texts. */
function troubleOf({ since, ...trouble }: Trouble): AnswerTrouble {
  return { ...trouble, since: formatTimestamp(since * 1000) };
}
