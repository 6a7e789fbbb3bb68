/**
 * Files in a private directory through which records reach DuckDB: a line of JSON each, which it parses in parallel and
 * far faster than it takes parameters. In memory (/dev/shm) where the machine has that.
 */
import {
  closeSync,
  existsSync,
  ftruncateSync,
  openSync,
  renameSync,
  rmSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { OwnDirectory } from './own-directory';
import { ownDirectory } from './own-directory';

const CHUNK = 1 << 20;

/**
 * Files of more than a chunk are kept and written over: to get pages from the kernel and give them back costs about as much
 * as to fill them. So many of them, and none of more bytes.
 */
const MOST_KEPT = 2;
const LARGEST_KEPT = 16 << 20;

export class Spool {
  private readonly own: OwnDirectory;
  private files = 0;
  private readonly buffer = Buffer.allocUnsafe(CHUNK);
  private readonly kept: string[] = [];

  constructor(parent: string | undefined) {
    this.own = ownDirectory(parent ?? (existsSync('/dev/shm') ? '/dev/shm' : tmpdir()), 'tenon-engine');
  }

  get directory(): string {
    return this.own.path;
  }

  /** Writes a file line by line; `write` puts one line's parts. The file is the caller's to remove. */
  write(fill: (line: LineWriter) => void): SpoolFile {
    // A name is used once: whoever has read a file may know it by its name.
    const path = join(this.directory, `${(this.files += 1)}.ndjson`);
    const target = new Target(path, this.kept);
    const writer = new LineWriter(target, this.buffer);
    try {
      fill(writer);
      writer.end();
    } catch (error) {
      target.close();
      rmSync(path, { force: true });
      throw error;
    }
    target.close();
    return { path, objectSize: objectSizeOf(writer), remove: () => target.remove() };
  }

  close(): void {
    this.own.release();
  }
}

export interface SpoolFile {
  readonly path: string;
  /** What `read_json` is to take for `maximum_object_size`. */
  readonly objectSize: number;
  remove(): void;
}

const SMALLEST_OBJECT = 1 << 14;
const USUAL_OBJECT = 1 << 20;

/**
 * DuckDB allocates buffers of twice this size for each thread and file. No line is longer, small files fit in one buffer that
 * is not much too large for them, and large ones are cut into pieces that keep the threads busy.
 */
const objectSizeOf = ({ written, longestLine }: LineWriter) =>
  Math.max(Math.min(Math.max(written, SMALLEST_OBJECT), USUAL_OBJECT), longestLine + 1024);

/** The file of the lines, made when the first bytes come: by then it is known whether it is a large one. */
class Target {
  private fd: number | null = null;
  private isLarge = false;
  private size = 0;

  constructor(
    private readonly path: string,
    private readonly kept: string[],
  ) {}

  /** @param isLast nothing comes after these bytes */
  append(bytes: Uint8Array, isLast: boolean): void {
    if (this.fd === null) {
      this.isLarge = !isLast;
      this.fd = this.open();
    }
    for (let at = 0; at < bytes.length;) at += writeSync(this.fd, bytes, at);
    this.size += bytes.length;
  }

  private open(): number {
    const old = this.isLarge ? this.kept.pop() : undefined;
    if (old === undefined) return openSync(this.path, 'wx', 0o600);
    renameSync(old, this.path);
    return openSync(this.path, 'r+');
  }

  close(): void {
    if (this.fd === null) return;
    // What it held before may have been longer.
    if (this.isLarge) ftruncateSync(this.fd, this.size);
    closeSync(this.fd);
    this.fd = null;
  }

  remove(): void {
    const { kept, path } = this;
    if (this.isLarge && this.size <= LARGEST_KEPT && kept.length < MOST_KEPT) kept.push(path);
    else unlinkSync(path);
  }
}

/** Gathers lines in one buffer that is used again and again. */
export class LineWriter {
  longestLine = 0;
  /** Bytes of all lines that have ended. */
  written = 0;
  private at = 0;
  private lineBytes = 0;

  constructor(
    private readonly target: Target,
    private readonly buffer: Buffer,
  ) {}

  ascii(text: string): void {
    if (text.length > this.buffer.length) return this.bytes(Buffer.from(text, 'latin1'));
    this.reserve(text.length);
    this.at += this.buffer.write(text, this.at, 'latin1');
    this.lineBytes += text.length;
  }

  /** A whole number, not negative. Digit by digit: a call into the runtime for a few bytes costs more. */
  integer(value: number): void {
    this.reserve(20);
    let digits = 1;
    for (let power = 10; power <= value; power *= 10) digits += 1;
    let rest = value;
    for (let at = this.at + digits - 1; at >= this.at; at--) {
      const next = Math.floor(rest / 10);
      this.buffer[at] = 48 + rest - next * 10;
      rest = next;
    }
    this.at += digits;
    this.lineBytes += digits;
  }

  /** A few bytes that are always the same. */
  constant(bytes: Uint8Array): void {
    this.reserve(bytes.length);
    for (let i = 0; i < bytes.length; i++) this.buffer[this.at + i] = bytes[i]!;
    this.at += bytes.length;
    this.lineBytes += bytes.length;
  }

  text(text: string): void {
    if (text.length * 3 > this.buffer.length) return this.bytes(Buffer.from(text, 'utf8'));
    this.reserve(text.length * 3);
    const written = this.buffer.write(text, this.at, 'utf8');
    this.at += written;
    this.lineBytes += written;
  }

  bytes(bytes: Uint8Array): void {
    this.lineBytes += bytes.length;
    if (bytes.length > this.buffer.length) {
      this.flush();
      this.target.append(bytes, false);
      return;
    }
    this.reserve(bytes.length);
    this.buffer.set(bytes, this.at);
    this.at += bytes.length;
  }

  endLine(): void {
    this.reserve(1);
    this.buffer[this.at++] = 10;
    if (this.lineBytes > this.longestLine) this.longestLine = this.lineBytes;
    this.written += this.lineBytes + 1;
    this.lineBytes = 0;
  }

  /** To be called once, after the last line. */
  end(): void {
    this.flush(true);
  }

  private flush(isLast = false): void {
    this.target.append(this.buffer.subarray(0, this.at), isLast);
    this.at = 0;
  }

  private reserve(bytes: number): void {
    if (this.at + bytes > this.buffer.length) this.flush();
  }
}
