/** Schemas of the store's documents, which services of several versions share as they do messages. */
import { z } from 'zod';
import { rangeCommit } from './log';
import {
  barriers,
  closedAt,
  count,
  laneOffsets,
  ledger,
  millis,
  name,
  offsetVector,
  offsets,
  passedOver,
  state,
  text,
  value,
  version2,
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

export const source = z
  .object({
    v: z.literal(1),
    source: z.looseObject({
      name,
      key: z.array(text).readonly().describe('The fields that choose the partition'),
      id: z
        .exactOptional(z.array(text).readonly())
        .describe('The fields that are the event’s id; absent: of a release that did not write it down'),
      time: text.nullable().describe('The field that holds event time'),
      schema: z
        .union([z.looseObject({}), z.boolean()])
        .describe('JSON Schema 2020-12; the one that ran last'),
      partitions: count,
      dedupe: z.object({ window: count }),
    }),
  })
  .describe('A source in use; all of it but the schema stays as it is');

const otherVersion = z.object({
  version: count,
  state: z.enum(['building', 'ready', 'kept', 'dropping', 'dropped']),
  since: millis,
  auto: z.exactOptional(z.boolean()).describe('Its name goes over to it once it is ready'),
  paused: z.exactOptional(z.boolean()).describe('It stands still'),
  throttle: z.exactOptional(count).describe('Each layer folds at most so many events a second for it'),
  until: z.exactOptional(count).describe('Kept until then, milliseconds since 1970'),
  rolledBack: z.exactOptional(z.boolean()).describe('Its name was taken back from it'),
  again: z.exactOptional(z.enum(['auto', 'hold'])).describe('It is wanted anew once it is gone'),
});

export const served = z
  .object({
    v: z.literal(1),
    version: count.describe('What the name answers with'),
    since: millis,
    declared: count.describe('The version that the catalog has'),
    topology: z
      .exactOptional(z.enum(['lambda', 'lambda-separate', 'kappa']))
      .describe('The topology that it has there'),
    last: count.describe('The highest version that there ever was'),
    others: z.array(otherVersion).readonly().describe('The versions beside it, by number'),
  })
  .describe('Which version a product’s name serves, and which there are beside it');

const view = { line: count, generation: count, at: millis, hash: name, ledger, watermark };

const orders = z
  .exactOptional(text)
  .describe(
    'The orders in which all of its cells stand, beside that of their keys; absent: in none, for sure',
  );

export const pointer = z
  .object({
    v: version2,
    ...view,
    orders,
    cut: laneOffsets,
    epochs: z.record(z.string(), count).readonly().describe('Lane → the epoch that begins at the cut'),
    barriers,
    horizon: z
      .exactOptional(z.number().int())
      .describe('Rows of windows that end by then are past the retention, microseconds; absent: none is'),
  })
  .describe('Which base view is served. Its version holds for the base cells too');

export const kept = z
  .object({
    v: z.literal(1),
    pointer: pointer.describe('As it was served'),
    before: z
      .object({ line: count, generation: count })
      .readonly()
      .nullable()
      .describe('What was served before; null: nothing of it is kept'),
  })
  .describe('A generation that can still be read. Versions of cells that were taken out stand under `-past`');

/** As editions 1 and 2 wrote it, by partition. */
export const pointerBefore = z.object({ v: versionSince2, ...view, cut: offsets, epochs: offsets });

export const rangeAccount = z
  .object({
    v: z.literal(1),
    landed: z.array(count).readonly().describe('Slices that have landed'),
    commit: z.object(rangeCommit).readonly().nullable(),
    orders,
    to: count.describe('The generation that the range makes'),
  })
  .describe('What has landed of a range that is not served yet');

export const troubles = z
  .object({
    v: z.literal(1),
    troubles: z
      .array(
        z.object({
          layer: z.enum(['ingestion', 'speed', 'batch', 'consumption', 'serving']),
          code: text.describe('Stable, see errors.md'),
          reason: text,
          source: z.exactOptional(name).describe('Absent: it is of the product as a whole'),
          partition: z.exactOptional(count),
          from: z.exactOptional(count).describe('The records that it is about: [from, to)'),
          to: z.exactOptional(count),
          since: millis,
        }),
      )
      .readonly(),
  })
  .describe('What is wrong with a product: its answers are `incomplete` meanwhile');

export const progress = z
  .object({
    v: versionSince2,
    start: count,
    next: count.describe('The next offset that is not included'),
    closed: z.boolean(),
    nextEpoch: count,
    ledger,
    watermark,
    closedAt: z.exactOptional(closedAt),
    orders,
    horizon: passedOver,
  })
  .describe('How far an epoch of a lane has landed. Its version holds for the epoch’s speed cells too');

export const stretches = z
  .object({
    v: z.literal(1),
    stretches: z
      .array(
        z.object({
          lane: count,
          level: count.describe(
            'A stretch of level n + 1 is made of four parts of level n; an epoch is of level 0',
          ),
          epoch: count.describe('The first one'),
          through: count.describe('The last one'),
          start: count,
          next: count.describe('The next offset that is not included'),
          nextEpoch: count,
          ledger,
          watermark,
          closedAt,
          orders,
        }),
      )
      .readonly(),
  })
  .describe(
    'Closed epochs that were folded together, so that a reader takes them as one. For their cells too',
  );

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

export const consumed = count.describe('The offset of the topic to resume at');

export const lease = z.object({
  owner: name.nullable().describe('null: released'),
  counter: count.describe('Counts up while the owner lives, and with every owner'),
});

const epoch = count.describe('The epoch that begins there');

export const archiveHead = z
  .object({
    v: z.literal(1),
    first: count.describe('The archive holds the offsets from here'),
    next: count.describe('up to here, without a gap'),
    removed: z
      .exactOptional(z.number().int())
      .describe('What stood before `first` was removed: no event later than this, microseconds'),
    epoch: count.describe('The epoch that `next` belongs to'),
    ended: count.describe('The epoch after the last cut; 0: none yet'),
    fulls: z.array(count).readonly().describe('Epochs whose barriers asked for everything anew'),
    tail: count.nullable().describe('Where the last part of the list begins'),
    compacted: count.describe('Up to here small files have been made into larger ones'),
    files: count,
    bytes: count,
    revision: count.describe('Counts up with every change'),
  })
  .describe('How far a partition is archived');

export const archivePart = z
  .object({
    v: z.literal(1),
    files: z
      .array(
        z
          .object({
            from: count,
            to: count,
            epoch: count.describe('The epoch that `to` belongs to'),
            end: z.enum(['b', 'f', 'm']).describe('A barrier; one that asks for everything anew; neither'),
            bytes: count,
            digest: text.nullable().describe('128 bits of its SHA-256, in hex'),
            columns: text.nullable().describe('Which columns of the source it has'),
            cuts: z.exactOptional(
              z
                .array(z.object({ epoch, at: count, full: z.boolean() }).readonly())
                .readonly()
                .describe('Cuts within it'),
            ),
          })
          .readonly(),
      )
      .readonly()
      .describe('In order; each gives the offsets that none before it gave'),
  })
  .describe('Some of the files of a partition’s archive');

export const topic = z
  .object({ v: z.literal(1), id: text.describe('What the log calls it') })
  .describe('The topic of a source’s events that offsets in the store and the archive are of');

export const losses = z
  .object({
    v: z.literal(1),
    losses: z
      .array(
        z.object({
          partition: count,
          from: count.describe('The records [from, to)'),
          to: count,
          at: millis.describe('When it was accepted'),
          by: text.nullable().describe('Who has accepted it; null: nobody is asked who he is'),
          reason: z.exactOptional(text),
        }),
      )
      .readonly(),
  })
  .describe('Records of a source that are gone and whose loss was accepted: readers go on behind them');

export const archiveColumns = z
  .object({
    v: z.literal(1),
    columns: z.array(z.object({ name: text, type: text }).readonly()).readonly(),
  })
  .describe('The columns of the source that files of the archive have');

export const receipt = z
  .object({ v: z.literal(1), o: offsetVector.describe('The offset after the call’s last event') })
  .describe('What a receipt holds, as JSON in base64url');
