/** What a restore ends with: whether what was read back is what had been dumped. */
import { z } from 'zod';

const partition = z.object({
  partition: z.int().min(0),
  records: z.int().min(0),
  found: z.int().min(0).describe('Records that were read back.'),
  dumped: z.string().describe('The digest of the records that were to be restored.'),
  restored: z.string().describe('The digest of the records that were read back.'),
  equal: z.boolean(),
});

const group = z.object({
  group: z.string(),
  offsets: z.record(z.string(), z.int().min(0)),
  equal: z.boolean().describe('What the log says the group has committed is what it was to commit.'),
  problem: z.string().nullable(),
});

export const certificate = z.object({
  v: z.literal(1),
  topic: z.string(),
  into: z.string(),
  in: z.string(),
  id: z.string().describe('Of the topic that was restored.'),
  ended: z.string(),
  offsetsKept: z.boolean().describe('Each record has the partition and offset that it had.'),
  leftOut: z.int().min(0).describe('Barriers that other partitions have no use for.'),
  partitions: z.array(partition),
  groups: z.array(group),
  config: z.object({ equal: z.boolean(), problem: z.string().nullable() }),
  equal: z.boolean().describe('All of the above.'),
});

export type Certificate = z.infer<typeof certificate>;
export type CertifiedPartition = z.infer<typeof partition>;
export type CertifiedGroup = z.infer<typeof group>;
