/**
 * Counts the situations that the protocol's guards are for where they really occur: by what services log, by what their
 * transactions write, and by what the engine is asked; not by what the seed intends.
 */
import type { PointerDocument, RangeAccountDocument } from '@tenon/contracts';
import { isPointerKey, isStretchesKey } from '@tenon/contracts';
import type { Logger, StoreTable, StoreTransaction, Trouble } from '@tenon/ports';
import type { Counters } from './counters';
import type { Process } from './simulation';

/** What consumption says of a range that it does not take. */
interface PassedOver {
  readonly range: string;
  readonly full: boolean;
  readonly line: number;
  readonly from: number;
  readonly to: number;
  readonly served: { readonly line: number; readonly generation: number };
}

export const SEEN = {
  otherLine: 'incremental ranges of another line at the served generation',
  begunOnOtherLine: 'incremental ranges of which a part landed on another line',
  overtaken: 'full ranges overtaken by an incremental one',
  laterEpoch: 'cuts at a later epoch in a partition',
  archivedTwice: 'archive files whose records another instance had archived',
  deathInFold: 'deaths inside a Kappa fold',
  twoLanders: 'ranges landed by two instances at once',
  damaged: 'damaged states records met',
  pruned: 'prunings beside a read',
  older: 'partitions read from the archive',
  stretches: 'stretches named',
  past: 'answers without rows past their retention',
  awkward: 'answers with columns of awkward names',
  declaredLater: 'fields declared later',
  before: 'events from before a field was declared',
} as const;

/** What was said of a product by a service. */
export const said = (code: string) => `troubles said: ${code}`;

/** What one attempt of a transaction did. */
class Writes {
  readonly bases = new Set<string>();
  readonly accounts = new Map<string, RangeAccountDocument | null>();
  stretches = 0;
  pointer: PointerDocument | null = null;
  pointerOf = '';
  /** Products of which cells were deleted. */
  readonly pruned = new Set<string>();

  put(table: StoreTable, key: string, value: unknown): void {
    if (table === 'base') this.bases.add(productOf(key));
    if (table !== 'meta') return;
    if (key.startsWith('range/')) this.accounts.set(key, value as RangeAccountDocument);
    if (isStretchesKey(key)) this.stretches += 1;
    if (!isPointerKey(key)) return;
    this.pointer = value as PointerDocument;
    this.pointerOf = key.slice('pointer/'.length);
  }

  delete(table: StoreTable, key: string): void {
    if (table === 'meta' && key.startsWith('range/')) this.accounts.set(key, null);
    if (table !== 'meta') this.pruned.add(productOf(key));
  }
}

/** Of a key of cells. */
const productOf = (key: string) => key.slice(0, key.indexOf('/'));

export class Sightings {
  /** Process → products of which it has folded a part into a base view that is not served yet. */
  private readonly folding = new Map<Process, Set<string>>();
  /** Range → who has landed slices of it. */
  private readonly landers = new Map<string, Set<Process>>();
  private readonly slices = new Map<string, number>();
  private readonly once = new Set<string>();
  /** Of each product, reads of a view of it that are under way. */
  private readonly reads = new Map<string, number>();

  /** @param kappa ids of products that consumption folds by itself */
  constructor(
    private readonly counters: Counters,
    private readonly kappa: ReadonlySet<string>,
  ) {}

  /** Counts what is found again and again once. */
  private see(what: string, which: string): void {
    if (this.once.has(`${what} ${which}`)) return;
    this.once.add(`${what} ${which}`);
    this.counters.add(what);
  }

  logger(inner: Logger): Logger {
    return {
      debug: (fields, message) => {
        if (message.startsWith('a range is of the past')) this.passedOver(fields as PassedOver);
        inner.debug(fields, message);
      },
      info: (fields, message) => {
        if (message.startsWith('another instance has archived')) this.counters.add(SEEN.archivedTwice);
        if (message.startsWith('the log has let records go')) this.counters.add(SEEN.older);
        inner.info(fields, message);
      },
      warn: (fields, message) => inner.warn(fields, message),
      error: (fields, message) => {
        if (message === 'unreadable states message') {
          const { topic, partition, offset } = fields as Record<string, unknown>;
          this.see(SEEN.damaged, `${topic} ${partition} ${offset}`);
        }
        inner.error(fields, message);
      },
      child: (fields) => this.logger(inner.child(fields)),
    };
  }

  /** What was injected is said of a product. */
  trouble(_process: Process, product: string, { layer, code }: Pick<Trouble, 'layer' | 'code'>): void {
    this.see(said(code), `${product} ${layer}`);
  }

  private passedOver({ range, full, line, from, to, served }: PassedOver): void {
    if (full && line === served.line + 1 && to < served.generation) this.see(SEEN.overtaken, range);
    if (full || line === served.line || from !== served.generation) return;
    this.see(SEEN.otherLine, range);
    if (this.slices.has(range)) this.see(SEEN.begunOnOtherLine, range);
  }

  /** True while this process is in the middle of folding a base view that nobody sees yet. */
  isFolding(process: Process, product?: string): boolean {
    const products = this.folding.get(process);
    return products !== undefined && (product === undefined ? products.size > 0 : products.has(product));
  }

  /** True while this process is in the middle of a fold of closed epochs. */
  isFoldingKappa(process: Process): boolean {
    return [...(this.folding.get(process) ?? [])].some((product) => this.kappa.has(product));
  }

  died(process: Process): void {
    if (this.isFoldingKappa(process)) this.counters.add(SEEN.deathInFold);
    this.folding.delete(process);
  }

  /** Runs a transaction, and looks at what it wrote once it has committed. */
  async transact<T>(
    process: Process,
    transact: (work: (tx: StoreTransaction) => Promise<T>) => Promise<T>,
    work: (tx: StoreTransaction) => Promise<T>,
  ): Promise<T> {
    let writes = new Writes();
    const result = await transact((tx) => {
      writes = new Writes();
      return work(watched(tx, writes));
    });
    this.committed(process, writes);
    return result;
  }

  private committed(
    process: Process,
    { bases, accounts, pointer, pointerOf, pruned, stretches }: Writes,
  ): void {
    this.counters.add(SEEN.stretches, stretches);
    const mine = this.folding.get(process) ?? new Set<string>();
    this.folding.set(process, mine);
    for (const product of bases) mine.add(product);
    for (const [key, account] of accounts) this.landed(process, key, account, bases.size > 0);
    if (pointer !== null) {
      for (const products of this.folding.values()) products.delete(pointerOf);
      if (Object.values(pointer.epochs).some((epoch) => Number(epoch) > Number(pointer.generation)))
        this.counters.add(SEEN.laterEpoch);
    }
    for (const product of pruned) if ((this.reads.get(product) ?? 0) > 0) this.counters.add(SEEN.pruned);
  }

  /** @param account null: with this the whole range has landed */
  private landed(process: Process, key: string, account: RangeAccountDocument | null, cells: boolean): void {
    const range = key.split('/').slice(2).join('/');
    const before = this.slices.get(range) ?? 0;
    const grew = account === null ? cells : account.landed.length > before;
    if (!grew) return;
    this.slices.set(range, account?.landed.length ?? before + 1);
    const landers = this.landers.get(range) ?? new Set<Process>();
    this.landers.set(range, landers.add(process));
    if ([...landers].filter(({ alive }) => alive).length > 1) this.see(SEEN.twoLanders, range);
  }

  get isRead(): boolean {
    return [...this.reads.values()].some((count) => count > 0);
  }

  /** A view of a product is being read. @returns to be called when it is over */
  reading(product: string): () => void {
    this.reads.set(product, (this.reads.get(product) ?? 0) + 1);
    return () => this.reads.set(product, (this.reads.get(product) ?? 0) - 1);
  }
}

const watched = (tx: StoreTransaction, writes: Writes): StoreTransaction => ({
  get: (table, key) => tx.get(table, key),
  getMany: (table, keys) => tx.getMany(table, keys),
  put: (table, key, value) => {
    writes.put(table, key, value);
    tx.put(table, key, value);
  },
  putJson: (table, key, json, places) => {
    writes.put(table, key, null);
    tx.putJson(table, key, json, places);
  },
  delete: (table, key, places) => {
    writes.delete(table, key);
    tx.delete(table, key, places);
  },
});
