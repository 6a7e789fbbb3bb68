/** Schemas of what stands in the log. */
import { z } from 'zod';
import { HEADERS } from '../names';
import {
  barriers,
  closedAt,
  count,
  laneOffsets,
  ledger,
  millis,
  name,
  offsetVector,
  passedOver,
  product,
  text,
  version,
  version2,
  watermark,
} from './parts';

const IDENTITY = z.string().regex(/^[0-9a-f]{32}$/);
const TRACEPARENT = z.string().regex(/^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/);
const correlationId = z.string().min(1).max(128);
const versionHeader = z.literal('1').describe('Version of the record’s format');
const traceparent = z.exactOptional(TRACEPARENT).describe('W3C Trace Context');

/** Where tracing is on, anything that is sent may carry it. */
export const noHeaders = z.object({ [HEADERS.traceparent]: traceparent });

export const versionHeaders = z.object({
  [HEADERS.version]: versionHeader,
  [HEADERS.traceparent]: traceparent,
});

export const statesHeaders = z.object({
  [HEADERS.version]: z.literal('2').describe('Version of the record’s format'),
  [HEADERS.traceparent]: traceparent,
});

const origin = z
  .exactOptional(text)
  .describe('Of an event from a stream that others write: `<stream>/<partition>/<offset>` there');

/** Headers of the stream's own record stand beside these. */
export const eventHeaders = z.looseObject({
  [HEADERS.identity]: IDENTITY.describe(
    '24 hex digits over source and id, 8 over data. It vouches for version 1 of the format: an event that version 1 can’t read must not have it',
  ),
  [HEADERS.correlationId]: correlationId,
  [HEADERS.version]: versionHeader,
  [HEADERS.traceparent]: traceparent,
  [HEADERS.origin]: origin,
});

export const event = z
  .looseObject({
    specversion: z.literal('1.0'),
    id: name,
    source: name,
    type: name,
    time: z.exactOptional(text),
    datacontenttype: z.exactOptional(text),
    subject: z.exactOptional(text),
    correlationid: correlationId,
    traceparent: z.exactOptional(text),
    eventtime: text.describe('The event time by the rule of the source: RFC 3339 in UTC, up to microseconds'),
    data: z.unknown().describe('As the schema of the source has it'),
  })
  .describe('CloudEvents 1.0 in JSON, with the extension attributes correlationid, traceparent, eventtime');

export const barrierHeaders = z.object({
  [HEADERS.control]: z.literal('barrier'),
  [HEADERS.version]: versionHeader,
  [HEADERS.traceparent]: traceparent,
});

export const barrier = z.object({
  v: version,
  type: z.literal('barrier'),
  epoch: count.describe('The epoch that begins after it'),
  at: millis,
  full: z.exactOptional(z.boolean()).describe('Batch shall compute everything before it anew'),
});

export const cut = z.object({
  v: version,
  type: z
    .enum(['begun', 'written'])
    .describe('begun: the number is taken; written: every partition has its barrier'),
  epoch: count,
  at: millis,
  offsets: z.exactOptional(offsetVector).describe('Offsets after the barriers; only when written'),
  full: z.exactOptional(z.boolean()),
});

export const identity = name.describe('The name of the log: an id, as text');

const reason = text.describe('A code of docs/errors.md');

export const deadLetterHeaders = z.object({
  [HEADERS.version]: versionHeader,
  [HEADERS.reason]: reason,
  [HEADERS.detail]: text,
  [HEADERS.correlationId]: correlationId,
  [HEADERS.contentType]: text.describe('As the client said'),
  [HEADERS.id]: z
    .exactOptional(text)
    .describe('The id that the client gave, where the value does not have it'),
  [HEADERS.origin]: origin,
  [HEADERS.truncated]: z
    .exactOptional(z.string().regex(/^\d+$/))
    .describe('The number of bytes, where the value was cut short'),
});

export const deadLetterOfSpeedHeaders = z.looseObject({
  [HEADERS.version]: versionHeader,
  [HEADERS.reason]: reason,
  [HEADERS.detail]: text,
  [HEADERS.partition]: z.string().regex(/^\d+$/).describe('Where the event stands in tenon.events.<source>'),
  [HEADERS.offset]: z.string().regex(/^\d+$/),
});

export const feedPositions = z.object({
  v: version,
  at: millis,
  streams: z
    .record(name, z.array(name))
    .describe('Name of a stream → the ids that it has had: one that was made anew has another'),
  lanes: z
    .record(
      name,
      z.object({
        next: count.describe(
          'All records of the lane before this offset are in the log, or among the dead letters',
        ),
        ends: z
          .record(z.string().regex(/^\d+$/), count)
          .describe(
            'Partition of tenon.events.<source> → none of the records from `next` on stand before this offset',
          ),
        letters: count.describe('The same of tenon.dlq.<source>'),
      }),
    )
    .describe('`<stream>/<partition>` → how far it was taken; of several records the furthest counts'),
  files: z
    .exactOptional(
      z.record(
        name,
        z.object({
          base: name.describe(
            'Digest of the file when it was first read: its lane is `files:<name>@<24 of it>`',
          ),
          size: count.describe('Bytes that were read, or are'),
          digest: name.describe('SHA-256 of these'),
          state: text.describe('Size and times of the file then: equal while nobody has written to it'),
          next: count.describe('The row that comes next, where it is done'),
          done: z.boolean().describe('All of its rows are in the log, or among the dead letters'),
        }),
      ),
    )
    .describe('Name of a file → what was read of it; of several records the one of most bytes counts'),
});

export const settledLetters = z
  .object({
    v: version,
    outcome: z.enum(['replayed', 'dropped']),
    at: millis,
    offsets: z.array(count).describe('Of the letters in tenon.dlq.<source>'),
    counts: z.record(text, count).describe('Reason of the letters → how many of them'),
  })
  .describe('Letters that nobody has to look at any more');

export const bytes = z.unknown().describe('Bytes as they came');

const message = {
  v: version2,
  product,
  hash: name.describe('Of the plan: states of another definition are never merged'),
};

const frame = {
  ...message,
  id: name.describe('The frames of one flush or slice share it'),
  seq: count.describe('The frames of one flush or slice count up from 0'),
};

const endMark = { frames: count, cells: count };

const FORM =
  'The value is text: `T3 ` and 8 hex digits of checksum32 over all bytes after that line; this document in one line; a line per cell: its cellKey, key and states as JSON, with tabs between';

export const flush = z
  .object({
    ...frame,
    type: z.literal('flush'),
    source: name,
    partition: count,
    epoch: count,
    start: count.describe('The epoch’s first offset in the partition'),
    from: count,
    to: count,
    end: z.exactOptional(
      z
        .object({
          ...endMark,
          closed: z.boolean().describe('The epoch ended at `to`'),
          ledger: ledger.describe('Of the epoch from `start` to `to`'),
          watermark,
          closedAt,
          next: count.describe('The epoch that begins at `to`, where closed'),
          horizon: passedOver,
        })
        .readonly(),
    ),
  })
  .describe(
    `Cells of an epoch and lane that changed in [from, to), with their states from \`start\` to \`to\`. ${FORM}`,
  );

const ofRange = {
  range: name.describe('The range that it is of'),
  full: z.boolean(),
  line: count.describe('The line of base views that it is meant for'),
  from: count.describe('The generation that it builds on'),
  to: count.describe('The generation that it makes'),
};

export const slice = z
  .object({
    ...frame,
    ...ofRange,
    type: z.literal('slice'),
    slice: count.describe('Slices of a range count up from 0; each stands in one partition'),
    end: z.exactOptional(z.object(endMark).readonly()),
  })
  .describe(
    `Some cells of a range of the archive, [cut from, cut to), over all lanes; each cell is in one slice. ${FORM}`,
  );

/** What the pointer moves to, and how many slices come before. */
export const rangeCommit = {
  slices: count.describe('How many slices the range has'),
  cut: laneOffsets,
  epochs: z.record(z.string(), count).readonly().describe('Lane → the epoch that begins at the cut'),
  barriers,
  ledger,
  watermark,
};

export const commit = z
  .object({ ...message, ...ofRange, ...rangeCommit, type: z.literal('commit') })
  .describe('All slices of a range are written: the pointer moves once they have landed');

/** What edition 2 wrote; its cells stand in the document. */
export const range = z
  .looseObject({
    v: z.literal(1),
    type: z.enum(['flush', 'range']),
    product: name,
    version: count,
    hash: name,
    id: name,
    seq: count,
    cells: z.array(z.unknown()),
  })
  .describe(
    'A frame of a flush or of a range, as edition 2 wrote both into one topic. It is read, and not written',
  );
