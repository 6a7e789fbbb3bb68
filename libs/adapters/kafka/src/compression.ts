/** What Kafka's producers and brokers compress record batches with: gzip, snappy, lz4 and zstd. */
import * as zlib from 'node:zlib';
import { unframeLz4 } from './lz4';
import { unsnappy } from './snappy';
import { unzstd } from './zstd';

/** A batch becomes no larger than this, whatever it says of itself: several times what a topic takes. */
const MAX_BYTES = 128 * 1024 * 1024;

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
      return unzstd(bytes, MAX_BYTES);
    default:
      throw new Error(`its codec ${codec} is not known`);
  }
}
