import { connect as connectPlain, isIP } from 'node:net';
import type { Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { Kafka, logLevel } from 'kafkajs';
import type { ISocketFactory, KafkaConfig, logCreator } from 'kafkajs';
import type { Logger } from '@tenon/ports';
import { mendRequestQueue } from './kafkajs';

export interface KafkaClientOptions {
  /** `host:port` of brokers to ask first. */
  readonly brokers: readonly string[];
  /** TLS and SASL, as kafkajs takes them. */
  readonly security?: Pick<KafkaConfig, 'ssl' | 'sasl'>;
  readonly clientId?: string;
  readonly logger?: Logger;
  /** An answer that takes longer than this counts as none. Default 10 s. */
  readonly requestTimeoutMs?: number;
  /** Where to connect instead of the address that a broker gives for itself, e.g. the end of a tunnel. */
  readonly translate?: (host: string, port: number) => { readonly host: string; readonly port: number };
}

const CONNECTION_TIMEOUT = 3_000;

mendRequestQueue();

/**
 * @param silenceMs a connection on which a request has waited this long is broken off; kafkajs gives up the request
 *   only, and would send the next one into the same dead connection
 */
export function createKafka(options: KafkaClientOptions, silenceMs?: number): Kafka {
  const requestTimeout = options.requestTimeoutMs ?? 10_000;
  return new Kafka({
    ...options.security,
    brokers: [...options.brokers],
    clientId: options.clientId ?? 'tenon',
    connectionTimeout: CONNECTION_TIMEOUT,
    requestTimeout,
    enforceRequestTimeout: true,
    retry: { initialRetryTime: 100, maxRetryTime: 2_000, multiplier: 2, factor: 0.2, retries: 4 },
    socketFactory: watchedSockets(silenceMs ?? requestTimeout + 2_000, options.translate),
    logLevel: options.logger === undefined ? logLevel.NOTHING : logLevel.INFO,
    logCreator: logTo(options.logger),
  });
}

/**
 * kafkajs calls an error what it is about to try again, so its lines go down by one level; those of single requests, such
 * as the look for a topic that is not there yet, by two.
 */
function logTo(logger: Logger | undefined): logCreator {
  return () =>
    ({ namespace, level, log: { message, timestamp: _timestamp, logger: _logger, ...fields } }) => {
      const method = level <= logLevel.ERROR && namespace !== 'Connection' ? 'warn' : 'debug';
      logger?.[method]({ ...fields, kafka: namespace }, message);
    };
}

function watchedSockets(silenceMs: number, translate: KafkaClientOptions['translate']): ISocketFactory {
  return ({ host, port, ssl, onConnect }) => {
    const address = translate?.(host, port) ?? { host, port };
    const socket = ssl
      ? connectTls({ ...address, ...(isIP(host) ? {} : { servername: host }), ...(ssl as object) }, onConnect)
      : connectPlain(address, onConnect);
    // kafkajs may disconnect a socket that never connected again and again, which adds a listener each time.
    socket.setMaxListeners(0);
    socket.setKeepAlive(true, 30_000);
    socket.setNoDelay(true);
    breakOffWhenSilent(socket, silenceMs);
    return socket;
  };
}

/** Destroys the socket when something was written `silenceMs` ago and nothing has come since. */
function breakOffWhenSilent(socket: Socket, silenceMs: number): void {
  let answered = 0;
  let waitingSince: number | null = null;
  socket.on('data', () => {
    answered = socket.bytesWritten;
    waitingSince = null;
  });
  const timer = setInterval(() => {
    const now = performance.now();
    if (socket.bytesWritten > answered) waitingSince ??= now;
    if (waitingSince !== null && now - waitingSince > silenceMs) {
      socket.destroy(new Error(`No answer for ${silenceMs} ms`));
    }
  }, 1_000);
  timer.unref();
  socket.once('close', () => clearInterval(timer));
}
