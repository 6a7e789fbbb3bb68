/**
 * How far each file has been loaded into a source of a log, kept on the client's side. Losing it does no harm within
 * the source's dedupe window, since the ids of the rows say what is known already; a longer file needs it.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { OffsetVector } from '@tenon/domain';

export interface Checkpoint {
  readonly v: 1;
  /** The digest that the ids of the rows are made of: the file's, when it was first loaded. */
  readonly base: string;
  /** The file as it was when this was written. */
  readonly size: number;
  readonly digest: string;
  /** Fields that the ids are made of; absent: of `base`. */
  readonly id?: readonly string[];
  /** Rows that have been answered, from the first on. */
  readonly rows: number;
  readonly accepted: number;
  readonly rejected: number;
  /** All of the file's rows. */
  readonly complete: boolean;
  /** Where its last events stand in the log. */
  readonly offsets: OffsetVector;
}

export class Checkpoints {
  private constructor(private readonly directory: string | null) {}

  /**
   * @param log identifies the log that events go to, so that a new one is not taken for one that has the rows
   */
  static open(log: string, source: string, directory: string = stateDirectory()): Checkpoints {
    const name = createHash('sha256').update(`${log}\0${source}`).digest('hex').slice(0, 32);
    return new Checkpoints(join(directory, name));
  }

  /** Keeps nothing. */
  static none(): Checkpoints {
    return new Checkpoints(null);
  }

  /** Every checkpoint of this source; unreadable ones count as none. */
  all(): Checkpoint[] {
    if (this.directory === null) return [];
    try {
      const files = readdirSync(this.directory).filter((name) => name.endsWith('.json'));
      return files.flatMap((name) => this.read(join(this.directory!, name)) ?? []);
    } catch {
      return [];
    }
  }

  /** Replaces the checkpoint as a whole. A directory that can't be written to costs the comfort, not the load. */
  save(checkpoint: Checkpoint): void {
    if (this.directory === null) return;
    try {
      mkdirSync(this.directory, { recursive: true });
      const { base, id } = checkpoint;
      const path = join(this.directory, `${base}${id === undefined ? '' : `-${nameOf(id)}`}.json`);
      writeFileSync(`${path}.new`, JSON.stringify(checkpoint));
      renameSync(`${path}.new`, path);
    } catch {
      // The ids still keep the rows from counting twice.
    }
  }

  private read(path: string): Checkpoint | undefined {
    try {
      const checkpoint = JSON.parse(readFileSync(path, 'utf8')) as Checkpoint;
      return checkpoint.v === 1 ? checkpoint : undefined;
    } catch {
      return undefined;
    }
  }
}

const nameOf = (id: readonly string[]) =>
  createHash('sha256').update(JSON.stringify(id)).digest('hex').slice(0, 16);

/** Those of loads whose rows had their ids from the same fields. */
export const ofIds = (checkpoints: readonly Checkpoint[], id: readonly string[] | undefined) =>
  checkpoints.filter((one) => JSON.stringify(one.id) === JSON.stringify(id));

/**
 * The checkpoint to go on from: of this very file, or of one that this file has grown out of (its first bytes are that
 * file), so that rows which were loaded keep their ids.
 */
export function matching(
  checkpoints: readonly Checkpoint[],
  digests: { readonly size: number; readonly full: string; readonly prefixes: ReadonlyMap<number, string> },
): Checkpoint | undefined {
  return checkpoints
    .filter((one) => one.digest === digests.full || digests.prefixes.get(one.size) === one.digest)
    .sort((a, b) => b.size - a.size)[0];
}

/** Where state that can be made again belongs: `$XDG_STATE_HOME/tenon/load`, by default below `~/.local/state`. */
export function stateDirectory(): string {
  return join(process.env['XDG_STATE_HOME'] || join(homedir(), '.local', 'state'), 'tenon', 'load');
}
