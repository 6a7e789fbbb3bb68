/** Recognizes the window among a product's keys. */
import type { DuckDBIntervalValue } from '@duckdb/node-api';
import type { SourceDefinition, SqlType, WindowShape, WindowSize } from '@tenon/domain';
import { isZone } from '@tenon/domain';
import { type SourceColumn, timeFieldOf } from '../source-columns';
import { type Ast, childrenOf, isAst } from '../sql/ast';
import { namesOf } from './scope';
import { NO_TABLE, selectNode } from './nodes';

const SECOND = 1_000_000;
const DAY = 86_400 * SECOND;

/** date_trunc's units. */
const UNITS = new Map<string, WindowSize>(
  (
    [
      ['microseconds|microsecond|us', 1, 0],
      ['milliseconds|millisecond|ms', 1000, 0],
      ['second|seconds|sec|s', SECOND, 0],
      ['minute|minutes|min|m', 60 * SECOND, 0],
      ['hour|hours|h', 3600 * SECOND, 0],
      ['day|days|d', DAY, 0],
      ['week|weeks|w', 7 * DAY, 0],
      ['month|months|mon', 0, 1],
      ['quarter|quarters', 0, 3],
      ['year|years|yr|y', 0, 12],
      ['decade|decades', 0, 120],
      ['century|centuries', 0, 1200],
      ['millennium|millennia', 0, 12000],
    ] as const
  ).flatMap(([names, sizeMicros, sizeMonths]) =>
    names.split('|').map((name) => [name, { sizeMicros, sizeMonths }] as const),
  ),
);

/** Runs a query without FROM. */
export type Evaluate = (node: Ast) => Promise<unknown>;

/** What holds event time, by `nameOf`, and its type: `event_time`, and the source's `time` where it is a moment or day. */
export type TimeColumns = ReadonlyMap<string, SqlType>;

export const EVENT_TIME: TimeColumns = new Map([['event_time', 'TIMESTAMP']]);

/** A column, or a field within one: names are not told apart by case. */
const nameOf = (path: readonly string[]) => path.join('\u0000').toLowerCase();

export function timeColumnsOf(source: SourceDefinition, columns: readonly SourceColumn[]): TimeColumns {
  const times = new Map(
    columns.filter(({ name }) => name === 'event_time').map(({ name, type }) => [nameOf([name]), type]),
  );
  const own = timeFieldOf(source);
  if (own !== undefined && (own.type === 'TIMESTAMP' || own.type === 'DATE'))
    if (columns.some(({ name }) => name === own.path[0])) times.set(nameOf(own.path), own.type);
  return times;
}

/** Windows of event time, by the columns that hold it. */
export class Windows {
  /** @param plain without those that are shifted or of local time, as in releases before */
  constructor(
    private readonly times: TimeColumns,
    private readonly evaluate: Evaluate,
    private readonly plain = false,
  ) {}

  /**
   * The window that a key is: time_bucket, date_trunc, a cast to DATE or a hop over event time, or over its local time in a constant
   * zone, shifted by constants before or after; and a column of event time that holds days.
   *
   * @param key in terms of the source's columns
   * @returns undefined if the key is no window
   */
  async of(key: Ast | undefined): Promise<WindowShape | undefined> {
    if (key === undefined) return undefined;
    if (this.timeTypeOf(key) === 'DATE') return DAYS;
    if (key['class'] === 'CAST') return this.cast(key);
    if (key['class'] !== 'FUNCTION') return undefined;
    const name = String(key['function_name']).toLowerCase();
    const args = key['children'] as Ast[];
    switch (name) {
      case 'unnest':
        return args[0]?.['function_name'] === 'hop_starts' ? this.of(args[0]) : undefined;
      case 'hop':
      case 'hop_starts':
        return this.sized(await intervalOf(args[1], this.evaluate), args[0]);
      case 'time_bucket':
        return this.bucket(args);
      case 'date_trunc':
      case 'datetrunc': {
        const unit = textOf(args[0]);
        return unit === undefined ? undefined : this.sized(UNITS.get(unit.toLowerCase()), args[1]);
      }
      case 'timezone':
        return this.plain ? undefined : this.shownIn(textOf(args[0]), args[1]);
      case '+':
      case '-':
        return this.plain ? undefined : this.shownLater(name, args);
      default:
        return undefined;
    }
  }

  private async bucket(args: readonly Ast[]): Promise<WindowShape | undefined> {
    if (!args.slice(2).every(isConstant)) return undefined;
    const size = await intervalOf(args[0], this.evaluate);
    const zone = this.plain ? undefined : textOf(args[2]);
    // time_bucket(size, an instant, a zone): days and months of the zone, each shown as the instant at which it begins.
    if (zone !== undefined && isZone(zone) && size !== undefined && this.isInstant(args[1]))
      return ofDays(size) ? { ...size, zone, instants: true } : undefined;
    return this.sized(size, args[1]);
  }

  private async sized(size: WindowSize | undefined, of: Ast | undefined): Promise<WindowShape | undefined> {
    const time = size === undefined ? undefined : await this.timeOf(of);
    return time && { ...(size as WindowSize), ...time };
  }

  private async cast(key: Ast): Promise<WindowShape | undefined> {
    const type = (key['cast_type'] as Ast)['id'];
    const child = key['child'] as Ast;
    if (type !== 'DATE' && (type !== 'TIMESTAMP' || this.plain)) return undefined;
    if (type === 'DATE') {
      const days = await this.sized(DAYS, child);
      if (days !== undefined) return days;
    }
    const window = this.plain ? undefined : await this.of(child);
    if (window === undefined || window.instants === true) return undefined;
    return type === 'TIMESTAMP' || (ofDays(window) && window.labelMicros === undefined) ? window : undefined;
  }

  /** A window of a zone's local time, shown as the instant at which it begins; and that again in UTC. */
  private async shownIn(zone: string | undefined, of: Ast | undefined): Promise<WindowShape | undefined> {
    const window = zone === undefined ? undefined : await this.of(of);
    if (window === undefined || window.labelMicros !== undefined) return undefined;
    // A day that begins at another hour may begin while the clocks are put forward.
    if (hasOrigin(of)) return undefined;
    if (isUtc(zone) && (window.instants === true || window.zone === undefined)) return window;
    return window.zone === zone && window.instants === undefined ? { ...window, instants: true } : undefined;
  }

  private async shownLater(sign: string, args: readonly Ast[]): Promise<WindowShape | undefined> {
    const added = await this.addedBy(sign, args);
    const window = added && (await this.of(added.to));
    if (added === undefined || window === undefined) return undefined;
    if (window.instants === true) return undefined;
    return { ...window, labelMicros: (window.labelMicros ?? 0) + added.micros };
  }

  /** How an expression is made of event time; undefined for all else. */
  private async timeOf(
    node: Ast | undefined,
  ): Promise<Pick<WindowShape, 'zone' | 'shiftMicros'> | undefined> {
    if (node === undefined) return undefined;
    if (this.timeTypeOf(node) !== undefined) return {};
    if (this.plain || node['class'] !== 'FUNCTION') return undefined;
    const name = String(node['function_name']).toLowerCase();
    const args = node['children'] as Ast[];
    if (name === 'timezone') {
      const zone = textOf(args[0]);
      if (zone === undefined || !this.isInstant(args[1])) return undefined;
      return isUtc(zone) ? {} : isZone(zone) ? { zone } : undefined;
    }
    const added = await this.addedBy(name, args);
    const time = added && (await this.timeOf(added.to));
    return added && time && { ...time, shiftMicros: (time.shiftMicros ?? 0) + added.micros };
  }

  /** `x + INTERVAL …`, `INTERVAL … + x`, `x - INTERVAL …`, of fixed lengths. */
  private async addedBy(
    name: string,
    args: readonly Ast[],
  ): Promise<{ to: Ast; micros: number } | undefined> {
    if ((name !== '+' && name !== '-') || args.length !== 2) return undefined;
    const first = name === '+' && isConstant(args[0]!);
    const value = await constantInterval(args[first ? 0 : 1], this.evaluate);
    if (value === undefined || value.months !== 0) return undefined;
    const micros = value.days * DAY + Number(value.micros);
    return { to: args[first ? 1 : 0]!, micros: name === '-' ? -micros : micros };
  }

  /** Event time as TIMESTAMP WITH TIME ZONE: `event_time AT TIME ZONE 'UTC'`, or a cast. The session is in UTC. */
  private isInstant(node: Ast | undefined): boolean {
    if (node === undefined) return false;
    if (node['class'] === 'CAST')
      return (
        (node['cast_type'] as Ast)['id'] === 'TIMESTAMP WITH TIME ZONE' &&
        this.timeTypeOf(node['child']) === 'TIMESTAMP'
      );
    if (node['class'] !== 'FUNCTION' || String(node['function_name']).toLowerCase() !== 'timezone')
      return false;
    const [zone, of] = node['children'] as Ast[];
    return isUtc(textOf(zone)) && this.timeTypeOf(of) === 'TIMESTAMP';
  }

  private timeTypeOf(node: unknown): SqlType | undefined {
    return timeTypeOf(node, this.times);
  }
}

const DAYS = UNITS.get('day') as WindowSize;
const ofDays = (size: WindowSize) => size.sizeMonths > 0 || size.sizeMicros % DAY === 0;
const isUtc = (zone: string | undefined) => /^(?:Etc\/)?(?:UTC|GMT)$/i.test(zone ?? '');

/** A time_bucket with an origin, or an offset. */
function hasOrigin(node: Ast | undefined): boolean {
  if (node?.['class'] === 'CAST') return hasOrigin(node['child'] as Ast);
  const args = (node?.['children'] ?? []) as Ast[];
  return (
    String(node?.['function_name']).toLowerCase() === 'time_bucket' &&
    args.length > 2 &&
    textOf(args[2]) === undefined
  );
}

/** The value of a constant text. */
function textOf(node: Ast | undefined): string | undefined {
  const value = node?.['class'] === 'CONSTANT' ? (node['value'] as Ast)['value'] : undefined;
  return typeof value === 'string' ? value : undefined;
}

/** The order of the keys: the window first (the finest, if there are several), the others as they stand. */
export function orderByWindow(windows: readonly (WindowSize | undefined)[]): number[] {
  const length = (size: WindowSize) => size.sizeMicros + size.sizeMonths * 30 * DAY;
  let first = -1;
  windows.forEach((size, index) => {
    if (size !== undefined && (first < 0 || length(size) < length(windows[first]!))) first = index;
  });
  const others = windows.map((_, index) => index).filter((index) => index !== first);
  return first < 0 ? others : [first, ...others];
}

/** The type of a column of event time; undefined for all else. */
function timeTypeOf(node: unknown, times: TimeColumns): SqlType | undefined {
  const ref = node as Ast | undefined;
  if (!isAst(ref)) return undefined;
  if (ref['class'] === 'CAST') {
    // A cast of the column to the type that it has changes nothing.
    const type = timeTypeOf(ref['child'], times);
    return (ref['cast_type'] as Ast)['id'] === type ? type : undefined;
  }
  return ref['class'] === 'COLUMN_REF' ? times.get(nameOf(namesOf(ref))) : undefined;
}

/** No column in it. */
export function isConstant(node: Ast): boolean {
  return node['class'] !== 'COLUMN_REF' && [...childrenOf(node)].every(isConstant);
}

export async function intervalOf(node: Ast | undefined, evaluate: Evaluate): Promise<WindowSize | undefined> {
  const value = await constantInterval(node, evaluate);
  if (value === undefined) return undefined;
  const sizeMicros = value.days * DAY + Number(value.micros);
  if (value.months > 0 && sizeMicros === 0) return { sizeMicros: 0, sizeMonths: value.months };
  return value.months === 0 && sizeMicros > 0 ? { sizeMicros, sizeMonths: 0 } : undefined;
}

/** The value of a constant interval, or of a text that DuckDB takes for one; undefined if it is neither. */
async function constantInterval(
  node: Ast | undefined,
  evaluate: Evaluate,
): Promise<DuckDBIntervalValue | undefined> {
  if (node === undefined || !isConstant(node)) return undefined;
  const interval: Ast = {
    class: 'CAST',
    type: 'OPERATOR_CAST',
    alias: '',
    child: { ...node, alias: '' },
    cast_type: { id: 'INTERVAL', type_info: null },
    try_cast: false,
  };
  const value = await evaluate(selectNode({ select: [interval], from: NO_TABLE }));
  return typeof value === 'object' && value !== null && 'months' in value
    ? (value as DuckDBIntervalValue)
    : undefined;
}

/** Whether a constant is an interval that no window can have: nothing, below nothing, or months and days mixed. */
export async function isNoWidth(node: Ast | undefined, evaluate: Evaluate): Promise<boolean> {
  const value = await constantInterval(node, evaluate);
  return value !== undefined && (await intervalOf(node, evaluate)) === undefined;
}
