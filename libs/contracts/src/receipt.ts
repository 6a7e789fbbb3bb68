/** Receipts and cursors: opaque to clients, versioned, checked when they come back. */
import type { OffsetVector } from '@tenon/domain';

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** @returns undefined for anything that `encode` did not make. */
function decode(text: string): unknown {
  if (!/^[A-Za-z0-9_-]+$/.test(text)) return undefined;
  try {
    return JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
  } catch {
    return undefined;
  }
}

/** A receipt names, per source and partition, the offset after the call's last event there. */
export function encodeReceipt(offsets: OffsetVector): string {
  return encode({ v: 1, o: offsets });
}

/** @returns the offsets, or undefined if the text is no receipt. */
export function decodeReceipt(text: string): OffsetVector | undefined {
  const value = decode(text) as { v?: unknown; o?: unknown } | undefined;
  if (value === null || typeof value !== 'object' || value.v !== 1 || !isOffsetVector(value.o))
    return undefined;
  return value.o;
}

function isOffsetVector(value: unknown): value is OffsetVector {
  return isRecord(value) && Object.values(value).every((offsets) => isRecord(offsets) && isOffsets(offsets));
}

function isOffsets(value: Record<string, unknown>): boolean {
  return Object.entries(value).every(
    ([partition, next]) => /^\d{1,6}$/.test(partition) && Number.isSafeInteger(next) && (next as number) >= 0,
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
