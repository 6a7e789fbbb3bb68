/** What kafkajs throws, as the port's errors. */
import { KafkaJSProtocolError } from 'kafkajs';
import { TenonError, Unavailable } from '@tenon/errors';

/** The innermost error that has a protocol type, such as `UNKNOWN_TOPIC_OR_PARTITION`. */
export function protocolType(error: unknown): string | undefined {
  for (let one = error; one instanceof Error; one = one.cause) {
    if (one instanceof KafkaJSProtocolError) return one.type;
    const { type } = one as { type?: unknown };
    if (typeof type === 'string') return type;
  }
  return undefined;
}

/** @param what e.g. `The topic "x" could not be read` */
export function toTenonError(error: unknown, what: string): TenonError {
  if (error instanceof TenonError) return error;
  const reason = error instanceof Error ? error.message : String(error);
  const type = protocolType(error);
  switch (type) {
    case 'UNKNOWN_TOPIC_OR_PARTITION':
      return new TenonError('unknown-topic', `${what}: there is no such topic or partition.`, {
        cause: error,
      });
    case 'INVALID_TOPIC_EXCEPTION':
      return new TenonError('invalid-topic', `${what}: Kafka does not take the name.`, { cause: error });
  }
  if (type?.endsWith('_AUTHORIZATION_FAILED') || type?.startsWith('SASL_')) {
    return new TenonError('log-forbidden', `${what}: Kafka refuses it (${type}).`, {
      hint: "Grant this client's principal Create, Describe, AlterConfigs, Read, Write and Delete on topics tenon.*, and Read on groups tenon-*.",
      cause: error,
    });
  }
  return new Unavailable(`${what}: ${reason}`, error);
}
