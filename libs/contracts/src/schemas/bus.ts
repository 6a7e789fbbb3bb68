/** Schemas of what travels over the bus. */
import { z } from 'zod';
import {
  count,
  lane,
  millis,
  name,
  offsetVector,
  offsets,
  product,
  restatementRule,
  stepName,
  text,
  version2,
  versionSince2,
} from './parts';

const byName = z
  .record(name, count)
  .readonly()
  .describe('Name of the product → the generation that is served');

export const liveHint = z.object({
  v: version2,
  cells: z
    .array(text)
    .readonly()
    .nullable()
    .describe('Keys of cells that changed; null: too many to name, or all'),
  covers: z
    .exactOptional(z.record(lane, z.tuple([count, count]).readonly()).readonly())
    .describe('Lane → the offsets [from, to) whose events changed them'),
});

/** As edition 2 wrote it: offsets by partition. Readers take its cells. */
export const liveHintBefore = z.object({
  v: versionSince2,
  cells: z.array(text).nullable(),
  covers: z.exactOptional(z.record(text, z.tuple([count, count]))),
});

export const cutRequest = z.object({ v: versionSince2, full: z.exactOptional(z.boolean()) });

export const cutReply = z
  .object({
    v: z.literal(1),
    epoch: z.exactOptional(count),
    offsets: z.exactOptional(offsetVector).describe('The offsets after the barriers'),
    problem: z.exactOptional(z.object({ code: text, message: text })).describe('Why there is no cut'),
  })
  .describe('Either a problem, or epoch and offsets');

export const generationHint = z.object({ v: versionSince2, generation: count, line: count });

export const replayHint = z.object({
  v: version2,
  source: name,
  partition: count,
  included: z
    .exactOptional(count)
    .describe('The lane stands still, and this has landed; absent: a flush is missing for certain'),
});

export const replayHintOfEdition2 = z.object({ v: z.literal(1), partition: count });

export const generationsRequest = z.object({ v: version2 });

/** A requester of edition 2 or 1 is answered in its own form. */
export const generationsRequestBefore = z.object({ v: versionSince2 });

export const generationsReply = z.object({
  v: version2,
  generations: z.record(product, count).readonly().describe('Product → the generation that is served'),
});

export const generationsReplyOfEdition2 = z.object({ v: z.literal(1), generations: byName });

export const generationsReplyBefore = byName;

export const statusRequest = z.object({ v: versionSince2 });

export const statusReply = z
  .looseObject({
    name: z.enum(['ingestion', 'speed', 'batch', 'archive', 'consumption', 'serving']),
    instance: name,
    version: text.describe('Of the software'),
    wire: z.exactOptional(count).describe('The edition of the wire that it writes; absent in edition 1'),
    uptime: count.describe('Seconds'),
    catalog: text.describe('The fingerprint of the catalog that it runs'),
    catalogSince: text.describe('When it took it, RFC 3339'),
    ready: z.boolean(),
    reason: z.exactOptional(text),
    restarts: count,
    partitions: z
      .exactOptional(z.record(text, offsets))
      .describe('Topic → partition → the offset that it reads next'),
    lag: z.exactOptional(count),
  })
  .nullable()
  .describe('One service of one instance, with facts for people beside these fields; null: nothing to say');

export const reloadRequest = z.object({
  v: versionSince2,
  from: z.exactOptional(name).describe('The instance that asks: it does not answer itself'),
  stage: z.exactOptional(z.enum(['consumption', 'others'])),
  only: z.exactOptional(z.array(name).readonly()).describe('Instances that are asked; absent: all'),
  apply: z
    .exactOptional(z.enum(['auto', 'hold']))
    .describe('Somebody asks for what it has: whether names go over to new versions by themselves'),
  throttle: z.exactOptional(count).describe('Apply: so many events a second for what is built, at most'),
  at: z
    .exactOptional(millis)
    .describe(
      'Apply: when it was asked for. What was begun since is left as it is, since this may be heard late',
    ),
});

export const reloadReply = z
  .looseObject({
    instance: name,
    services: z.array(name).readonly(),
    outcome: z.enum(['reloaded', 'unchanged', 'refused', 'under-way']),
    catalog: z.exactOptional(text),
    problems: z.exactOptional(z.array(z.looseObject({ code: text, message: text })).readonly()),
    warnings: z.exactOptional(z.array(z.looseObject({ code: text, message: text })).readonly()),
  })
  .nullable()
  .describe('null: the request is not for this instance');

export const versionsRequest = z.object({
  v: z.literal(1),
  product: name.describe('The name whose versions have changed'),
});

export const versionsReply = z.object({
  v: z.literal(1),
  served: z.record(name, count).readonly().describe('Name → the version that this instance answers with'),
});

export const stepRequest = z.object({
  v: z.literal(1),
  product: name,
  step: stepName,
  options: z.object({
    version: z.exactOptional(count),
    condition: z.exactOptional(text).describe('Promote: only if this holds of what differs'),
    auto: z.exactOptional(z.boolean()).describe('Reprocess, restate: the name goes over to it by itself'),
    throttle: z.exactOptional(count).describe('Events a second at most, for each layer'),
    rule: z.exactOptional(restatementRule).describe('Restate: which events'),
    topology: z
      .exactOptional(z.enum(['lambda', 'lambda-separate', 'kappa']))
      .describe('Switch: to which one'),
  }),
});

export const stepReply = z
  .looseObject({ v: z.literal(1) })
  .describe('`answer`: as the HTTP interface gives it; or `problem`: status, code, detail, extra');

export const alive = z.object({
  v: versionSince2,
  instance: name,
  services: z.exactOptional(z.array(name).readonly()),
  gone: z.exactOptional(z.literal(true)).describe('The instance goes; then without services'),
});
