import type { Clock } from '../clock.ts';
import type { Details, WecomAuthError } from '../errors.ts';
import type { Log } from '../log/log.ts';
import { type Breaker, successor, type TokenRecord } from './tokenRecord.ts';
import type { TokenStore } from './tokenStore.ts';

/*
 * What the operator sees: one line and one metric when the breaker opens, one of each when it
 * closes, and a plain line for each attempt between them that failed as well. Which of them is due
 * stands in the record (`announced`), so that all instances together say each once.
 */

/** @param charged the breaker before the call, `breaker` after it */
export function logFailure(
  log: Log,
  charged: Breaker,
  breaker: Breaker,
  error: WecomAuthError,
  parameter: string,
): void {
  const fields = { ...error.details, error: error.code, ...fieldsOf(breaker, parameter) };
  if (charged.announced) {
    log.warn('gettoken gave no token again: the breaker stays open', fields);
  } else if (breaker.announced) {
    log.metric(
      'TokenBreakerOpened',
      'gettoken was refused: the breaker is open until openUntil, or until the parameter is written again',
      fields,
    );
  } else {
    log.warn('gettoken gave no token: tried again after openUntil', fields);
  }
}

/**
 * Holders that died could not say that the breaker is open: the first who finds it so does.
 *
 * @param record with a breaker that is open
 */
export async function announceUnreported(
  log: Log,
  record: TokenRecord,
  store: TokenStore,
  clock: Clock,
  parameter: string,
): Promise<void> {
  const { breaker } = record;
  if (breaker?.reason !== 'unreported' || breaker.announced) return;
  const announced = { ...record, breaker: { ...breaker, announced: true } };
  if (!(await store.replace(record, successor(record, clock.now(), announced)))) return;
  log.metric(
    'TokenBreakerOpened',
    'gettoken is called and nobody says how it went: the breaker is open until openUntil, or until the parameter is written again',
    fieldsOf(breaker, parameter),
  );
}

/** @param charged the breaker before the call that worked */
export function logClosed(log: Log, charged: Breaker, parameter: string): void {
  if (!charged.announced) return;
  log.metric('TokenBreakerClosed', 'gettoken works again: the breaker is closed', {
    since: new Date(charged.since).toISOString(),
    parameter,
  });
}

function fieldsOf({ reason, failures, since, openUntil }: Breaker, parameter: string): Details {
  return {
    // Not as `reason`: that is what was wrong with gettoken's answer.
    breaker: reason,
    failures,
    since: new Date(since).toISOString(),
    openUntil: new Date(openUntil).toISOString(),
    parameter,
  };
}
