/** Most metrics count something of a stage. */
const COUNT = { unit: 'Count', dimensions: ['stage'] } as const;

/**
 * Every metric that this code emits. The alarms and the dashboard in resources/ name them, and a
 * test compares the three. Each value of a dimension is one more metric to pay for, so there are few
 * of them, and none is about a person.
 */
export const METRICS = {
  /** One for each request; whose fault it was that it did not succeed, see http/errorAnswers.ts. */
  Requests: { unit: 'Count', dimensions: ['stage', 'function', 'fault'] },
  /** How long a request waited for WeCom, if it called it. */
  WecomMilliseconds: { unit: 'Milliseconds', dimensions: ['stage'] },
  /** An instance found gettoken's breaker open, counted every 15 minutes, or closed again, counted once. */
  TokenBreakerOpened: COUNT,
  TokenBreakerClosed: COUNT,
  /** An instance keeps an access_token for itself, because DynamoDB does not answer. */
  TokenStoreDown: COUNT,
  /** errcode 60020. */
  CallerIpRefused: COUNT,
  /** A callback with a valid signature that the EncodingAESKey does not open, or for another corp. */
  CallbackUndecryptable: COUNT,
  /** A department or tag that a grant may name could not be read; the log names it. */
  GroupUnreadable: COUNT,
  /** A genuine push that has no effect here. */
  CallbackIgnored: COUNT,
  /** SQS did not accept an event for the event bus; the log names it. */
  EventNotSent: COUNT,
  /** A client's back-channel logout address did not take its logout token, in one of the tries. */
  LogoutNotDelivered: COUNT,
  /** A sign-out could not be handed to the function that does it. */
  SignOutNotHandedOver: COUNT,
} as const;

export type MetricName = keyof typeof METRICS;

export const NAMESPACE = 'WecomAuth';

/**
 * CloudWatch's embedded metric format: fields that make CloudWatch count a log line. The values of the
 * dimensions are fields of the same line.
 */
export function embeddedMetrics(values: Partial<Record<MetricName, number>>) {
  const names = Object.keys(values) as MetricName[];
  return {
    ...values,
    _aws: {
      Timestamp: Date.now(),
      CloudWatchMetrics: names.map((Name) => ({
        Namespace: NAMESPACE,
        Dimensions: [METRICS[Name].dimensions],
        Metrics: [{ Name, Unit: METRICS[Name].unit }],
      })),
    },
  };
}
