/** What a dump says of itself: `manifest.json`, with its JSON Schema beside it (docs/dump.md). */
import { join } from 'node:path';
import { TenonError } from '@tenon/errors';
import { z } from 'zod';
import { readText, replaceText } from './folder';

export const MANIFEST_VERSION = 1;
const MANIFEST = 'manifest.json';
const SCHEMA = 'manifest.schema.json';

const offset = z.int().min(0);
const byPartition = z.record(z.string().regex(/^\d+$/), offset);

const hole = z
  .object({
    from: offset,
    to: offset,
    reason: z.enum(['transaction-mark', 'aborted', 'compaction', 'deleted']),
  })
  .describe('Offsets [from, to) without records, and why.');

const file = z.object({
  name: z.string().describe('Relative to the manifest.'),
  from: offset,
  to: offset.describe('All records of offsets [from, to) that were to be kept.'),
  records: z.int().min(1),
  bytes: z.int().min(1),
  sha256: z.string().describe('Of the file.'),
  digest: z.string().describe('Of the records in it (docs/dump.md, "Digests").'),
});

const part = z.object({
  partition: z.int().min(0),
  log: z
    .object({ start: offset, end: offset, highWatermark: offset })
    .describe(
      'The log as the dump began; records from end to highWatermark are of transactions that were open.',
    ),
  from: offset,
  to: offset,
  next: offset.describe('How far it is; `to` once it is complete.'),
  records: z.int().min(0),
  holes: z.array(hole).describe('The first 1,000 of them.'),
  missing: z.record(z.string(), z.int().min(1)).describe('Offsets without records, by reason; of all holes.'),
  leftOut: z
    .object({ time: z.int().min(0), sql: z.int().min(0) })
    .describe('Records that were not asked for.'),
  files: z.array(file),
  digest: z.string().nullable().describe('Of the digests of its files; null until it is complete.'),
});

const topic = z.object({
  name: z.string(),
  id: z.string(),
  partitions: z.int().min(1),
  config: z.record(z.string(), z.string()).describe('What was set on the topic itself.'),
  groups: z.array(z.object({ group: z.string(), offsets: byPartition })),
  parts: z.array(part),
});

const manifest = z.object({
  v: z.literal(MANIFEST_VERSION),
  writtenBy: z.string(),
  from: z.string(),
  begun: z.string(),
  ended: z.string().nullable().describe('Null: it is not complete.'),
  selection: z.object({
    fromTime: z.int().nullable(),
    toTime: z.int().nullable(),
    fromOffset: byPartition.nullable(),
    toOffset: byPartition.nullable(),
    where: z.string().nullable(),
    replace: z.record(z.string(), z.string()),
  }),
  topics: z.array(topic),
});

export type Manifest = z.infer<typeof manifest>;
export type DumpedTopic = Manifest['topics'][number];
export type DumpedPart = DumpedTopic['parts'][number];
export type DumpedFile = DumpedPart['files'][number];
export type Selection = Manifest['selection'];

export const manifestSchema = () => z.toJSONSchema(manifest);

/** @returns null if there is none. @throws TenonError `bad-manifest` */
export async function readManifest(directory: string): Promise<Manifest | null> {
  const text = await readText(join(directory, MANIFEST));
  if (text === null) return null;
  const parsed = manifest.safeParse(parse(text));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new TenonError(
    'bad-manifest',
    `${join(directory, MANIFEST)} is no manifest of version ${MANIFEST_VERSION}: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}.`,
  );
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Durably, whole or not at all. */
export async function writeManifest(directory: string, content: Manifest): Promise<void> {
  await replaceText(join(directory, MANIFEST), `${JSON.stringify(content, null, 1)}\n`);
}

export async function writeSchema(directory: string): Promise<void> {
  await replaceText(join(directory, SCHEMA), `${JSON.stringify(manifestSchema(), null, 1)}\n`);
}
