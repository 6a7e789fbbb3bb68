/** A text file in chunks of whole lines: decompressed, and checked to be UTF-8. */
import { createReadStream } from 'node:fs';
import { createGunzip } from 'node:zlib';
import { failure } from '../cli/failure';

export interface TextChunk {
  readonly text: string;
  /** Bytes of the file read so far, as it lies on disk. */
  readonly done: number;
}

/** Decoded text of a file as it is read. @throws Failure `not-utf8`, or what the file system says */
export async function* readText(path: string): AsyncGenerator<TextChunk> {
  const file = createReadStream(path, { highWaterMark: 1 << 18 });
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const stream = path.endsWith('.gz') ? file.pipe(createGunzip()) : file;
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
      throw failure('not-utf8', `${path} is not UTF-8.`, 'Convert it, e.g. with `iconv -f latin1 -t utf8`.', {
        file: path,
      });
    }
    throw failure('file-unreadable', `${path} can't be read: ${message}.`, undefined, { file: path });
  } finally {
    file.destroy();
  }
}
