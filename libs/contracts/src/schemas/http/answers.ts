/** Schemas of what HTTP answers; members that are not named may be there only where an object is loose. */
import { z } from 'zod';
import { count, name, offsetVector, offsets, restatement, stepName, text, value } from '../parts';

const rfc3339 = text.describe('RFC 3339, in UTC');
const flag = z.boolean();
const optional = z.exactOptional;
const identifier = text.regex(/^[^\u0000-\u001f\u007f-\u009f]{1,1024}$/);

export const position = z
  .object({ source: name, partition: count, offset: count })
  .readonly()
  .meta({ id: 'Position', description: 'Where an event stands in the log' });

export const ingestItem = z
  .object({
    index: count,
    code: name.describe('`accepted`, or what is wrong (docs/errors.md)'),
    pointer: optional(text).describe('JSON pointer into the item, where one place is at fault'),
    detail: optional(text),
    correlationId: optional(text),
    position: optional(position),
  })
  .readonly()
  .meta({ id: 'IngestItem' });

export const ingestAnswer = z
  .object({
    accepted: count,
    rejected: count,
    receipt: name.describe('Opaque; to be handed to rows as `after`'),
    correlationId: optional(text).describe('Of a single event'),
    position: optional(position).describe('Of a single event'),
    items: optional(z.array(ingestItem).readonly()),
    itemsOmitted: optional(count).describe('Items above 10,000, which are not listed'),
  })
  .meta({ id: 'IngestAnswer' });

const sourceFields = {
  name,
  key: z.array(text).describe('Fields that choose the partition'),
  id: optional(z.array(text)).describe('Fields that are the event’s id'),
  time: text.nullable().describe('The field that holds event time; null: the CloudEvents `time`'),
  schema: z.union([z.looseObject({}), flag]).describe('JSON Schema 2020-12 of the data'),
  partitions: count,
  dedupe: z.object({ window: count.describe('Records') }),
  latenessMicros: optional(count),
  description: optional(text),
};
const log = text.describe('Names the log that events go to');

export const sources = z
  .object({ log, sources: z.array(z.looseObject(sourceFields)) })
  .meta({ id: 'Sources' });

export const source = z.looseObject({ ...sourceFields, log }).meta({ id: 'Source' });

export const letter = z
  .object({
    source: name,
    offset: count.describe('Its place among the source’s dead letters'),
    at: rfc3339,
    product: text
      .nullable()
      .describe('Which product refused it; null: ingestion, or a reader for all products'),
    code: name,
    detail: text,
    correlationId: text.nullable(),
    position: optional(position).describe(
      'Where the event stands in the log; absent where it never came so far',
    ),
    origin: optional(text).describe(
      '`<stream>/<partition>/<offset>`, of what was taken from a stream of others',
    ),
    truncated: optional(count).describe('How many bytes it had, where it was too long to be kept whole'),
    event: value.describe('What came: a JSON value, or else text'),
  })
  .meta({ id: 'DeadLetter' });

const next = text.nullable().describe('Pass as `cursor` for what follows; null at the end');

export const letters = z.object({ letters: z.array(letter), next }).meta({ id: 'DeadLetters' });

export const replayed = z
  .object({
    replayed: count.describe('In the log now'),
    refused: z.record(text, count).describe('Code → refused again'),
    inLog: count.describe('In the log already: a product’s next version judges them anew'),
    truncated: count,
    next,
  })
  .meta({ id: 'Replayed' });

export const dropped = z.object({ dropped: count, next }).meta({ id: 'Dropped' });

export const cut = z
  .object({
    epoch: count,
    offsets: offsetVector.describe('Where the cut lies'),
    generations: optional(z.record(text, count)).describe('With `wait`: what each product serves'),
  })
  .meta({ id: 'Cut' });

export const loss = z
  .object({
    source: name,
    partition: count,
    from: count.describe('The records [from, to)'),
    to: count,
    at: rfc3339.describe('When it was accepted'),
    by: text.nullable().describe('Who has accepted it; null: nobody is asked who he is'),
    reason: optional(text),
  })
  .meta({ id: 'Loss' });

export const losses = z.object({ losses: z.array(loss) }).meta({ id: 'Losses' });

export const trouble = z
  .object({
    layer: name.describe('The service that found it'),
    code: name,
    reason: text,
    source: optional(name),
    partition: optional(count),
    from: optional(count),
    to: optional(count),
    since: rfc3339,
  })
  .readonly()
  .meta({ id: 'Trouble', description: 'What is known to be wrong with a product' });

const topology = z.enum(['lambda', 'lambda-separate', 'kappa']);
const status = z.enum(['final', 'provisional', 'incomplete']);

const conflicts = optional(count).describe(
  'Of `deadLettered`: events whose id another one had, with other data; absent: none',
);

export const envelope = z
  .object({
    topology,
    generation: count,
    cut: offsetVector,
    included: offsetVector.describe('The answer is exactly the fold of all records below'),
    retainedFrom: optional(rfc3339).describe(
      'Rows of windows that ended by then are past the retention and not there; absent: all are there',
    ),
    behind: count,
    deadLettered: count,
    lost: optional(count).describe('Records below that are gone and whose loss was accepted; absent: none'),
    conflicts,
    status,
    at: rfc3339,
    troubles: optional(z.array(trouble).readonly()),
    servedAt: optional(rfc3339).describe('Of an answer `asOf`: from when on it was served'),
    self: optional(text).describe('Path and query of a question that these rows answer later too'),
  })
  .meta({ id: 'Envelope' });

export const generations = z
  .object({
    product: name,
    version: count,
    keeps: count,
    generations: z.array(
      z.object({
        generation: count,
        line: count,
        servedAt: rfc3339,
        cut: offsetVector,
        events: count.describe('Records below the cut that are no barriers'),
      }),
    ),
  })
  .meta({ id: 'Generations' });

const side = z.object({
  version: count,
  generation: count,
  line: count,
  servedAt: optional(rfc3339),
  cut: offsetVector,
  included: offsetVector,
  events: count.describe('Records that it includes and that are no barriers'),
});

const columns = z.record(text, value);
const ofDifference = {
  _cell: text,
  kind: z.enum(['changed', 'onlyA', 'onlyB']),
  columns: z.array(text).describe('Those that differ'),
  key: columns,
  a: columns.nullable(),
  b: columns.nullable(),
};

export const diff = z
  .object({
    product: name,
    a: side,
    b: side,
    offsets: z.enum(['equal', 'different']),
    counts: z.object({ same: count, changed: count, onlyA: count, onlyB: count, different: count }),
    by: text.nullable().describe('The column whose largest differences come first'),
    columns: z.array(z.object({ name: text, changed: count, largest: z.number().nullable() })),
    columnsOnlyA: z.array(text),
    columnsOnlyB: z.array(text),
    rows: z.array(z.object(ofDifference)),
    more: flag.describe('There are more differences'),
  })
  .meta({ id: 'Diff' });

export const rowFields = {
  _cell: text.describe('Names the row: its key, the same in every answer'),
  _status: z.enum(['final', 'provisional', 'amended']),
  _approximate: optional(z.array(text)).describe('Columns that passed a bound'),
  _errors: optional(z.array(z.object({ column: text, code: name, reason: text }))).describe(
    'Columns that could not be computed for the row, and are null',
  ),
};

export const row = z.looseObject(rowFields).meta({ id: 'Row' });

export const rows = z
  .object({ product: name, version: count, rows: z.array(row), answer: envelope, next })
  .meta({ id: 'Rows' });

export const live = z
  .object({
    version: count.describe('Of the product'),
    rows: z.array(row),
    removed: z.array(text).describe('Cells that HAVING now drops'),
    answer: envelope,
  })
  .meta({ id: 'LiveMessage', description: 'What an event `snapshot` or `rows` of a live stream carries' });

const version = z
  .object({
    version: count,
    state: z.enum(['served', 'building', 'ready', 'kept', 'dropping', 'dropped']),
    since: rfc3339,
    until: optional(rfc3339).describe('Kept: when it is dropped'),
    paused: optional(z.literal(true)),
    throttle: optional(count).describe('Building: events a second at most, for each layer'),
    rolledBack: optional(z.literal(true)),
    promotes: optional(z.enum(['by itself', 'on command'])).describe(
      'Built: whether the name goes over to it',
    ),
    topology: optional(topology),
    generation: optional(count),
    behind: optional(count),
    percent: optional(count).describe('Of the records in the log, those that it includes'),
    records: optional(count),
    troubles: optional(z.array(trouble).readonly()),
  })
  .meta({ id: 'ProductVersion' });

export const step = z
  .object({
    product: name,
    step: stepName,
    version: count.describe('The version that it was about'),
    served: count.describe('What the name answers with now'),
    before: count.describe('And did before'),
  })
  .meta({ id: 'VersionStep' });

const productColumns = z.array(
  z.object({ name: text, type: name, role: z.enum(['key', 'measure', 'expression']) }),
);
const productWindow = z
  .looseObject({
    ...{ column: text, sizeMicros: count, sizeMonths: count },
    zone: text.optional().describe('Windows of the local time of this zone'),
    shiftMicros: z
      .int()
      .optional()
      .describe('Added to event time (in the zone) before it is cut into windows'),
    labelMicros: z.int().optional().describe('Added to the start of a window to make what the column shows'),
    instants: z.literal(true).optional().describe('The column shows the instant, not the local time'),
  })
  .nullable()
  .describe('null: a running total');

export const restate = z
  .object({
    ids: optional(z.array(text)).describe('Events with these ids'),
    correlationIds: optional(z.array(text)).describe('Events with these correlation ids'),
    where: optional(text).describe('Events of which this condition in SQL is true'),
    from: optional(rfc3339).describe('Only events with this time, or a later one'),
    to: optional(rfc3339).describe('Only events before this time'),
    replace: optional(z.record(text, text)).describe(
      'Column → SQL that is in its place; absent: the events are left out',
    ),
  })
  .meta({ id: 'Restate', description: 'Events are meant that any of ids, correlationIds, where names' });

export const describedProduct = z.looseObject({
  name,
  version: count,
  description: text.nullable(),
  topology,
  source: name,
  columns: productColumns,
  window: productWindow,
  example: value.describe('An event that the schema allows'),
  generation: count,
  cut: offsetVector,
  included: offsetVector,
  behind: count,
  deadLettered: count,
  conflicts,
  status,
  troubles: optional(z.array(trouble)),
  versions: z.array(version).readonly(),
});

export const products = z
  .object({ products: z.array(describedProduct.meta({ id: 'Product' })) })
  .meta({ id: 'Products' });

export const product = describedProduct.extend({ sql: text }).meta({ id: 'ProductWithSql' });

const otherVersion = z.looseObject({
  version: count,
  state: z.enum(['building', 'ready', 'kept', 'dropping', 'dropped']),
  since: count.describe('Milliseconds since 1970'),
});

export const catalog = z
  .object({
    catalog: text.describe('Its fingerprint'),
    sources: z.array(z.object(sourceFields)),
    products: z.array(
      z.object({
        name,
        version: count,
        declared: flag.describe('The catalog has it; else it runs, or is kept, beside the one that it has'),
        source: name,
        sql: text,
        topology,
        retentionMicros: count.nullable(),
        generations: optional(count),
        description: text.nullable(),
        hash: name.describe('Equal hash, equal states'),
        restated: optional(restatement).describe('By which rules events are left out, or replaced'),
        columns: productColumns,
        key: z.array(z.object({ column: text.nullable(), type: name })),
        window: productWindow,
      }),
    ),
    versions: z
      .record(
        name,
        z.looseObject({
          served: count.describe('What the name answers with'),
          since: count,
          declared: count.describe('What the catalog had that was taken last'),
          last: count.describe('The highest number that there ever was'),
          others: z.array(otherVersion),
        }),
      )
      .describe('By product; empty where this process has no store'),
    sizes: z
      .record(
        name,
        z.object({
          records: count.describe('Of the log since its beginning, barriers too'),
          events: count.nullable().describe('Those that are no barriers; null: no ledger tells'),
          archivedBytes: count.nullable().describe('null: no archive, or this process does not know'),
        }),
      )
      .describe('By source'),
  })
  .meta({ id: 'Catalog' });

export const archive = z
  .object({
    source: name,
    partitions: z.array(
      z.object({
        partition: count,
        files: z.array(
          z.object({
            file: name,
            from: count.describe('Its first offset'),
            to: count.describe('The offset behind its last'),
            bytes: count,
            digest: text.nullable().describe('The first 128 bits of its SHA-256; null: of an old release'),
          }),
        ),
      }),
    ),
  })
  .meta({ id: 'Archive' });

export const topics = z
  .object({
    name: text.describe('Where the log is'),
    topics: z.array(
      z.object({
        name,
        id: text.describe('One that is made anew has another'),
        partitions: count,
        config: z.record(name, text),
        ranges: z
          .record(z.string().regex(/^\d+$/), z.object({ start: count, end: count, highWatermark: count }))
          .describe('Partition → the offsets that it has, what is in the archive alone too'),
      }),
    ),
  })
  .meta({ id: 'Topics' });

const base64 = text.nullable().describe('base64; null: there is none');

export const topicRecords = z
  .object({
    records: z
      .array(z.tuple([count, z.int(), base64, base64, z.array(z.tuple([text, base64]))]))
      .describe('Offset, timestamp (milliseconds; -1: none), key, value, headers'),
    holes: z.array(z.object({ from: count, to: count, reason: text })),
    next: count.describe('Where to read on; as asked: nothing was there'),
  })
  .meta({ id: 'TopicRecords' });

export const ledger = z
  .object({
    products: z.array(
      z.looseObject({
        product: name,
        version: count,
        source: name,
        included: offsets,
        accepted: count.describe(
          'aggregated + filtered + duplicate + deadLettered + expired + control + lost',
        ),
        aggregated: count,
        filtered: count,
        duplicate: count,
        deadLettered: count,
        expired: count,
        control: count,
        restated: optional(restatement).describe('Which events were left out, or replaced'),
        lost: optional(count).describe('Gone, and the loss was accepted'),
        conflicts,
      }),
    ),
  })
  .meta({ id: 'LedgerOfProducts' });

export const warning = z
  .looseObject({ code: name, message: text, hint: optional(text) })
  .meta({ id: 'Warning' });

const bus = z.enum(['connected', 'silent', 'away']);

const service = z
  .looseObject({
    name,
    instance: name,
    ready: flag,
    reason: optional(text),
    answering: optional(flag),
    version: optional(text),
    wire: optional(count),
    uptime: optional(count).describe('Seconds'),
    catalog: optional(text),
    catalogSince: optional(rfc3339),
    degraded: optional(z.array(text)),
    restarts: optional(count),
    lag: optional(count),
  })
  .meta({ id: 'ServiceState' });

export const deploymentStatus = z
  .object({
    bus,
    services: z.array(service),
    warnings: z.array(warning),
    disk: optional(
      z.array(z.object({ part: name, path: text, used: count.nullable(), free: count, size: count })),
    ).describe('Bytes'),
    products: optional(z.array(describedProduct)),
  })
  .loose()
  .meta({ id: 'Status' });

export const reloaded = z
  .object({
    bus,
    instances: z.array(
      z.looseObject({
        instance: name,
        services: z.array(text),
        outcome: z.enum(['reloaded', 'unchanged', 'refused', 'under-way', 'no-answer']),
        catalog: optional(text),
        problems: optional(z.array(warning)),
        warnings: optional(z.array(warning)),
      }),
    ),
    warnings: z.array(warning),
  })
  .meta({ id: 'Reloaded' });

export const alive = z
  .object({ status: z.enum(['ok', 'stuck']), reason: optional(text) })
  .meta({ id: 'Alive' });

export const ready = z
  .object({
    status: z.enum(['ready', 'not ready']),
    services: z.array(
      z.object({ service: name, ok: flag, reason: optional(text), degraded: optional(z.array(text)) }),
    ),
    troubles: optional(z.array(text)).describe('What the services need and do not have just now'),
    degraded: optional(z.array(text)).describe('What stands still while the rest goes on'),
  })
  .meta({ id: 'Ready' });

export const session = z.object({ token: text.max(8192).regex(/^[\x21-\x7e]*$/) }).meta({ id: 'Session' });

export const problem = z
  .looseObject({
    type: text.describe('urn:tenon:problem:<code>'),
    title: text,
    status: count,
    detail: text,
    code: name.describe('Stable, see docs/errors.md'),
    instance: text,
    correlationId: text,
    hint: optional(text),
    parameter: optional(text).describe('The query parameter that is at fault'),
    errors: optional(z.array(z.looseObject({ pointer: text, detail: text }))),
    pointer: optional(text),
  })
  .meta({ id: 'Problem', description: 'RFC 9457' });

/** A CloudEvent 1.0 in JSON; further attributes are texts, integers or booleans. */
export const cloudEvent = z
  .object({
    specversion: z.literal('1.0'),
    id: identifier,
    source: identifier.regex(/^\S+$/),
    type: identifier,
    time: optional(text.meta({ format: 'date-time' })),
    datacontenttype: optional(text.regex(/^application\/(.+\+)?json$/)),
    correlationid: optional(text.regex(/^[\x20-\x7e]{1,128}$/)),
    traceparent: optional(text),
    data: optional(z.looseObject({})).describe('As the source’s schema has it'),
    data_base64: optional(text.meta({ contentEncoding: 'base64' })).describe('The same as bytes of JSON'),
  })
  .catchall(z.union([text, z.number().int(), flag]))
  .meta({ id: 'CloudEvent' });
