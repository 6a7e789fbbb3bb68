/** A product that counts visits by page, and documents of it. */
import type { BaseDocument, ProgressDocument, SpeedDocument } from '@tenon/contracts';
import { STORE_KEYS, pointerDocument } from '@tenon/contracts';
import type { LedgerCounts, Plan, Pointer } from '@tenon/domain';
import { EMPTY_LEDGER, cellKey, emptyPointer } from '@tenon/domain';
import { layoutOf } from '../layout';

export const PLAN: Plan = {
  ...{ v: 1, product: 'visits', version: 3, source: 'clicks', topology: 'lambda' },
  ...{ retentionMicros: null, description: null, sql: '', hash: 'h1', columns: [], measures: [] },
  key: [{ column: 'page', type: 'VARCHAR' }],
  window: null,
  states: [{ kind: 'count' }],
  engine: { columns: [], partial: '', rows: null, finalize: null },
};

export const LAYOUT = layoutOf(PLAN, [{ name: 'clicks', partitions: 2 }]);
export const PRODUCT = LAYOUT.product;

export const ledger = (aggregated: number): LedgerCounts => ({ ...EMPTY_LEDGER, aggregated });

export const idOfPage = (page: string) => cellKey(LAYOUT.types, [page]);

export const pointer = (fields: Partial<Pointer> = {}): Record<string, unknown> => ({
  [STORE_KEYS.pointer(PRODUCT)]: pointerDocument({ ...emptyPointer('h1'), ...fields }),
});

/** Progress of one epoch of a lane. */
export const progress = (
  epoch: number,
  partition: number,
  start: number,
  next: number,
  fields: Partial<ProgressDocument> = {},
): Record<string, ProgressDocument> => ({
  [STORE_KEYS.progress(PRODUCT, epoch, partition)]: {
    ...{
      v: 1,
      start,
      next,
      closed: false,
      nextEpoch: epoch + 1,
      ledger: ledger(next - start),
      watermark: null,
    },
    ...fields,
  },
});

/** Page → generation → count. */
export const base = (
  line: number,
  pages: Readonly<Record<string, Readonly<Record<number, number>>>>,
): Record<string, BaseDocument> =>
  Object.fromEntries(
    Object.entries(pages).map(([page, versions]) => [
      STORE_KEYS.base(PRODUCT, line) + idOfPage(page),
      {
        k: [page],
        v: Object.entries(versions)
          .map(([g, count]) => ({ g: Number(g), s: [count] }))
          .sort((a, b) => b.g - a.g),
      },
    ]),
  );

/** Page → count, of one epoch of a lane. */
export const speed = (
  epoch: number,
  partition: number,
  pages: Readonly<Record<string, number>>,
): Record<string, SpeedDocument> =>
  Object.fromEntries(
    Object.entries(pages).map(([page, count]) => [
      STORE_KEYS.speed(PRODUCT, epoch, partition) + idOfPage(page),
      { k: [page], s: [count] },
    ]),
  );
