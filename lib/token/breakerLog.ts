import type { WecomAuthError } from '../errors.ts';
import type { Log } from '../log/log.ts';
import { wasRefused } from './breaker.ts';
import type { Breaker } from './tokenRecord.ts';

/*
 * What the operator sees: one line and one metric when the breaker opens, one of each when it
 * closes, and a plain line for each attempt between them that failed as well.
 */

/** @param charged the breaker before the call, `breaker` after it */
export function logFailure(
  log: Log,
  charged: Breaker,
  breaker: Breaker,
  error: WecomAuthError,
  parameter: string,
): void {
  const fields = {
    ...error.details,
    error: error.code,
    reason: breaker.reason,
    failures: breaker.failures,
    since: new Date(breaker.since).toISOString(),
    openUntil: new Date(breaker.openUntil).toISOString(),
    parameter,
  };
  if (breaker.reason === 'unreachable') {
    log.warn('gettoken gave no token: tried again after openUntil', fields);
  } else if (wasRefused(charged)) {
    log.warn('gettoken gave no token again: the breaker stays open', fields);
  } else {
    log.metric(
      'TokenBreakerOpened',
      'gettoken was refused: the breaker is open until openUntil, or until the parameter is written again',
      fields,
    );
  }
}

/** @param charged the breaker before the call that worked */
export function logClosed(log: Log, charged: Breaker, parameter: string): void {
  if (!wasRefused(charged)) return;
  log.metric('TokenBreakerClosed', 'gettoken works again: the breaker is closed', {
    since: new Date(charged.since).toISOString(),
    parameter,
  });
}
