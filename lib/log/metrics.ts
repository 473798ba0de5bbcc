/** A number of events on a stage. */
const COUNT = { unit: 'Count', dimensions: ['stage'] } as const;

/**
 * Every metric. The alarms and the dashboard in resources/ use them; tests/template/alarms.test.ts
 * compares the three.
 * Each value of a dimension is one more metric to pay for, so there are few dimensions, and none is
 * about a person.
 */
export const METRICS = {
  /** One for each request. `fault` is who caused a failure, see http/errorAnswers.ts. */
  Requests: { unit: 'Count', dimensions: ['stage', 'function', 'fault'] },
  /**
   * A request that failed by `operator`, `aws` or `wecom-auth`: by the stage alone, so that an alarm needs
   * one metric.
   */
  Failures: { unit: 'Count', dimensions: ['stage', 'fault'] },
  /** A browser was sent to WeCom by the OpenID provider; `authorize` counts those of front ends. */
  SignInsBegun: COUNT,
  /**
   * A browser came back from WeCom. The value is 1 for a sign-in, and 0 for one that failed, so the sum
   * counts sign-ins, and the number of samples what came to an end. A refusal that is the visitor's has
   * no value.
   */
  SignIns: { unit: 'Count', dimensions: ['stage', 'function'] },
  /**
   * A sign-in failed by `administrator`. Of one member an instance counts one in half an hour, so that
   * many are many members; where the member is not known, it counts each.
   */
  MembersKeptOut: COUNT,
  /** How long a request waited for WeCom, if it called it. */
  WecomMilliseconds: { unit: 'Milliseconds', dimensions: ['stage'] },
  /** An instance found gettoken's breaker open, counted every 15 minutes, or closed again, counted once. */
  TokenBreakerOpened: COUNT,
  TokenBreakerClosed: COUNT,
  /** An instance keeps an access_token for itself, because DynamoDB does not answer. */
  TokenStoreDown: COUNT,
  /** errcode 60020. */
  CallerIpRefused: COUNT,
  /** A callback with a valid signature that cannot be decrypted, or is for another corp. */
  CallbackUndecryptable: COUNT,
  /** A department or tag that a grant may name could not be read; the log names it. */
  GroupUnreadable: COUNT,
  /** A genuine push without an effect, or with a field that cannot be read. */
  CallbackIgnored: COUNT,
  /** SQS did not accept an event for the event bus; the log names it. */
  EventNotSent: COUNT,
  /** A client's back-channel logout address did not accept its logout token, in one attempt. */
  LogoutNotDelivered: COUNT,
  /** A sign-out could not be handed to the function that does it. */
  SignOutNotHandedOver: COUNT,
} as const;

export type MetricName = keyof typeof METRICS;

export const NAMESPACE = 'WecomAuth';

/**
 * The fields of a log line from which CloudWatch reads metrics (embedded metric format). The values of
 * the dimensions are other fields of the same line.
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
