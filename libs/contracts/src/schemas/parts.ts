/** What the schemas of several messages share. */
import type { State, Value } from '@tenon/domain';
import { z } from 'zod';

export const count = z.number().int().min(0);
export const text = z.string();
/** A hash of a definition, or the like. */
export const name = z.string().min(1);

/** Milliseconds since 1970, by the writer's clock. */
export const millis = count.describe('Milliseconds since 1970, by the clock of the writer');

/** Microseconds since 1970, where there is one. */
export const watermark = z
  .number()
  .int()
  .nullable()
  .describe(
    'The start of the latest window, microseconds since 1970; null: none yet, or the product has no windows',
  );

export const passedOver = z
  .exactOptional(z.number().int())
  .describe(
    'Records of the epoch went because of their age: rows of windows that end by then may lack them and are in no answer, microseconds; absent: it has all',
  );

const appended = 'by the record’s timestamp; 0 where that is no time';

export const closedAt = count
  .nullable()
  .describe(
    `When the barrier that closed the epoch was appended, ${appended}; null: it is open, or not known`,
  );

export const barriers = z
  .record(z.string().regex(/^.+\/\d+$/), count)
  .readonly()
  .describe(`Lane → when the barrier before the cut was appended, milliseconds since 1970, ${appended}`);

/** The offset of a partition, by the partition's number. */
export const offsets = z.record(z.string().regex(/^\d+$/), count).readonly().describe('Partition → offset');

export const offsetVector = z.record(name, offsets).readonly().describe('Source → partition → offset');

/** `<source>/<partition>`, as lanes are named. */
export const lane = z.string().regex(/^.+\/\d+$/);

export const laneOffsets = z.record(lane, count).readonly().describe('Lane (source/partition) → offset');

export const product = z
  .string()
  .regex(/^[^@]+@\d+$/)
  .describe('Name and version, name@version');

export const value = (z.unknown() as z.ZodType<Value>).meta({
  id: 'Value',
  description: 'A value in JSON; which form, its SQL type says (libs/domain/src/values.ts)',
});

export const state = (z.unknown() as z.ZodType<State>).meta({
  id: 'State',
  description: 'A mergeable state of an aggregate; which form, the plan says (libs/domain/src/states)',
});

export const ledger = z
  .object({
    aggregated: count,
    filtered: count,
    duplicate: count,
    deadLettered: count,
    expired: count,
    control: count,
    lost: z
      .exactOptional(count)
      .describe('Gone before they were counted, and the loss was accepted; absent: none'),
    conflicts: z
      .exactOptional(count)
      .describe('Of `deadLettered`: another event had the id, with other data; absent: none'),
  })
  .readonly()
  .meta({
    id: 'Ledger',
    description:
      'What became of the records of a range of offsets: their sum, without `conflicts`, is its length',
  });

/** `v` of messages that had none in edition 1. */
export const versionSince2 = z
  .exactOptional(z.literal(1))
  .describe('Version of the message. Absent in edition 1 of the wire: read as 1');

export const version = z.literal(1).describe('Version of the message');

export const version2 = z.literal(2).describe('Version of the message');

export const stepName = z.enum([
  'throttle',
  'promote',
  'rollback',
  'reprocess',
  'restate',
  'switch',
  'pause',
  'resume',
  'cancel',
  'drop',
]);

export const restatementRule = z
  .object({
    ids: z.exactOptional(z.array(text).readonly()),
    correlationIds: z.exactOptional(z.array(text).readonly()),
    where: z.exactOptional(text).describe('A condition in SQL on the columns of the source'),
    from: z.exactOptional(z.number().int()).describe('Of the event time, microseconds since 1970'),
    to: z.exactOptional(z.number().int()).describe('Before this one'),
    replace: z
      .exactOptional(z.record(text, text))
      .describe('Column → SQL that is in its place; absent: the events are left out'),
  })
  .meta({ id: 'RestatementRule' });

export const restatement = z
  .object({
    of: count.describe('The version that was served when it was asked for'),
    sql: text.describe('The definition without any rule'),
    rules: z.array(restatementRule).readonly(),
  })
  .meta({ id: 'Restatement' });
