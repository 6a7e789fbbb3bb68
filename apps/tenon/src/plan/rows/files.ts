/** Files of a Tenon's archive, brought here once each. */
import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { ArchiveAnswer } from '@tenon/composition';
import type { ArchiveRange } from '@tenon/ports';
import type { Client } from '../../cli/client';
import { segment } from '../../cli/client';
import { failure } from '../../cli/failure';
import type { ArchivedFile, SampledRange } from './sample';

export class ArchiveFiles {
  private readonly here = new Map<string, Promise<string>>();
  private readonly lists = new Map<string, Promise<ArchiveAnswer>>();

  constructor(
    private readonly client: Client,
    private readonly directory: string,
    private readonly signal: AbortSignal,
  ) {}

  /** @throws Failure with the problem that is answered, e.g. `no-archive` */
  list(source: string): Promise<ArchiveAnswer> {
    const known = this.lists.get(source);
    if (known !== undefined) return known;
    const asked = this.client.json<ArchiveAnswer>(`/v1/archive/${segment(source)}`, { signal: this.signal });
    this.lists.set(source, asked);
    return asked;
  }

  /** The ranges as the engine takes them. @throws Failure `archive-file-differs`, or the problem that is answered */
  async ranges(source: string, sampled: readonly SampledRange[]): Promise<ArchiveRange[]> {
    const ranges: ArchiveRange[] = [];
    for (const { partition, from, to, files } of sampled) {
      const paths: string[] = [];
      for (const file of files) paths.push(await this.path(source, partition, file));
      ranges.push({ partition, from, to, paths });
    }
    return ranges;
  }

  private path(source: string, partition: number, file: ArchivedFile): Promise<string> {
    const key = `${source}/${partition}/${file.file}`;
    const known = this.here.get(key);
    if (known !== undefined) return known;
    const path = join(this.directory, `${this.here.size}.parquet`);
    const fetched = this.fetch(key, file, path);
    this.here.set(key, fetched);
    return fetched;
  }

  private async fetch(key: string, { digest, bytes }: ArchivedFile, path: string): Promise<string> {
    const { signal } = this;
    const parts = key.split('/').map(segment).join('/');
    const body = await this.client.stream(`/v1/archive/${parts}`, { signal });
    const hash = createHash('sha256');
    let got = 0;
    body.on('data', (chunk: Buffer) => {
      hash.update(chunk);
      got += chunk.length;
    });
    await pipeline(body, createWriteStream(path), { signal });
    const print = hash.digest('hex').slice(0, 32);
    if (got === bytes && (digest === null || print === digest)) return path;
    throw failure(
      'archive-file-differs',
      `${key} came with ${got} bytes and the digest ${print}, and should have ${bytes} and ${digest ?? 'any'}.`,
      'Try again; tenon verify checks the archive where it lies.',
    );
  }
}
