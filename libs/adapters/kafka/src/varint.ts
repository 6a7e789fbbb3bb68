/** Zigzag varints, as Kafka's records have them. The position moves with each read. */
export class Cursor {
  constructor(
    readonly bytes: Buffer,
    public at: number,
  ) {}

  /** A number of 32 bits. */
  varint(): number {
    const { bytes } = this;
    let byte = bytes[this.at++] as number;
    let value = byte & 0x7f;
    for (let shift = 7; byte >= 0x80; shift += 7) {
      byte = bytes[this.at++] as number;
      value |= (byte & 0x7f) << shift;
    }
    return (value >>> 1) ^ -(value & 1);
  }

  /** A number of 64 bits, as far as it is a safe integer. */
  varlong(): number {
    let value = 0;
    let byte = 0x80;
    for (let factor = 1; byte >= 0x80; factor *= 128) {
      byte = this.bytes[this.at++] as number;
      value += (byte & 0x7f) * factor;
    }
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  /** Passes over bytes with their length before them. @returns the length; null is -1 */
  skipBytes(): number {
    const length = this.varint();
    if (length > 0) this.at += length;
    return length;
  }
}
