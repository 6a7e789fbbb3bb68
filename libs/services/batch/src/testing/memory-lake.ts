/** A lake in memory, of names alone, and an engine whose files are lists of what they hold. */
import type { ArchiveRange, ArchiveRecord, ArchiveWriter, Engine, Lake, PartialCell } from '@tenon/ports';
import type { Plan } from '@tenon/domain';
import { EMPTY_LEDGER, hashHex96 } from '@tenon/domain';
import { TenonError } from '@tenon/errors';

export class MemoryLake implements Lake {
  readonly names = new Map<string, string>();
  private staged = 0;
  beforeCommit: (name: string) => void | Promise<void> = () => undefined;

  constructor(names: readonly string[] = []) {
    for (const name of names) this.names.set(name, name);
  }

  stage = async (): Promise<string> => `/staged/${(this.staged += 1)}`;

  async commit(stagedPath: string, name: string): Promise<void> {
    await this.beforeCommit(name);
    this.names.set(name, stagedPath);
  }

  list = async (prefix: string) =>
    [...this.names.keys()]
      .filter((name) => name.startsWith(prefix))
      .sort()
      .map((name) => ({ name, bytes: 1 }));

  async path(name: string): Promise<string> {
    const path = this.names.get(name);
    if (path === undefined) throw new TenonError('unknown-file', name);
    return path;
  }

  /** Each path holds something else. */
  print = async (path: string) => ({ bytes: 1, digest: hashHex(path) });

  async remove(name: string): Promise<void> {
    this.names.delete(name);
  }
}

export class ListingEngine {
  /** Path → what the file holds: `<offset> <mark>`. */
  readonly files = new Map<string, string[]>();
  /** How many records each call handed over. */
  readonly added: number[] = [];
  discarded = 0;
  /** What each run asked for. */
  readonly runs: (readonly ArchiveRange[])[] = [];
  cells: (readonly PartialCell[])[] = [];
  /** Throw from here, or wait. */
  beforeRun: (plan: Plan) => void | Promise<void> = () => undefined;

  asEngine(): Engine {
    return {
      archiveColumns: () => [{ name: 'price', type: 'DOUBLE' }],
      joinArchive: async (paths, to) => {
        this.files.set(
          to,
          paths.flatMap((path) => this.files.get(path) ?? []),
        );
        return true;
      },
      openArchive: () => this.open(),
      aggregateArchive: async (_source, plan, ranges) => {
        await this.beforeRun(plan);
        this.runs.push(ranges);
        const ledger = { ...EMPTY_LEDGER, aggregated: 7 };
        const ends = new Map(ranges.map(({ partition, to }) => [partition, endOf(to)]));
        return { cells: each(this.cells), ledger, refused: [], ends };
      },
    } as Partial<Engine> as Engine;
  }

  private open(): ArchiveWriter {
    const held: string[] = [];
    return {
      add: async (records: readonly ArchiveRecord[]) => {
        this.added.push(records.length);
        held.push(...records.map(({ record, mark }) => `${record.offset} ${mark}`));
      },
      finish: async (path) => void this.files.set(path, held),
      discard: async () => {
        this.discarded += 1;
      },
    };
  }
}

const hashHex = (text: string) => `${hashHex96(text, '')}00000000`;

/** When the record before an offset was appended, milliseconds. */
export const endOf = (to: number) => 1000 * to;

async function* each<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}
