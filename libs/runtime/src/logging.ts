/** The one logger factory: pino, one JSON object per line, secrets left out. */
import type { Logger } from '@tenon/ports';
import pino from 'pino';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

export interface LoggerOptions {
  readonly level: LogLevel;
  /** Who logs: the field `name` of each line. */
  readonly name: string;
  /** Where lines go; standard error where absent, so that a command's own output stays clean. */
  readonly destination?: { write(line: string): void };
}

const SECRET_FIELDS = [
  'password',
  'passwd',
  'secret',
  'token',
  'apiKey',
  'authorization',
  'cookie',
  'set-cookie',
];

/** Each secret field at the top and one and two levels down. */
const REDACTED = SECRET_FIELDS.flatMap((field) => [`["${field}"]`, `*["${field}"]`, `*.*["${field}"]`]);

/** User and password in a connection string, e.g. `mongodb://user:pass@host`. */
const URL_CREDENTIALS = /([a-z][a-z0-9+.-]{1,20}:\/\/)[^\s/@"\\]{1,500}@/gi;

/**
 * @returns a logger that writes ISO times and level names. Fields called like a secret, and credentials within URLs, are
 * replaced wherever they stand. An error goes in the field `err` or `error`.
 */
export function createLogger(options: LoggerOptions): Logger {
  const settings: pino.LoggerOptions = {
    level: options.level,
    base: { name: options.name },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    serializers: { err: pino.stdSerializers.err, error: pino.stdSerializers.err },
    redact: { paths: REDACTED, censor: '[redacted]' },
    hooks: {
      streamWrite: (line) => (line.includes('://') ? line.replace(URL_CREDENTIALS, '$1[redacted]@') : line),
    },
  };
  return adapt(pino(settings, options.destination ?? pino.destination({ dest: 2, sync: true })));
}

function adapt(logger: pino.Logger): Logger {
  return {
    debug: (fields, message) => logger.debug(fields, message),
    info: (fields, message) => logger.info(fields, message),
    warn: (fields, message) => logger.warn(fields, message),
    error: (fields, message) => logger.error(fields, message),
    child: (fields) => adapt(logger.child(fields)),
  };
}
