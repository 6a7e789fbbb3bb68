/**
 * What the page reads of the HTTP interface (libs/contracts holds the whole of it; a page depends on no library of the
 * server). Fields marked optional may be absent: the page then leaves that part out.
 */

export type Value = null | boolean | number | string | readonly Value[] | { readonly [name: string]: Value };

/** Source → partition → next offset. */
export type OffsetVector = Readonly<Record<string, Readonly<Record<string, number>>>>;

export interface Answer {
  readonly topology: string;
  readonly generation: number;
  readonly cut: OffsetVector;
  readonly included: OffsetVector;
  readonly behind: number;
  readonly status: string;
  readonly at: string;
  /** Events that the product could not take. */
  readonly deadLettered?: number;
  /** Of these, events whose id another one had, with other data. */
  readonly conflicts?: number;
  readonly troubles?: readonly { readonly layer: string; readonly code: string; readonly reason: string }[];
}

/** `_approximate`, where present, lists the columns whose value is an estimate. */
export type Row = { readonly _cell: string; readonly _status: string } & { readonly [column: string]: Value };

/** Data of the SSE events `snapshot` and `rows`. */
export interface LiveMessage {
  readonly rows: readonly Row[];
  /** Cells that are no longer rows (a HAVING drops them now). */
  readonly removed?: readonly string[];
  readonly answer: Answer;
}

export interface RowsPage {
  readonly rows: readonly Row[];
  readonly answer: Answer;
  readonly product: string;
  readonly version: number;
  readonly next: string | null;
}

export interface Column {
  readonly name: string;
  readonly type: string;
  readonly role: string;
}

export interface ProductWindow {
  readonly column: string;
  readonly sizeMicros: number;
  readonly sizeMonths: number;
}

/** A version beside the served one, or that one: as the server tells of it. */
export interface ProductVersion {
  readonly version: number;
  readonly state: string;
  readonly percent?: number;
  readonly behind?: number;
  readonly paused?: boolean;
  /** Events a second at most. */
  readonly throttle?: number;
  readonly promotes?: string;
  /** RFC 3339. */
  readonly until?: string;
  readonly troubles?: readonly { readonly reason: string }[];
}

/** What a version served from a cut on. */
export interface Generation {
  readonly generation: number;
  readonly line: number;
  /** RFC 3339. */
  readonly servedAt: string | null;
}

export type DiffKind = 'changed' | 'onlyA' | 'onlyB';

export interface DiffRow {
  readonly _cell: string;
  readonly kind: DiffKind;
  readonly columns: readonly string[];
  readonly key: { readonly [column: string]: Value };
  readonly a: { readonly [column: string]: Value } | null;
  readonly b: { readonly [column: string]: Value } | null;
}

interface DiffSide {
  readonly version: number;
  readonly generation: number;
  readonly events: number;
}

export interface Diff {
  readonly a: DiffSide;
  readonly b: DiffSide;
  readonly offsets: 'equal' | 'different';
  readonly counts: Readonly<Record<DiffKind | 'same' | 'different', number>>;
  readonly by: string | null;
  readonly columns: readonly {
    readonly name: string;
    readonly changed: number;
    readonly largest: number | null;
  }[];
  readonly columnsOnlyA: readonly string[];
  readonly columnsOnlyB: readonly string[];
  /** The largest differences first. */
  readonly rows: readonly DiffRow[];
  readonly more: boolean;
}

export interface Product {
  readonly name: string;
  readonly version: number;
  readonly topology: string;
  readonly description?: string | null;
  readonly source: string;
  readonly columns: readonly Column[];
  readonly window: ProductWindow | null;
  readonly generation?: number | null;
  readonly cut?: OffsetVector | null;
  readonly status?: string | null;
  readonly versions?: readonly ProductVersion[];
  /** One valid `data` object of the source, for the command that the empty page shows. */
  readonly example?: { readonly [name: string]: Value } | null;
}

export interface ServiceStatus {
  readonly name: string;
  readonly ready: boolean;
  readonly [field: string]: Value;
}

/** `deadLetters` of the status; the reason is `CODE` or `PRODUCT:CODE`. */
export interface LetterCount {
  readonly source: string;
  readonly reason: string;
  readonly count: number;
}

/** RFC 9457. */
export interface Problem {
  readonly status: number;
  readonly title?: string;
  readonly code?: string;
  readonly detail?: string;
}
