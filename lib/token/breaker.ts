import type { Clock } from '../clock.ts';
import type { Details, WecomAuthError } from '../errors.ts';
import type { Log } from '../log/log.ts';
import type { TokenKind } from './tokenKind.ts';
import { type Breaker, CLOCK_SKEW_MS, type FailedCall, LEASE_MS } from './tokenStore.ts';

/*
 * A wrong secret bans the caller's IP for an hour (document 91039), and all functions may share one
 * NAT address. So gettoken fails at most five times an hour with one writing of the secret, and ten
 * times with any number of writings. A call is counted by a write before it is made, so it counts
 * even if the holder dies or its outcome cannot be written.
 *
 *   before gettoken   countCall       counted, outcome unknown
 *   gettoken failed   recordFailure   the call stays counted, with its reason and its pause
 *   gettoken worked   recordSuccess   the call no longer counts; the others count for an hour
 *
 * WeCom limits the calls for a ticket, also those that work: 400 an hour for the corp and 100 for the
 * app (document 96909). All of the above holds for tickets too, with one secret revision (`''`), and every
 * call counts: five at once, then one in ten minutes, so eleven an hour. One of them sends at most
 * eight requests: each is repeated three times while WeCom is busy (wecom/client.ts), and once more
 * with another access_token (wecom/withAccessToken.ts).
 */

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;

const FAILURES_PER_WRITING = 5;
const FAILURES_PER_HOUR = 10;
/** An hour, plus a lease: a call is made up to that long after it was counted. */
const COUNTED_MS = 60 * MINUTE_MS + LEASE_MS;

/** Of what WeCom limits by the hour. */
const CALLS_AT_ONCE = 5;
const CALL_INTERVAL_MS = 10 * MINUTE_MS;

/** After the first, second, … refusal: calls at minutes 0, 1, 6, 21, 51, then one an hour. */
const REFUSED_PAUSES_MS = [1, 5, 15, 30, 60].map((minutes) => minutes * MINUTE_MS);

/**
 * After the first, second, … call without a known outcome. The first three need no pause, because
 * callers have waited for the lease already.
 */
const UNREPORTED_PAUSES_MS = [0, 0, 0, 30 * MINUTE_MS, 60 * MINUTE_MS];

/** Without an answer the pause is as long as gettoken has failed so far, within these bounds. */
const SHORTEST_PAUSE_MS = 2 * SECOND_MS;
const LONGEST_PAUSE_MS = 30 * SECOND_MS;

/** How a call failed. */
export interface Failure {
  readonly reason: 'refused' | 'limited' | 'unreachable';
  readonly errcode: number;
}

/**
 * Counts a call.
 *
 * @param isLimitedByHour see TokenKind
 * @param leasedAt since when a caller that continues holds the lease. If a call was counted since, it
 *   is this call, and only the response to that write was lost: it is not counted again
 * @returns the breaker to write before WeCom is called with this secret
 */
export function countCall(
  before: Breaker | undefined,
  secretRevision: string,
  now: number,
  isLimitedByHour = false,
  leasedAt = Number.POSITIVE_INFINITY,
): Breaker {
  const last = before?.failedCalls.at(-1);
  // Other reasons were written after a count, with the end of its lease: the count is another caller's.
  const isOutcomeOpen = before && (before.reason === 'unreported' || wasRefused(before));
  const isCounted = last && last.at >= leasedAt && last.secretRevision === secretRevision;
  if (isOutcomeOpen && isCounted) return before;
  const sameSecret = before?.secretRevision === secretRevision;
  const failures = (sameSecret ? before.failures : 0) + 1;
  const refused = sameSecret && failures > 1 && wasRefused(before);
  const recent = before?.failedCalls.filter(({ at }) => at > now - COUNTED_MS) ?? [];
  return pause(
    {
      reason: refused ? before.reason : 'unreported',
      errcode: refused ? before.errcode : -1,
      failures,
      since: before && before.reason !== 'closed' ? before.since : now,
      openedAt: before?.openedAt,
      secretRevision,
      failedCalls: [...recent, { at: now, secretRevision }].slice(-FAILURES_PER_HOUR),
      ...(isLimitedByHour && { calls: [...(before?.calls ?? []), now].slice(-CALLS_AT_ONCE) }),
    },
    now,
  );
}

/**
 * @param counted the breaker as it was written before the call
 * @returns the breaker to write after the call failed
 */
export function recordFailure(counted: Breaker, failure: Failure, now: number): Breaker {
  if (failure.reason !== 'unreachable') {
    return pause({ ...counted, ...failure }, now);
  }
  // WeCom refused this secret before, and may have counted this call too.
  if (wasRefused(counted)) return pause(counted, now);
  const failingMs = now - counted.since;
  const pauseMs = Math.min(Math.max(failingMs, SHORTEST_PAUSE_MS), LONGEST_PAUSE_MS);
  const openUntil = Math.max(now + pauseMs, restUntil(counted));
  return { ...uncountLastCall(counted), ...failure, openUntil };
}

/**
 * @param counted the breaker as it was written before the call
 * @returns the breaker to write with the new token. It keeps the count and the revision of the
 *   secret, because other instances may still use an older one
 */
export function recordSuccess(counted: Breaker): Breaker {
  return {
    ...uncountLastCall(counted),
    reason: 'closed',
    errcode: -1,
    failures: 0,
    openedAt: undefined,
    openUntil: restUntil(counted),
  };
}

/**
 * @returns the breaker to write if SSM gave no secret. No call was made, so none is counted. The
 *   pause keeps other callers from asking SSM one after another
 */
export function recordMissingSecret(before: Breaker | undefined, now: number): Breaker {
  const openUntil = Math.max(now + SHORTEST_PAUSE_MS, before ? blockedUntil(before) : 0);
  if (before && wasRefused(before)) {
    return { ...before, openUntil: Math.max(openUntil, before.openUntil) };
  }
  const known = before ?? { failures: 0, secretRevision: '', failedCalls: [] };
  return { ...known, reason: 'no-secret', errcode: -1, since: now, openUntil };
}

/**
 * The breaker without what only a clock that is far ahead can have written.
 *
 * - A pause that ends later than one that begins now counts as over. Otherwise gettoken would not be
 *   called until that clock's time has come.
 * - The failures stay, as of now, so only one call is made: the pause after so many failures is
 *   written before it, by a clock that is right.
 *
 * `openedAt` stays too: BreakerLog recognizes an opening by it.
 */
export function breakerWithoutFutureTimes(stored: Breaker, now: number): Breaker {
  const latest = now + CLOCK_SKEW_MS;
  const breaker = {
    ...stored,
    since: Math.min(stored.since, latest),
    failedCalls: stored.failedCalls.map((call) => ({ ...call, at: Math.min(call.at, latest) })),
    ...(stored.calls && { calls: stored.calls.map((at) => Math.min(at, latest)) }),
  };
  const longestMs = Math.max(pauseMsAfter(breaker), LONGEST_PAUSE_MS);
  const isPossible = stored.openUntil <= Math.max(latest + longestMs, blockedUntil(breaker));
  return isPossible ? breaker : { ...breaker, openUntil: now };
}

/**
 * Whether this secret may be tried while the breaker is open: it is newer than the one that failed,
 * or, if SSM gave other instances no secret, as new.
 */
export function isClosedBySecret(breaker: Breaker, secretRevision: string, now: number): boolean {
  if (blockedUntil(breaker, secretRevision) > now) return false;
  if (breaker.reason === 'no-secret') return secretRevision >= breaker.secretRevision;
  return isAboutSecret(breaker) && secretRevision > breaker.secretRevision;
}

/** Whether a call with this secret may be counted and made now. */
export function mayCall(
  breaker: Breaker | undefined,
  secretRevision: string,
  now: number,
): boolean {
  if (breaker === undefined || breaker.openUntil <= now) return true;
  return isClosedBySecret(breaker, secretRevision, now);
}

/** Whether a newer secret may be tried before the pause ends. */
export function isAboutSecret({ reason }: Breaker): boolean {
  return reason !== 'unreachable' && reason !== 'closed';
}

/** Whether WeCom refused, so that another failing call may cause the ban. */
export function wasRefused({ reason }: Pick<Breaker, 'reason'>): boolean {
  return reason === 'refused' || reason === 'limited';
}

/** Until when ten failed calls forbid another one with any secret; 0 if they do not. */
export function exhaustedUntil({ failedCalls }: Breaker): number {
  return endOfCount(failedCalls, FAILURES_PER_HOUR);
}

/**
 * Until when the calls of the last hour forbid another one, whatever came of them; 0 if they do not,
 * and where WeCom does not limit them.
 */
export function restUntil({ calls = [] }: Pick<Breaker, 'calls'>): number {
  const [first, last] = [calls.at(-CALLS_AT_ONCE), calls.at(-1)];
  if (first === undefined || last === undefined) return 0;
  return Math.min(first + COUNTED_MS, last + CALL_INTERVAL_MS);
}

/** Until when the calls of the last hour forbid another one with this secret. */
function blockedUntil(
  breaker: Pick<Breaker, 'secretRevision' | 'failedCalls' | 'calls'>,
  revision?: string,
) {
  const secretRevision = revision ?? breaker.secretRevision;
  const same = breaker.failedCalls.filter((call) => call.secretRevision === secretRevision);
  return Math.max(
    endOfCount(breaker.failedCalls, FAILURES_PER_HOUR),
    endOfCount(same, FAILURES_PER_WRITING),
    restUntil(breaker),
  );
}

function endOfCount(calls: readonly FailedCall[], limit: number): number {
  const first = calls.at(-limit);
  return first === undefined ? 0 : first.at + COUNTED_MS;
}

type Pausing = Omit<Breaker, 'openUntil'>;

function pause(breaker: Pausing, now: number): Breaker {
  const openUntil = Math.max(now + pauseMsAfter(breaker), blockedUntil(breaker));
  const openedAt = breaker.openedAt ?? (openUntil > now ? now : undefined);
  return { ...breaker, openedAt, openUntil };
}

function pauseMsAfter(breaker: Pausing): number {
  const pausesMs = wasRefused(breaker) ? REFUSED_PAUSES_MS : UNREPORTED_PAUSES_MS;
  return pausesMs[Math.min(breaker.failures, pausesMs.length) - 1] ?? 0;
}

/** Removes the last call from the count, because it was not refused. */
function uncountLastCall(counted: Breaker): Breaker {
  const { failures, failedCalls, openedAt } = counted;
  const openedByIt = openedAt === failedCalls.at(-1)?.at;
  return {
    ...counted,
    failures: failures - 1,
    failedCalls: failedCalls.slice(0, -1),
    openedAt: openedByIt ? undefined : openedAt,
  };
}

/** An instance reports an open breaker again after this, so that its alarm lasts as long as the trouble. */
const REPORT_INTERVAL_MS = 15 * 60_000;

/**
 * Writes the log lines about the breaker: one with a metric from each instance that finds it open, and
 * again every 15 minutes; one with a metric when it is closed again; and a warning for each other call
 * that fails.
 */
export class BreakerLog {
  readonly #clock: Clock;
  readonly #kind: TokenKind;
  /** The SSM parameter of the secret, by name. */
  readonly #parameter: string | undefined;
  /** The `openedAt` of the opening that was logged. */
  #reported: number | undefined;
  #reportedAt = 0;

  constructor({
    clock,
    kind,
    parameter,
  }: {
    clock: Clock;
    kind: TokenKind;
    parameter: string | undefined;
  }) {
    this.#clock = clock;
    this.#kind = kind;
    this.#parameter = parameter;
  }

  /**
   * Logs that the breaker is open, or closed again, unless that was logged.
   *
   * @param breaker as it was just read or written
   */
  report(log: Log, breaker: Breaker | undefined, details: Details = {}): void {
    if (breaker?.openedAt === undefined) {
      this.closed(log, this.#reported);
      return;
    }
    const now = this.#clock.now();
    if (this.#isReported(breaker) || breaker.openUntil <= now) return;
    this.#reported = breaker.openedAt;
    this.#reportedAt = now;
    const fields = { ...details, ...this.#fieldsOf(breaker) };
    if (this.#kind.isForSignIn) {
      log.metric(
        'TokenBreakerOpened',
        'gettoken fails: the breaker is open until openUntil, or until the parameter is written again (not after ten failures in an hour)',
        fields,
      );
    } else {
      log.warn(`${this.#kind.api} fails: the breaker is open until openUntil`, fields);
    }
  }

  /** @param breaker after the call that failed */
  failed(log: Log, breaker: Breaker, error: WecomAuthError): void {
    const details = { ...error.details, error: error.code };
    if (breaker.openedAt === undefined || this.#isReported(breaker)) {
      log.warn(`${this.#kind.api} failed; next try at openUntil`, {
        ...details,
        ...this.#fieldsOf(breaker),
      });
    } else {
      this.report(log, breaker, details);
    }
  }

  /** @param openedAt of the breaker before the call that worked */
  closed(log: Log, openedAt: number | undefined): void {
    if (openedAt === undefined) return;
    this.#reported = undefined;
    const message = `${this.#kind.api} works again: the breaker is closed`;
    const fields = { since: new Date(openedAt).toISOString(), parameter: this.#parameter };
    if (this.#kind.isForSignIn) log.metric('TokenBreakerClosed', message, fields);
    else log.info(message, fields);
  }

  /** Whether this instance has reported this opening, and not too long ago. */
  #isReported({ openedAt }: Breaker): boolean {
    return openedAt === this.#reported && this.#clock.now() - this.#reportedAt < REPORT_INTERVAL_MS;
  }

  #fieldsOf(breaker: Breaker): Details {
    return {
      // Not named `reason`: an error's details use that for what was wrong with the answer.
      breaker: breaker.reason,
      ...(breaker.errcode > 0 && { errcode: breaker.errcode }),
      failures: breaker.failures,
      failuresInHour: breaker.failedCalls.length,
      // When it opened. Until it does, and in TokenUnavailable: when gettoken began to fail.
      since: new Date(breaker.openedAt ?? breaker.since).toISOString(),
      openUntil: new Date(breaker.openUntil).toISOString(),
      parameter: this.#parameter,
    };
  }
}
