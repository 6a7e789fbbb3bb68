import type { LogRecord } from '@tenon/ports';
import { RECORD_HEADER } from './format';

const names = new Map<string, Buffer>();

/** The bytes of a header name; the few that code asks for are kept. */
function nameBytes(name: string): Buffer {
  const known = names.get(name);
  if (known !== undefined) return known;
  const bytes = Buffer.from(name);
  if (names.size < 256) names.set(name, bytes);
  return bytes;
}

/** A record within the buffer that was read: key, value and headers are decoded when asked for, and never copied. */
export class StoredRecord implements LogRecord {
  constructor(
    readonly offset: number,
    readonly timestamp: number,
    private readonly buffer: Buffer,
    private readonly at: number,
  ) {}

  private get keyBytes(): number {
    return Math.max(0, uint32(this.buffer, this.at) - 1);
  }

  private get headersAt(): number {
    return this.at + RECORD_HEADER + this.keyBytes;
  }

  get key(): Uint8Array | null {
    if (this.buffer.readUInt32LE(this.at) === 0) return null;
    const from = this.at + RECORD_HEADER;
    return this.buffer.subarray(from, from + this.keyBytes);
  }

  get value(): Uint8Array {
    const from = this.headersAt + uint32(this.buffer, this.at + 8);
    return this.buffer.subarray(from, from + uint32(this.buffer, this.at + 4));
  }

  headerBytes(name: string): Uint8Array | undefined {
    const wanted = nameBytes(name);
    const buffer = this.buffer;
    let at = this.headersAt;
    const end = at + uint32(buffer, this.at + 8);
    while (at < end) {
      const nameLength = buffer[at]! | (buffer[at + 1]! << 8);
      const valueLength = uint32(buffer, at + 2);
      at += 6;
      if (nameLength === wanted.length && sameBytes(buffer, at, wanted)) {
        return buffer.subarray(at + nameLength, at + nameLength + valueLength);
      }
      at += nameLength + valueLength;
    }
    return undefined;
  }

  header(name: string): string | undefined {
    const bytes = this.headerBytes(name);
    return bytes === undefined ? undefined : (bytes as Buffer).toString('utf8');
  }

  headers(): Record<string, string> {
    const all: Record<string, string> = {};
    let at = this.headersAt;
    const end = at + this.buffer.readUInt32LE(this.at + 8);
    while (at < end) {
      const nameEnd = at + 6 + this.buffer.readUInt16LE(at);
      const valueEnd = nameEnd + this.buffer.readUInt32LE(at + 2);
      all[this.buffer.toString('utf8', at + 6, nameEnd)] = this.buffer.toString('utf8', nameEnd, valueEnd);
      at = valueEnd;
    }
    return all;
  }
}

/** Without the checks of `readUInt32LE`, which cost more than the read on the hot path. */
function uint32(buffer: Buffer, at: number): number {
  return (buffer[at]! | (buffer[at + 1]! << 8) | (buffer[at + 2]! << 16) | (buffer[at + 3]! << 24)) >>> 0;
}

function sameBytes(buffer: Buffer, at: number, wanted: Buffer): boolean {
  for (let i = 0; i < wanted.length; i++) if (buffer[at + i] !== wanted[i]) return false;
  return true;
}
