/** Which of the generations that can be read a question means, or precisely why none of them is it. */
import type { LaneOffsets, LedgerCounts, OffsetVector, Pointer } from '@tenon/domain';
import {
  canonicalTimestamp,
  countBetween,
  covers,
  emptyPointer,
  formatTimestamp,
  laneKey,
  ledgerTotal,
  toLanes,
  toVector,
} from '@tenon/domain';
import { HttpProblem } from '@tenon/errors';
import type { Trouble } from '@tenon/ports';
import type { Layer, ProductLayout, ProductView } from '@tenon/views';
import { includedIn, ledgerOf } from '@tenon/views';

/** What an answer included: it is the fold of the records below these offsets, so others that are too have its rows. */
export interface Included {
  readonly offsets: LaneOffsets;
  /** How many of these records are no control records. */
  readonly events: number;
  /** Which rows were past the retention then; absent: none. A later cut may have fewer rows of the same records. */
  readonly horizon?: number | undefined;
}

/** The text of `asOf`: a generation (which is a cut), an answer of before, a cut's offsets, or a time. */
export type AsOf =
  | { readonly kind: 'generation'; readonly generation: number; readonly line: number | null }
  | { readonly kind: 'answer'; readonly generation: number; readonly included: Included }
  | { readonly kind: 'cut'; readonly cut: LaneOffsets }
  | { readonly kind: 'time'; readonly at: number };

const GENERATION = /^(\d{1,12})(?:@(\d{1,12}))?$/;
const ANSWER = /^(\d{1,12})(?:@\d{1,12})?\.([\w-]+)$/;

/** @throws HttpProblem 400 */
export function parseAsOf(text: string): AsOf {
  const [, generation, line] = GENERATION.exec(text) ?? [];
  if (generation !== undefined)
    return {
      kind: 'generation',
      generation: Number(generation),
      line: line === undefined ? null : Number(line),
    };
  const [, of, token] = ANSWER.exec(text) ?? [];
  if (of !== undefined && token !== undefined) {
    const included = readIncluded(token);
    if (included !== undefined) return { kind: 'answer', generation: Number(of), included };
  }
  if (text.startsWith('{')) {
    const cut = readVector(text);
    if (cut !== undefined) return { kind: 'cut', cut };
  }
  const moment = canonicalTimestamp(text);
  if (moment !== undefined && /\d{4}-\d\d-\d\d[T ]/.test(text))
    return { kind: 'time', at: Date.parse(moment.replace(' ', 'T').replace(/Z?$/, 'Z')) };
  throw new HttpProblem(
    400,
    'bad-parameter',
    'asOf is a generation (12), a time (2001-01-31T00:00:00Z), a cut as answers have it, or what answer.self says.',
    { parameter: 'asOf' },
  );
}

/** The generation, and what an answer includes beyond its cut, as `asOf` takes it. */
export function asOfText({ line, generation }: Pointer, beyond: Included | null): string {
  const place = line === 0 ? String(generation) : `${generation}@${line}`;
  if (beyond === null) return place;
  const token = JSON.stringify({ v: 1, o: beyond.offsets, n: beyond.events, h: beyond.horizon });
  return `${place}.${Buffer.from(token).toString('base64url')}`;
}

function readIncluded(token: string): Included | undefined {
  const value = parseJson(Buffer.from(token, 'base64url').toString('utf8')) as {
    readonly v?: unknown;
    readonly o?: unknown;
    readonly n?: unknown;
    readonly h?: unknown;
  } | null;
  if (value?.v !== 1 || !Number.isSafeInteger(value.n) || !isOffsets(value.o)) return undefined;
  const { h: horizon } = value;
  if (horizon !== undefined && !Number.isSafeInteger(horizon)) return undefined;
  return { offsets: value.o, events: value.n as number, horizon: horizon as number | undefined };
}

function readVector(text: string): LaneOffsets | undefined {
  const value = parseJson(text);
  if (typeof value !== 'object' || value === null || !Object.values(value).every(isOffsets)) return undefined;
  return toLanes(value as OffsetVector);
}

const isOffsets = (value: unknown): value is LaneOffsets =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  Object.values(value).every((next) => Number.isSafeInteger(next) && (next as number) >= 0);

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}

const eventsIn = (ledger: LedgerCounts) => ledgerTotal(ledger) - ledger.control;

export const includedBy = (view: ProductView): Included => ({
  offsets: includedIn(view),
  events: eventsIn(ledgerOf(view)),
  horizon: view.base.pointer.horizon,
});

/** What is asked for: a generation, or the view of now, which happens to have the same rows. */
export type Meant = { readonly pointer: Pointer } | 'now';

/**
 * @param readable the generations that can be read, the served one first
 * @param now the view of the same instant
 * @throws HttpProblem 404 `generation-unknown`, 410 `generation-gone`, 410 `answer-gone`
 */
export function meantBy(
  asOf: AsOf,
  layer: Layer,
  layout: ProductLayout,
  readable: readonly Pointer[],
  now: ProductView,
): Meant {
  const refuse = new Refusals(layout, readable);
  switch (asOf.kind) {
    case 'generation':
      // Before the first cut: nothing is before it, and nothing need be kept of that.
      if (asOf.generation === 0) return { pointer: emptyPointer(layout.plan.hash) };
      return { pointer: generationOf(asOf, readable) ?? refuse.generation(asOf.generation) };
    case 'time':
      return { pointer: readable.find(({ at }) => at <= asOf.at) ?? refuse.time(asOf.at) };
    case 'cut':
      return { pointer: readable.find(({ cut }) => isSame(layout, cut, asOf.cut)) ?? refuse.cut(asOf.cut) };
    case 'answer': {
      // What speed alone has depends on where its cut is.
      const has = layer !== 'speed' || now.base.pointer.generation === asOf.generation;
      const meant = has ? answerOf(asOf.included, layout, readable, now) : undefined;
      const isIt = meant === 'now' || layer !== 'speed';
      return (isIt ? meant : undefined) ?? refuse.answer(asOf.generation, asOf.included);
    }
  }
}

/** A trouble that is known now was one of a generation if it is of records before its cut, or was there when it was served. */
export function wasThere({ source, partition, from, since }: Trouble, { cut, at }: Pointer): boolean {
  if (source === undefined || partition === undefined || from === undefined) return since <= at;
  return from < (cut[laneKey(source, partition)] ?? 0);
}

const generationOf = (
  { generation, line }: { readonly generation: number; readonly line: number | null },
  readable: readonly Pointer[],
) => readable.find((one) => one.generation === generation && (line === null || one.line === line));

/** Whatever folded the records below an answer's offsets, and no event more, has its rows, as long as they are not past the retention. */
function answerOf(
  { offsets, events, horizon }: Included,
  layout: ProductLayout,
  readable: readonly Pointer[],
  now: ProductView,
): Meant | undefined {
  const has = (one: Included) =>
    one.horizon === horizon &&
    (isSame(layout, one.offsets, offsets) || (covers(one.offsets, offsets) && one.events === events));
  if (has(includedBy(now))) return 'now';
  const pointer = readable.find((one) =>
    has({ offsets: one.cut, events: eventsIn(one.ledger), horizon: one.horizon }),
  );
  return pointer && { pointer };
}

const isSame = ({ lanes }: ProductLayout, a: LaneOffsets, b: LaneOffsets): boolean =>
  lanes.every(({ source, partition }) => {
    const lane = laneKey(source, partition);
    return (a[lane] ?? 0) === (b[lane] ?? 0);
  });

const momentOf = ({ at }: Pointer) => formatTimestamp(at * 1000);

/** Why nothing that can be read is what was asked for. */
class Refusals {
  private readonly name: string;

  constructor(
    private readonly layout: ProductLayout,
    private readonly readable: readonly Pointer[],
  ) {
    const { product, version } = layout.plan;
    this.name = `${product} v${version}`;
  }

  generation(generation: number): never {
    const [newest] = this.readable;
    if (newest === undefined) throw this.none();
    if (generation > newest.generation)
      throw this.unknown(
        `${this.name} is served at generation ${newest.generation}; ${generation} is not there yet.`,
      );
    const oldest = this.readable.at(-1) as Pointer;
    if (generation < oldest.generation)
      throw this.gone(`Generation ${generation} of ${this.name} is kept no longer.`);
    const after = this.readable.filter((one) => one.generation > generation).at(-1);
    const before = this.readable.find((one) => one.generation < generation);
    throw this.unknown(
      `${this.name} never served generation ${generation}: after ${before?.generation} came ${after?.generation}.`,
    );
  }

  time(at: number): never {
    if (this.readable.length === 0) throw this.none();
    throw this.gone(`What ${this.name} served at ${formatTimestamp(at * 1000)} is kept no longer.`);
  }

  cut(cut: LaneOffsets): never {
    if (this.readable.length === 0) throw this.none();
    const oldest = this.readable.at(-1) as Pointer;
    const said = JSON.stringify(toVector(cut, this.layout.sources));
    if (covers(oldest.cut, cut)) throw this.gone(`The cut ${said} of ${this.name} is kept no longer.`);
    throw this.unknown(`No generation of ${this.name} that is kept has its cut at ${said}.`);
  }

  answer(generation: number, { offsets, events }: Included): never {
    if (this.readable.length === 0) throw this.none();
    const before = this.readable.find(({ cut }) => covers(offsets, cut));
    const after = this.readable.filter(({ cut }) => covers(cut, offsets)).at(-1);
    const parts = [
      `The answer included ${events} records of ${this.name}, beyond the cut of generation ${generation}: what speed had there is gone, or folded with what came after.`,
      before && `Generation ${before.generation} has ${countBetween(before.cut, offsets)} records fewer.`,
      after && `Generation ${after.generation} has ${countBetween(offsets, after.cut)} records more.`,
    ];
    throw new HttpProblem(410, 'answer-gone', parts.filter((part) => part !== undefined).join(' '), {
      ...this.kept(),
      ...(before && { before: before.generation }),
      ...(after && { after: after.generation }),
    });
  }

  private none(): HttpProblem {
    return new HttpProblem(
      404,
      'generation-unknown',
      `${this.name} has served no generation yet: the first one comes with a cut.`,
    );
  }

  private unknown(detail: string): HttpProblem {
    return new HttpProblem(404, 'generation-unknown', detail, this.kept());
  }

  private gone(detail: string): HttpProblem {
    const oldest = this.readable.at(-1) as Pointer;
    const most = this.readable.length - 1;
    return new HttpProblem(
      410,
      'generation-gone',
      `${detail} The oldest that is kept is generation ${oldest.generation}, served from ${momentOf(oldest)} on: the served one and ${most} before it (generations: in products/${this.layout.plan.product}.yaml).`,
      this.kept(),
    );
  }

  private kept(): Record<string, unknown> {
    const place = (one: Pointer | undefined) =>
      one && { generation: one.generation, servedAt: momentOf(one) };
    return { oldest: place(this.readable.at(-1)), newest: place(this.readable[0]) };
  }
}
