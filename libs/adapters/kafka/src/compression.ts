/** What Kafka's producers and brokers compress record batches with: gzip, snappy, lz4, and zstd where Node has it. */
import * as zlib from 'node:zlib';
import { unframeLz4 } from './lz4';
import { unsnappy } from './snappy';

/** A batch becomes no larger than this, whatever it says of itself: several times what a topic takes. */
const MAX_BYTES = 128 * 1024 * 1024;

type Unzstd = (bytes: Buffer, options: { maxOutputLength: number }) => Buffer;

/** Node has it since 22.15. */
const unzstd = (zlib as { zstdDecompressSync?: Unzstd }).zstdDecompressSync;

/** @throws an Error with what is wrong, for a codec that is not known here and for bytes that are none of it */
export function decompress(codec: number, bytes: Buffer): Buffer {
  switch (codec) {
    case 1:
      return zlib.gunzipSync(bytes, { maxOutputLength: MAX_BYTES });
    case 2:
      return unsnappy(bytes, MAX_BYTES);
    case 3:
      return unframeLz4(bytes, MAX_BYTES);
    case 4:
      if (unzstd === undefined) throw new Error('it is compressed with zstd, which Node reads from 22.15 on');
      return unzstd(bytes, { maxOutputLength: MAX_BYTES });
    default:
      throw new Error(`its codec ${codec} is not known`);
  }
}
