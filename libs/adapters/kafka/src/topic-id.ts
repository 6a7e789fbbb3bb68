/** Metadata requests for one topic, and their answers, version 10: as far as the topic's id, which kafkajs does not know. */

const ZERO_ID = Buffer.alloc(16);

/** With the header's tagged fields before it, which kafkajs leaves out. */
export function encodeTopicQuestion(topic: string): Buffer {
  const name = Buffer.from(topic);
  return Buffer.concat([
    NO_TAGS,
    Buffer.from([2]), // one topic
    ZERO_ID, // by name
    unsigned(name.length + 1),
    name,
    NO_TAGS,
    Buffer.from([0, 0, 0]), // made if it is missing, operations of cluster and topic: no
    NO_TAGS,
  ]);
}

export interface TopicAnswer {
  readonly clientSideThrottleTime: number;
  readonly errorCode: number;
  /** As Kafka's tools write it, but in hexadecimal: a UUID. */
  readonly id: string;
}

/** @param payload from the header's tagged fields on */
export function decodeTopicAnswer(payload: Buffer): TopicAnswer {
  const reading = new Reading(payload);
  reading.tags();
  const clientSideThrottleTime = reading.int32();
  for (let brokers = reading.length(); brokers > 0; brokers--) {
    reading.skip(4); // node id
    reading.text();
    reading.skip(4); // port
    reading.text(); // rack
    reading.tags();
  }
  reading.text(); // cluster
  reading.skip(4); // controller
  if (reading.length() < 1) throw new Error('Kafka has not answered for the topic.');
  const errorCode = reading.int16();
  reading.text();
  const hex = reading.take(16).toString('hex');
  const id = hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
  return { clientSideThrottleTime, errorCode, id };
}

const NO_TAGS = Buffer.from([0]);

function unsigned(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80);
  return Buffer.from([...bytes, rest]);
}

/** Compact forms: lengths are one more than what they say, as unsigned varints; 0 is null. */
class Reading {
  private at = 0;

  constructor(private readonly bytes: Buffer) {}

  take(length: number): Buffer {
    if (this.at + length > this.bytes.length) throw new RangeError('Kafka’s answer ends too early.');
    return this.bytes.subarray(this.at, (this.at += length));
  }

  skip(length: number): void {
    this.take(length);
  }

  int16(): number {
    return this.take(2).readInt16BE();
  }

  int32(): number {
    return this.take(4).readInt32BE();
  }

  length(): number {
    return this.unsigned() - 1;
  }

  text(): void {
    const length = this.length();
    if (length > 0) this.skip(length);
  }

  tags(): void {
    for (let count = this.unsigned(); count > 0; count--) {
      this.unsigned();
      this.skip(this.unsigned());
    }
  }

  private unsigned(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.take(1).readUInt8();
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  }
}
