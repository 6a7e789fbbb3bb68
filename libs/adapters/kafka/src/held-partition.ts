import type { LogRecord } from '@tenon/ports';
import type { FetchedPartition } from './fetch-response';
import type { KafkaRecord } from './kafka-record';
import type { UnreadableBatch } from './record-batch';
import { decodeRecordSet } from './record-batch';

/** A partition that a consumer holds: where it reads, and what was fetched ahead. */
export class HeldPartition {
  /** The next offset to fetch; null until it is known to be there. */
  fetchAt: number | null = null;
  /** The offset after the last record that a poll gave. */
  position: number | null = null;
  /** What is next is not there: nothing is fetched before a seek. */
  displaced = false;
  /** What was fetched from an offset before a seek is dropped. */
  seeks = 0;
  bytes = 0;
  private records: KafkaRecord[] = [];
  private at = 0;

  /** @param passedOver told of batches that cannot be read */
  constructor(private readonly passedOver: (batch: UnreadableBatch) => void) {}

  /** Reading goes on at `offset`, whatever was fetched, once it is known to be there. */
  seek(offset: number): void {
    this.seeks++;
    this.displaced = false;
    this.fetchAt = null;
    this.position = offset;
    this.records = [];
    this.at = 0;
    this.bytes = 0;
  }

  /** The offset is there. */
  begin(offset: number): void {
    this.seek(offset);
    this.fetchAt = offset;
  }

  /** It is not. */
  displace(wanted: number): void {
    this.seek(wanted);
    this.displaced = true;
  }

  get isEmpty(): boolean {
    return this.at >= this.records.length;
  }

  /** @returns false if the answer is for another offset than the one wanted now, or holds no whole batch */
  add({ recordSet, aborted }: Pick<FetchedPartition, 'recordSet' | 'aborted'>, from: number): boolean {
    if (from !== this.fetchAt) return false;
    const { records, next, unreadable } = decodeRecordSet(recordSet, from, aborted);
    for (const batch of unreadable) this.passedOver(batch);
    this.fetchAt = next;
    // What holds nothing, such as marks of transactions, is passed by with what stands before it.
    if (this.isEmpty && records.length === 0) this.position = next;
    if (records.length > 0) this.bytes += recordSet.length;
    if (this.isEmpty) {
      this.records = records;
      this.at = 0;
    } else if (records.length > 0) {
      this.records = [...this.records.slice(this.at), ...records];
      this.at = 0;
    }
    return records.length > 0;
  }

  /** Up to so many records and about so many bytes, at least one if there is one. */
  take(maxRecords: number, maxBytes: number): { records: readonly LogRecord[]; bytes: number } {
    const start = this.at;
    let bytes = 0;
    while (
      this.at < this.records.length &&
      this.at - start < maxRecords &&
      (bytes < maxBytes || this.at === start)
    ) {
      bytes += (this.records[this.at] as KafkaRecord).size;
      this.at++;
    }
    const all = start === 0 && this.isEmpty;
    const records = all ? this.records : this.records.slice(start, this.at);
    const last = records[records.length - 1];
    if (last !== undefined) this.position = last.offset + 1;
    if (this.isEmpty) {
      this.position = this.fetchAt ?? this.position;
      this.records = [];
      this.at = 0;
      this.bytes = 0;
    } else {
      this.bytes = Math.max(0, this.bytes - bytes);
    }
    return { records, bytes };
  }
}
