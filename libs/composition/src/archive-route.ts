/** `GET /v1/archive/{source}`: the files of a source's archive, and each as it is, for whoever computes from them elsewhere. */
import { createReadStream } from 'node:fs';
import type { ArchiveFile } from '@tenon/archive';
import { ArchiveManifest, checkedPath } from '@tenon/archive';
import type { SourceDefinition } from '@tenon/domain';
import { HttpProblem } from '@tenon/errors';
import type { HttpRequest, HttpResponse, Lake, ProductStore, Route } from '@tenon/ports';
import type { Settings } from '@tenon/runtime';
import type { Parts } from './parts';
import type { ServiceSet } from './service-set';

/** A file of the archive: the records [from, to) of its partition. */
export type ArchiveAnswerFile = Pick<ArchiveFile, 'from' | 'to' | 'bytes' | 'digest'> & {
  /** The last part of its path. */
  readonly file: string;
};

export interface ArchiveAnswer {
  readonly source: string;
  readonly partitions: readonly {
    readonly partition: number;
    /** In order; each gives the offsets that none before it gave. */
    readonly files: readonly ArchiveAnswerFile[];
  }[];
}

/** The archive of a process: its files, and the store that names them. */
interface Archive {
  readonly store: ProductStore;
  readonly lake: Lake;
}

export function archiveRoutes(
  parts: Parts,
  settings: Settings,
  set: Pick<ServiceSet, 'stored' | 'catalog'>,
): Route[] {
  const { TENON_LAKE: lake, TENON_KAFKA_BROKERS: brokers } = settings;
  const archiveOf = async (): Promise<Archive> => {
    // Where the log is on servers, a lake of the process's own has nothing in it.
    if (!set.stored || (lake === undefined && brokers !== undefined))
      throw new HttpProblem(
        404,
        'no-archive',
        'This process has no archive; one of batch has. TENON_LAKE says where it lies.',
      );
    return { store: await parts.store(), lake: await parts.lake() };
  };
  const sourceOf = ({ params }: HttpRequest) => {
    const source = set.catalog.sources.find(({ name }) => name === params['source']);
    if (source !== undefined) return source;
    throw new HttpProblem(404, 'unknown-source', `There is no source ${params['source']}.`);
  };
  return [
    {
      method: 'GET',
      path: '/v1/archive/:source',
      query: [],
      handle: async (request) => ({
        status: 200,
        json: await listed(await archiveOf(), sourceOf(request)),
      }),
    },
    {
      method: 'GET',
      path: '/v1/archive/:source/:partition/:file',
      query: [],
      handle: async (request) => fileOf(await archiveOf(), sourceOf(request), request.params),
    },
  ];
}

const nameOf = ({ name }: ArchiveFile) => name.slice(name.lastIndexOf('/') + 1);

const filesOf = (archive: Archive, { name, partitions }: SourceDefinition, partition: number) =>
  new ArchiveManifest(archive, name, partitions).files(partition, 0, Number.MAX_SAFE_INTEGER);

async function listed(archive: Archive, source: SourceDefinition): Promise<ArchiveAnswer> {
  const partitions: ArchiveAnswer['partitions'][number][] = [];
  for (let partition = 0; partition < source.partitions; partition++) {
    const files = (await filesOf(archive, source, partition)).map((file) => {
      const { from, to, bytes, digest } = file;
      return { from, to, bytes, digest, file: nameOf(file) };
    });
    partitions.push({ partition, files });
  }
  return { source: source.name, partitions };
}

/** Only what the manifest names is given out, whatever a path looks like. */
async function fileOf(
  archive: Archive,
  source: SourceDefinition,
  { partition = '', file: asked = '' }: HttpRequest['params'],
): Promise<HttpResponse> {
  const files = /^\d{1,6}$/.test(partition) ? await filesOf(archive, source, Number(partition)) : [];
  const file = files.find((one) => nameOf(one) === asked);
  if (file === undefined)
    throw new HttpProblem(
      404,
      'unknown-file',
      'The archive has no such file: small ones are made into larger ones, so the list may be another one by now.',
    );
  const stream = createReadStream(await checkedPath(archive.lake, file));
  return {
    status: 200,
    headers: {
      'content-type': 'application/vnd.apache.parquet',
      'content-length': String(file.bytes),
    },
    stream,
  };
}
