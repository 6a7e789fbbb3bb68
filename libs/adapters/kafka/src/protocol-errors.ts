/** The brokers' error codes that this adapter sees in answers of its own (kafka.apache.org/protocol, "Error codes"). */
import { RecordTooLarge, TenonError, Unavailable } from '@tenon/errors';

export const OFFSET_OUT_OF_RANGE = 1;
const MESSAGE_TOO_LARGE = 10;
const RECORD_LIST_TOO_LARGE = 18;
const TOPIC_AUTHORIZATION_FAILED = 29;
const INVALID_TIMESTAMP = 32;
const POLICY_VIOLATION = 44;
const INVALID_RECORD = 87;

/** @returns the error if trying again is of no use, else null */
export function lastingError(code: number, topic: string): TenonError | null {
  switch (code) {
    case MESSAGE_TOO_LARGE:
    case RECORD_LIST_TOO_LARGE:
      return new RecordTooLarge(`A record for ${topic} is larger than the topic takes.`, {
        hint: 'Raise max.message.bytes of the topic (and message.max.bytes of the brokers).',
      });
    case TOPIC_AUTHORIZATION_FAILED:
      return new TenonError('log-forbidden', `Kafka does not let this client use ${topic}.`, {
        hint: "Grant Read, Write and Describe on topics tenon.* to this client's principal.",
      });
    case INVALID_TIMESTAMP:
    case INVALID_RECORD:
    case POLICY_VIOLATION:
      return new TenonError('record-refused', `Kafka refuses a record for ${topic} (error ${code}).`, {
        hint: 'See the settings message.timestamp.* and cleanup.policy of the topic.',
      });
    default:
      return null;
  }
}

export const passingError = (code: number, topic: string) =>
  new Unavailable(`Kafka cannot serve ${topic} at the moment (error ${code}).`);
