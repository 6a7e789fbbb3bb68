import type { LogFrameWriter } from './log-frame-writer';

/** The appends that are written, synced and acknowledged together. */
export class CommitGroup {
  /** One of them wants to be on the disk before it is acknowledged; then all are. */
  durable = false;
  /** The offset of the group's first record, once it is acknowledged. */
  readonly base: Promise<number>;
  resolve!: (base: number) => void;
  reject!: (error: unknown) => void;

  constructor(readonly writer: LogFrameWriter) {
    this.base = new Promise<number>((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    // An append that failed in another partition does not come to see this one's failure.
    this.base.catch(() => undefined);
  }
}

/** Where a record will stand: `await group.base`, plus `index`. */
export interface Placed {
  readonly group: { readonly base: Promise<number> };
  readonly index: number;
}
