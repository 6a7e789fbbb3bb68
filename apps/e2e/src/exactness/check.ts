/** An answer against the oracle at the offsets that the answer names. */
import type { AnswerEnvelope, Row, RowsAnswer } from '@tenon/contracts';
import type { AcceptedLog } from './accepted';
import type { Expected, ExpectedLedger, Vector } from './oracle';
import { horizonOf, recompute } from './oracle';
import type { Cell, OracleProduct } from './products';
import { Between } from './products';

export type Layer = 'merged' | 'batch' | 'speed';

/** An answer that is not what it must be. */
export class Wrong extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'Wrong';
  }
}

export interface Asked {
  readonly layer: Layer;
  /** Which cells were asked for, by their keys. */
  readonly wanted?: (key: readonly Cell[]) => boolean;
  /** False: it is not known when the cut was, so nothing of it is final. */
  readonly timed?: boolean;
  /** Told how many rows are past the retention. */
  readonly past?: (rows: number) => void;
}

/** The layer whose store was away when it was asked; null: both were there. */
export function awayIn({ troubles = [] }: Pick<AnswerEnvelope, 'troubles'>): 'batch' | 'speed' | null {
  const trouble = troubles.find(({ code }) => code === 'layer-away');
  return (trouble?.layer as 'batch' | 'speed' | undefined) ?? null;
}

/** What an answer is: that of the layer that was asked for, or with the store of one away what the other can say. */
function layerOf({ answer }: RowsAnswer, asked: Layer): Layer {
  const away = awayIn(answer);
  if (away === null) return asked;
  if (answer.status !== 'incomplete')
    throw new Wrong(`the ${away} layer is away, and the answer is ${answer.status}`);
  if (asked !== 'merged') throw new Wrong(`layer ${asked} was asked for, and ${away} is said to be away`);
  return away === 'batch' ? 'speed' : 'batch';
}

/** @returns how many rows were compared @throws Wrong */
export function checkRows(
  product: OracleProduct,
  log: AcceptedLog,
  answer: RowsAnswer,
  { layer: asked, wanted = () => true, timed = true, past = () => undefined }: Asked,
): number {
  const layer = layerOf(answer, asked);
  const cut = answer.answer.cut[product.source] ?? {};
  const included = answer.answer.included[product.source] ?? {};
  log.refresh();
  checkVectors(log, answer.answer, layer, cut, included);
  const fold = (from: Vector, to: Vector) => recompute(product, log.partitions, log.marks, from, to);
  const base = fold({}, cut);
  const speed = fold(cut, included);
  const expected = layer === 'merged' ? fold({}, included) : layer === 'batch' ? base : speed;
  const horizon = horizonOf(product, log.partitions, cut);
  const isPast = (key: readonly Cell[]) =>
    horizon !== null && Date.parse(String(key[0])) * 1000 + (product.windowMicros ?? 0) <= horizon;
  const all = [...expected.rows].map(([key, row]) => [key, row, JSON.parse(key) as Cell[]] as const);
  past(all.filter(([, , key]) => isPast(key)).length);
  const rows = new Map(
    all.flatMap(([id, row, key]) => (wanted(key) && !isPast(key) ? [[id, row] as const] : [])),
  );
  const others = Object.keys(answer.answer.included).filter((source) => source !== product.source);
  if (others.length > 0) throw new Wrong(`${product.name} names ${others.join()}, which it does not read`);
  const where = `${product.name} (${answer.answer.topology}, ${layer}, generation ${answer.answer.generation}, cut ${JSON.stringify(cut)}, included ${JSON.stringify(included)})`;
  let before: readonly Cell[] | null = null;
  for (const row of answer.rows) {
    const key = product.keyColumns.map((column) => row[column] as Cell);
    const id = JSON.stringify(key);
    const want = rows.get(id);
    if (want === undefined) throw new Wrong(`${where}: ${id} should not be there: ${JSON.stringify(row)}`);
    rows.delete(id);
    for (const [column, value] of Object.entries(want)) {
      if (!same(value, row[column] as Cell))
        throw new Wrong(`${where}: ${id} ${column} is ${text(row[column])}, should be ${text(value)}`);
    }
    if (before !== null && !inOrder(before, key)) throw new Wrong(`${where}: ${id} is out of order`);
    before = key;
    if (timed || row._status !== 'provisional') checkStatus(where, product, row, id, layer, base, speed);
  }
  const [lacking] = rows.keys();
  if (lacking !== undefined)
    throw new Wrong(
      `${where}: ${rows.size} of ${expected.rows.size} rows are missing, e.g. ${lacking} ${text(rows.get(lacking))}`,
    );
  return answer.rows.length;
}

function checkVectors(log: AcceptedLog, answer: AnswerEnvelope, layer: Layer, cut: Vector, included: Vector) {
  const end = log.end();
  for (const partition of Object.keys(end)) {
    const [c, i, e] = [cut[partition], included[partition], end[partition] as number];
    if (c === undefined || i === undefined) throw new Wrong(`partition ${partition} is not named`);
    if (c > i) throw new Wrong(`the cut ${c} lies behind included ${i} in partition ${partition}`);
    if (i > e) throw new Wrong(`included ${i} lies behind the log's end ${e} in partition ${partition}`);
    if (layer === 'batch' && c !== i) throw new Wrong(`layer batch includes ${i}, its cut is ${c}`);
  }
  if (answer.status === 'final' && answer.behind > 0) throw new Wrong('a final answer is behind');
}

/** `final` may become `amended` by what happened before; that alone the offsets do not tell. */
function checkStatus(
  where: string,
  product: OracleProduct,
  row: Row,
  id: string,
  layer: Layer,
  base: Expected,
  speed: Expected,
): void {
  const inBase = layer !== 'speed' && base.cells.has(id);
  const inSpeed = layer !== 'batch' && speed.cells.has(id);
  const over =
    product.windowMicros !== null &&
    base.latestWindow !== null &&
    Date.parse(String(JSON.parse(id)[0])) * 1000 + product.windowMicros <= base.latestWindow;
  const allowed = !over
    ? ['provisional']
    : inBase && inSpeed
      ? ['amended']
      : inSpeed
        ? ['provisional']
        : ['final', 'amended'];
  if (!allowed.includes(row._status))
    throw new Wrong(`${where}: ${id} is ${row._status}, should be ${allowed.join(' or ')}`);
}

function same(want: Cell | Between, is: Cell): boolean {
  if (want instanceof Between) return typeof is === 'number' && is >= want.low && is <= want.high;
  return Object.is(want, is) || (want === 0 && is === 0);
}

const text = (value: unknown) =>
  value instanceof Between ? `from ${value.low} to ${value.high}` : JSON.stringify(value);

/** Window first, then the dimensions; all keys here are text. */
function inOrder(before: readonly Cell[], after: readonly Cell[]): boolean {
  for (const [index, value] of before.entries()) {
    const next = String(after[index]);
    if (String(value) !== next) return String(value) < next;
  }
  return false;
}

export interface LedgerAnswer extends ExpectedLedger {
  readonly product: string;
  readonly included: Vector;
  readonly accepted: number;
}

/**
 * Every record below the offsets is in exactly the count that the oracle says.
 *
 * @param uncounted of these a release before may have counted none
 */
export function checkLedger(
  product: OracleProduct,
  log: AcceptedLog,
  answer: LedgerAnswer,
  uncounted: readonly (keyof ExpectedLedger)[] = [],
): void {
  log.refresh();
  const { ledger } = recompute(product, log.partitions, log.marks, {}, answer.included);
  const names = Object.keys(ledger) as (keyof ExpectedLedger)[];
  for (const name of names) {
    const count = answer[name] ?? 0;
    const isRight = uncounted.includes(name) ? count <= ledger[name] : count === ledger[name];
    if (!isRight)
      throw new Wrong(
        `ledger of ${product.name} at ${JSON.stringify(answer.included)}: ${name} is ${answer[name]}, should be ${ledger[name]}`,
      );
  }
  const parts = names.filter((name) => name !== 'conflicts');
  const total = parts.reduce((sum, name) => sum + answer[name], 0);
  if (total !== answer.accepted)
    throw new Wrong(`ledger of ${product.name}: ${total} accounted for, ${answer.accepted} accepted`);
}
