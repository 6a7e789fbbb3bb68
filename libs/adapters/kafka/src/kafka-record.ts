import type { LogRecord } from '@tenon/ports';
import { Cursor } from './varint';

const NO_BYTES = Buffer.alloc(0);
const names = new Map<string, Buffer>();

/** The bytes of a header name; the few that code asks for are kept. */
function nameBytes(name: string): Buffer {
  const known = names.get(name);
  if (known !== undefined) return known;
  const bytes = Buffer.from(name);
  if (names.size < 256) names.set(name, bytes);
  return bytes;
}

/** A record within the bytes that were fetched: decoded when asked, and never copied. Null lengths are -1. */
export class KafkaRecord implements LogRecord {
  constructor(
    readonly offset: number,
    readonly timestamp: number,
    private readonly bytes: Buffer,
    private readonly keyAt: number,
    private readonly keyLength: number,
    private readonly valueAt: number,
    private readonly valueLength: number,
  ) {}

  get key(): Uint8Array | null {
    return this.keyLength < 0 ? null : this.bytes.subarray(this.keyAt, this.keyAt + this.keyLength);
  }

  get isNull(): boolean {
    return this.valueLength < 0;
  }

  get value(): Uint8Array {
    return this.valueLength <= 0
      ? NO_BYTES
      : this.bytes.subarray(this.valueAt, this.valueAt + this.valueLength);
  }

  /** How much the record counts against `maxBytes`. */
  get size(): number {
    return Math.max(0, this.keyLength) + Math.max(0, this.valueLength);
  }

  headerBytes(name: string): Uint8Array | undefined {
    const wanted = nameBytes(name);
    const cursor = this.headersCursor();
    for (let left = cursor.varint(); left > 0; left--) {
      const nameLength = cursor.varint();
      const nameAt = cursor.at;
      cursor.at += nameLength;
      const valueLength = cursor.skipBytes();
      if (nameLength === wanted.length && isAt(this.bytes, nameAt, wanted)) {
        return valueLength <= 0 ? NO_BYTES : this.bytes.subarray(cursor.at - valueLength, cursor.at);
      }
    }
    return undefined;
  }

  header(name: string): string | undefined {
    const bytes = this.headerBytes(name) as Buffer | undefined;
    return bytes?.toString('utf8');
  }

  headers(): Record<string, string> {
    const all: [string, string][] = [];
    const cursor = this.headersCursor();
    for (let left = cursor.varint(); left > 0; left--) {
      const nameLength = cursor.skipBytes();
      const name = this.bytes.toString('utf8', cursor.at - nameLength, cursor.at);
      const valueLength = Math.max(0, cursor.skipBytes());
      all.push([name, this.bytes.toString('utf8', cursor.at - valueLength, cursor.at)]);
    }
    // A header may be called `__proto__`: that is a name as any other.
    return Object.fromEntries(all);
  }

  private headersCursor(): Cursor {
    return new Cursor(this.bytes, this.valueAt + Math.max(0, this.valueLength));
  }
}

function isAt(bytes: Buffer, at: number, wanted: Buffer): boolean {
  for (let i = 0; i < wanted.length; i++) if (bytes[at + i] !== wanted[i]) return false;
  return true;
}
