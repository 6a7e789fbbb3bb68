/** One in-memory DuckDB and its connections. */
import { DuckDBInstance } from '@duckdb/node-api';
import type { DuckDBConnection, DuckDBDataChunk, DuckDBMaterializedResult } from '@duckdb/node-api';
import { TenonError } from '@tenon/errors';
import { readTextsWhole } from './texts';

export interface DatabaseOptions {
  readonly threads?: number;
  readonly memoryLimit?: string;
  /** Where DuckDB may spill to; absent: nowhere. */
  readonly tempDirectory?: string;
  /** Whether statements may read and write files. */
  readonly files: boolean;
}

readTextsWhole();

const INTERRUPT_MS = 50;

const ended = () => new TenonError('engine-failed', 'The engine ends.', { retryable: true });

/** What a session runs first. The calendar is UTC everywhere, so that no machine's zone changes a result. */
const SESSION = "SET TimeZone = 'UTC'";

export class Database {
  private readonly idle: DuckDBConnection[] = [];
  private readonly lent = new Set<DuckDBConnection>();
  private ending: NodeJS.Timeout | null = null;

  private constructor(
    private readonly instance: DuckDBInstance,
    private readonly prologue: readonly string[],
  ) {}

  /** @param prologue statements that each new connection runs */
  static async open(options: DatabaseOptions, prologue: readonly string[] = []): Promise<Database> {
    const instance = await DuckDBInstance.create(':memory:', {
      // Only what is built in: an engine that downloads code, or differs by what a machine has, is no engine.
      autoinstall_known_extensions: 'false',
      autoload_known_extensions: 'false',
      allow_community_extensions: 'false',
      enable_external_access: String(options.files),
      threads: String(options.threads ?? 2),
      ...(options.memoryLimit !== undefined && { memory_limit: options.memoryLimit }),
      ...(options.tempDirectory !== undefined && { temp_directory: options.tempDirectory }),
    });
    return new Database(instance, [SESSION, ...prologue]);
  }

  /** Lends a connection; temporary tables belong to it. */
  async acquire(): Promise<DuckDBConnection> {
    if (this.ending !== null) throw ended();
    const connection = this.idle.pop() ?? (await this.connect());
    this.lent.add(connection);
    return connection;
  }

  release(connection: DuckDBConnection): void {
    this.lent.delete(connection);
    this.idle.push(connection);
  }

  private async connect(): Promise<DuckDBConnection> {
    const connection = await this.instance.connect();
    for (const statement of this.prologue) await connection.run(statement);
    return connection;
  }

  /** Ends what runs, whatever it does, and lends no connection any more: the process is about to end. */
  interrupt(): void {
    // A work of several statements goes on with its next one: it is told until its connection is back.
    const tell = () => this.lent.forEach((connection) => connection.interrupt());
    this.ending ??= setInterval(tell, INTERRUPT_MS).unref();
    tell();
  }

  async use<T>(work: (connection: DuckDBConnection) => Promise<T>): Promise<T> {
    const connection = await this.acquire();
    try {
      return await work(connection);
    } finally {
      this.release(connection);
    }
  }

  close(): void {
    if (this.ending !== null) clearInterval(this.ending);
    for (const connection of this.idle.splice(0)) connection.closeSync();
    this.instance.closeSync();
  }
}

/**
 * Ends what runs on a connection once the signal aborts.
 *
 * @throws the signal's reason then, whatever the work ended with
 */
export async function endedBy<T>(
  connection: Pick<DuckDBConnection, 'interrupt'>,
  signal: AbortSignal | undefined,
  work: () => Promise<T>,
): Promise<T> {
  if (signal === undefined) return work();
  let telling: NodeJS.Timeout | undefined;
  const tell = () => {
    // A work of several statements goes on with its next one.
    telling ??= setInterval(() => connection.interrupt(), INTERRUPT_MS);
    connection.interrupt();
  };
  signal.addEventListener('abort', tell, { once: true });
  try {
    signal.throwIfAborted();
    const result = await work();
    signal.throwIfAborted();
    return result;
  } catch (error) {
    throw signal.aborted ? signal.reason : error;
  } finally {
    signal.removeEventListener('abort', tell);
    clearInterval(telling);
  }
}

export async function query(connection: DuckDBConnection, sql: string): Promise<DuckDBDataChunk[]> {
  return chunksOf(await connection.run(sql));
}

/** The chunks of a result that is there already: fetching each would be a turn through the thread pool for nothing. */
export function chunksOf(result: DuckDBMaterializedResult): DuckDBDataChunk[] {
  return Array.from({ length: result.chunkCount }, (_, index) => result.getChunk(index));
}

/** An error's message. Errors of native code need not be of this realm's `Error`, so only their shape is asked for. */
export function messageOf(error: unknown): string {
  const { message } = (error ?? {}) as { message?: unknown };
  return typeof message === 'string' ? message : String(error);
}

/**
 * Errors that no record and no product is to blame for: files and disk, a query that was interrupted, a database that has to be
 * opened anew. Any other class may be the data's doing: DuckDB tells a time zone that is none from a cast that overflows, and neither
 * from a fault, by class only now and then.
 */
const ENVIRONMENT_ERROR =
  /^(IO|Connection|Interrupt|INTERRUPT|FATAL|Fatal|Permission) Error|database has been invalidated/;

export const isEnvironmentError = (error: unknown) =>
  error instanceof TenonError || ENVIRONMENT_ERROR.test(messageOf(error));

/** Also as JSON, as sessions with `errors_as_json` have it. */
export const isOutOfMemory = (error: unknown) =>
  /^(Out of Memory Error|\{"exception_type":"Out of Memory")/.test(messageOf(error));

/** Of a statement that was told to end: it says nothing of the data, nor of the engine. */
export const isInterrupted = (error: unknown) => messageOf(error).startsWith('INTERRUPT Error');

/** An error of DuckDB's that is not about data, as the engine's. */
export function engineFailure(error: unknown, doing: string): TenonError {
  if (error instanceof TenonError) return error;
  if (isInterrupted(error)) return ended();
  const message = messageOf(error);
  return new TenonError('engine-failed', `${doing}: ${message}`, {
    retryable: /^(Out of Memory|IO) Error/.test(message),
    cause: error,
  });
}
