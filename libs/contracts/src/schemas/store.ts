/** Schemas of the store's documents, which services of several versions share as they do messages. */
import { z } from 'zod';
import {
  count,
  ledger,
  millis,
  name,
  offsetVector,
  offsets,
  state,
  value,
  versionSince2,
  watermark,
} from './parts';

const key = z.array(value).readonly().describe('The key of the cell, window first');
const states = z.array(state).readonly().describe('In the order of the plan');

export const plan = z
  .object({
    plan: z.looseObject({ v: z.literal(1), product: name, version: count, source: name, hash: name }),
  })
  .describe('What a product’s version means; the plan has a version of its own');

export const pointer = z
  .object({
    v: versionSince2,
    line: count,
    generation: count,
    cut: offsets,
    epochs: offsets.describe('Partition → the epoch that begins at the cut'),
    at: millis,
    hash: name,
    ledger,
    watermark,
  })
  .describe('Which base view is served. Its version holds for the base cells too');

export const progress = z
  .object({
    v: versionSince2,
    start: count,
    next: count.describe('The next offset that is not included'),
    closed: z.boolean(),
    nextEpoch: count,
    ledger,
    watermark,
  })
  .describe('How far an epoch of a partition has landed. Its version holds for the epoch’s speed cells too');

export const speedCell = z.object({ k: key, s: states });

export const baseCell = z.object({
  k: key,
  v: z
    .array(z.object({ g: count, s: states, a: z.exactOptional(z.literal(true)) }).readonly())
    .readonly()
    .describe(
      'Versions of the cell, newest first: generation, states, and whether it was amended after it was final',
    ),
});

export const consumed = count.describe('The offset of the states topic to resume at');

export const lease = z.object({
  owner: name.nullable().describe('null: released'),
  counter: count.describe('Counts up while the owner lives, and with every owner'),
});

export const receipt = z
  .object({ v: z.literal(1), o: offsetVector.describe('The offset after the call’s last event') })
  .describe('What a receipt holds, as JSON in base64url');
