import { logTime } from '@tenon/domain';
import { RecordTooLarge } from '@tenon/errors';
import type { NewRecord } from '@tenon/ports';
import { FRAME_BYTES, FRAME_HEADER, MAX_RECORD_BYTES, RECORD_HEADER, sealFrame } from './format';

interface OpenFrame {
  readonly at: number;
  records: number;
  latest: number;
}

interface FrameMark {
  readonly bytes: number;
  readonly records: number;
  readonly frames: number;
  readonly last: OpenFrame | undefined;
}

const FIRST_CAPACITY = 64 * 1024;
/** A buffer that grew beyond this for one big write is not kept. */
const KEPT_CAPACITY = 4 * 1024 * 1024;

/** Encodes records, one after the other, into frames that are ready to be written in one go. */
export class LogFrameWriter {
  private buffer = Buffer.allocUnsafeSlow(FIRST_CAPACITY);
  private frames: OpenFrame[] = [];
  /** How many bytes and records have been added. */
  bytes = 0;
  records = 0;

  /** @returns the index of the record among those added since `clear` */
  add(record: NewRecord, now: number): number {
    const { key, value, headers } = record;
    const most = RECORD_HEADER + bound(key) + bound(value) + boundHeaders(headers);
    if (most > MAX_RECORD_BYTES) throw new RecordTooLarge(`A record of up to ${most} bytes is too large.`);
    let frame = this.frames[this.frames.length - 1];
    if (frame === undefined || this.bytes - frame.at >= FRAME_BYTES) {
      this.reserve(FRAME_HEADER + most);
      frame = { at: this.bytes, records: 0, latest: Number.NEGATIVE_INFINITY };
      this.frames.push(frame);
      this.bytes += FRAME_HEADER;
    } else {
      this.reserve(most);
    }
    const timestamp = logTime(record.timestamp ?? now);
    const buffer = this.buffer;
    const at = this.bytes;
    let end = at + RECORD_HEADER;
    const keyBytes = key === null ? -1 : put(buffer, key, end);
    if (keyBytes > 0) end += keyBytes;
    const headersAt = end;
    if (headers !== undefined) end = putHeaders(buffer, headers, end);
    const headerBytes = end - headersAt;
    const valueBytes = put(buffer, value, end);
    buffer.writeUInt32LE(keyBytes + 1, at);
    buffer.writeUInt32LE(valueBytes, at + 4);
    buffer.writeUInt32LE(headerBytes, at + 8);
    buffer.writeDoubleLE(timestamp, at + 12);
    this.bytes = end + valueBytes;
    frame.records++;
    if (timestamp > frame.latest) frame.latest = timestamp;
    return this.records++;
  }

  /**
   * Gives the frames their offsets.
   *
   * @param durable see `FrameHeader`
   * @returns what to write, and for each frame where it begins and its first offset; valid until `clear`
   */
  seal(
    baseOffset: number,
    durable: number,
  ): { bytes: Buffer; frames: { at: number; offset: number }[]; latest: number } {
    let offset = baseOffset;
    let latest = Number.NEGATIVE_INFINITY;
    const sealed = this.frames.map((frame, index) => {
      const bytes = (this.frames[index + 1]?.at ?? this.bytes) - frame.at;
      sealFrame(this.buffer, frame.at, {
        bytes,
        records: frame.records,
        baseOffset: offset,
        latest: frame.latest,
        durable,
      });
      const place = { at: frame.at, offset };
      offset += frame.records;
      latest = Math.max(latest, frame.latest);
      return place;
    });
    return { bytes: this.buffer.subarray(0, this.bytes), frames: sealed, latest };
  }

  /** A point to go back to with `restore`, where an append can't be encoded to its end. */
  mark(): FrameMark {
    const last = this.frames[this.frames.length - 1];
    return {
      bytes: this.bytes,
      records: this.records,
      frames: this.frames.length,
      last: last && { ...last },
    };
  }

  restore(mark: FrameMark): void {
    this.bytes = mark.bytes;
    this.records = mark.records;
    this.frames.length = mark.frames;
    if (mark.last !== undefined) this.frames[mark.frames - 1] = mark.last;
  }

  clear(): void {
    this.bytes = 0;
    this.records = 0;
    this.frames = [];
    if (this.buffer.length > KEPT_CAPACITY) this.buffer = Buffer.allocUnsafeSlow(FIRST_CAPACITY);
  }

  private reserve(bytes: number): void {
    if (this.bytes + bytes <= this.buffer.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(this.buffer.length * 2, this.bytes + bytes));
    this.buffer.copy(larger, 0, 0, this.bytes);
    this.buffer = larger;
  }
}

/** How many bytes a text or bytes may take at most: a UTF-16 unit takes up to three in UTF-8. */
function bound(data: string | Uint8Array | null): number {
  if (data === null) return 0;
  return typeof data === 'string' ? data.length * 3 : data.length;
}

function boundHeaders(headers: Readonly<Record<string, string>> | undefined): number {
  let most = 0;
  for (const name in headers) most += 6 + name.length * 3 + (headers[name]?.length ?? 0) * 3;
  return most;
}

function put(buffer: Buffer, data: string | Uint8Array, at: number): number {
  if (typeof data !== 'string') {
    buffer.set(data, at);
    return data.length;
  }
  return data.length <= SHORT ? putShort(buffer, data, at) : buffer.write(data, at, 'utf8');
}

/** Up to this length a loop over ASCII is faster than the call into V8's UTF-8 writer. */
const SHORT = 40;

function putShort(buffer: Buffer, text: string, at: number): number {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code >= 0x80) return buffer.write(text, at, 'utf8');
    buffer[at + i] = code;
  }
  return text.length;
}

function putHeaders(buffer: Buffer, headers: Readonly<Record<string, string>>, from: number): number {
  let at = from;
  for (const name in headers) {
    const value = headers[name];
    if (value === undefined) continue;
    const nameBytes = put(buffer, name, at + 6);
    if (nameBytes > 0xffff) throw new RecordTooLarge('The name of a header is too long.');
    const valueBytes = put(buffer, value, at + 6 + nameBytes);
    buffer.writeUInt16LE(nameBytes, at);
    buffer.writeUInt32LE(valueBytes, at + 2);
    at += 6 + nameBytes + valueBytes;
  }
  return at;
}
