/** A text file in chunks of whole lines: decompressed, and checked to be UTF-8. */
import { createReadStream } from 'node:fs';
import { createGunzip } from 'node:zlib';
import { fileRefusal } from './refusal';

export interface TextChunk {
  readonly text: string;
  /** Bytes of the file read so far, as it lies on disk. */
  readonly done: number;
}

/** As names of formats are told: in any case. */
export const isGzip = (path: string): boolean => /\.gz$/i.test(path);

/**
 * Decoded text of a file as it is read.
 *
 * @param bytes its first bytes only; absent: all
 * @throws Refusal `not-utf8`, or what the file system says
 */
export async function* readText(path: string, bytes?: number): AsyncGenerator<TextChunk> {
  if (bytes === 0) return;
  const end = bytes === undefined ? {} : { end: bytes - 1 };
  const file = createReadStream(path, { highWaterMark: 1 << 18, ...end });
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const stream = isGzip(path) ? file.pipe(createGunzip()) : file;
  file.on('error', (error) => stream.destroy(error));
  try {
    for await (const bytes of stream) {
      const text = decoder.decode(bytes as Buffer, { stream: true });
      if (text !== '') yield { text, done: file.bytesRead };
    }
    const rest = decoder.decode();
    if (rest !== '') yield { text: rest, done: file.bytesRead };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA') {
      throw fileRefusal(
        'not-utf8',
        `${path} is not UTF-8.`,
        'Convert it, e.g. with `iconv -f latin1 -t utf8`.',
        {
          file: path,
        },
      );
    }
    throw fileRefusal('file-unreadable', `${path} can't be read: ${message}.`, undefined, { file: path });
  } finally {
    file.destroy();
  }
}
