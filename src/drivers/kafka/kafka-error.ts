import { AppError, type ErrorCode } from '../../core/errors.js';

/** What kafkajs wrapped, however often: the error as it first was. */
export function rootOf(error: unknown): Error {
  let root = error;
  while (root instanceof Error && root.cause instanceof Error) root = root.cause;
  return root instanceof Error ? root : new Error(String(root));
}

/** The code that a broker answered, such as `NOT_LEADER_FOR_PARTITION`; undefined when no broker answered. */
export function brokerCode(error: unknown): string | undefined {
  const { type } = rootOf(error) as Error & { type?: unknown };
  return typeof type === 'string' ? type : undefined;
}

const FORBIDDEN = [
  'TOPIC_AUTHORIZATION_FAILED',
  'CLUSTER_AUTHORIZATION_FAILED',
  'GROUP_AUTHORIZATION_FAILED',
];

/** Which of our codes a broker's refusal is; undefined when it is no refusal for good. */
export function refusalOf(code: string | undefined): ErrorCode | undefined {
  if (code === undefined) return undefined;
  if (FORBIDDEN.includes(code)) return 'TOPIC_FORBIDDEN';
  if (code === 'UNKNOWN_TOPIC_OR_PARTITION') return 'TOPIC_UNKNOWN';
  if (code === 'INVALID_TOPIC_EXCEPTION' || code === 'POLICY_VIOLATION') return 'RECORD_REFUSED';
  return undefined;
}

/** An error of asking Kafka about a topic, in the port's words. */
export function translated(error: unknown, topic: string): AppError {
  if (error instanceof AppError) return error;
  const code = refusalOf(brokerCode(error));
  if (code === 'TOPIC_UNKNOWN') return topicUnknown(topic, error);
  if (code === 'TOPIC_FORBIDDEN') {
    return new AppError(code, `Kafka does not let this service use topic ${topic}.`, { cause: error });
  }
  if (code) {
    return new AppError(code, `Kafka refuses topic ${topic}: ${brokerCode(error)}.`, { cause: error });
  }
  return unavailable(error);
}

export function topicUnknown(topic: string, cause?: unknown): AppError {
  return new AppError('TOPIC_UNKNOWN', `There is no topic ${topic}.`, { cause });
}

/** Nothing was written; the same may succeed later. */
export function unavailable(cause: unknown, what = 'Kafka cannot be used at present'): AppError {
  const code = brokerCode(cause);
  return new AppError('RECORD_LOG_UNAVAILABLE', code ? `${what}: ${code}.` : `${what}.`, { cause });
}

/** What whoever runs this service should look at. */
export function adviceFor(error: unknown): string {
  const root = rootOf(error) as Error & { code?: string };
  if (root.name === 'KafkaJSSASLAuthenticationError' || brokerCode(error) === 'SASL_AUTHENTICATION_FAILED') {
    return 'Check KAFKA_SASL_MECHANISM, KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD.';
  }
  if (/certificate|self.signed|altname/i.test(root.message)) return 'Check KAFKA_SSL_CA_FILE.';
  if (/closed connection|ssl|tls|EPROTO|ECONNRESET/i.test(`${root.message} ${root.code}`)) {
    return 'Check KAFKA_SECURITY_PROTOCOL, and that the brokers run.';
  }
  return 'Check KAFKA_BOOTSTRAP_SERVERS, and that the brokers run.';
}
