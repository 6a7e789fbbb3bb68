import { MongoError, MongoServerError } from 'mongodb';
import { DocumentTooLarge, TenonError, Unavailable } from '@tenon/errors';

const DUPLICATE_KEY = 11000;
const SNAPSHOT_TOO_OLD = 239;
const DOCUMENT_TOO_LARGE = 10334;
const UNAUTHORIZED = 13;

/** Of a socket that the driver writes to while it is being closed: it lets them through as they are. */
const OF_SOCKETS: readonly unknown[] = [
  'EPIPE',
  'ECONNRESET',
  'ECONNABORTED',
  'ERR_STREAM_DESTROYED',
  'ERR_SOCKET_CLOSED',
];

/** What the driver throws, as the port's errors; what a caller's own work threw stays as it is. */
export function toTenonError(error: unknown): unknown {
  if (!(error instanceof MongoError)) {
    const isOfSocket = error instanceof Error && OF_SOCKETS.includes((error as { code?: unknown }).code);
    return isOfSocket ? new Unavailable(`MongoDB: ${error.message}`, error) : error;
  }
  const code = error instanceof MongoServerError ? error.code : undefined;
  if (code === UNAUTHORIZED) {
    return new TenonError('store-forbidden', `MongoDB refuses it: ${error.message}`, {
      hint: 'Grant readWrite on the database to the user in TENON_MONGODB_URL.',
      cause: error,
    });
  }
  if (code === DOCUMENT_TOO_LARGE || error.message.includes('BSONObj size')) {
    return new DocumentTooLarge('A document is larger than MongoDB takes (16 MiB).', { cause: error });
  }
  if (code === SNAPSHOT_TOO_OLD) {
    return new Unavailable(
      'The snapshot was held longer than MongoDB keeps it (minSnapshotHistoryWindowInSeconds).',
      error,
    );
  }
  return new Unavailable(`MongoDB: ${error.message}`, error);
}

const WRITE_CONFLICT = 112;

/** Another transaction has written the same document, and is not over. */
export const isConflict = (error: unknown): boolean =>
  error instanceof MongoServerError && error.code === WRITE_CONFLICT;

/** Two transactions made the same document: which of them was first shows on the next attempt. */
export function markDuplicateAsTransient(error: unknown): void {
  if (error instanceof MongoServerError && error.code === DUPLICATE_KEY) {
    error.addErrorLabel('TransientTransactionError');
  }
}
