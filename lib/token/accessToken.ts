import { ParameterUnavailable } from '../errors.ts';
import type { Invocation } from '../invocation.ts';
import { closedByNewSecret, isAboutSecret } from './breaker.ts';
import { announceUnreported } from './breakerLog.ts';
import { stoppedBy, TokenUnavailable, waitedTooLong } from './errors.ts';
import { nextStep } from './nextStep.ts';
import { createRenewal, LEASE, type RenewalParts } from './renewal.ts';
import { createSingleFlight } from './singleFlight.ts';
import { isSoft, usableToken } from './storedToken.ts';
import type { Breaker, StoredToken, TokenRecord } from './tokenRecord.ts';

/** The access_token of one (corp, agent), shared by any number of instances. */
export interface AccessToken {
  /**
   * A token that WeCom should accept: from memory, else from the store, else from gettoken.
   *
   * @param options.rejected the token that WeCom has just refused with 40014, 42001 or 40001. It is
   *   dropped only if it is still the stored one: a late report about an older token changes nothing.
   * @throws TokenUnavailable when there is none within the invocation's deadline
   * @throws ParameterUnavailable, ConfigurationError when there is no secret to get one with
   */
  get(invocation: Invocation, options?: { rejected?: string }): Promise<string>;
}

export interface AccessTokenParts extends RenewalParts {
  /** 0 to 1. */
  readonly random: () => number;
}

/**
 * Who waits for a holder looks again after a third of the time that the holder has had, within
 * these: most are back in a quarter of a second, and one that is not after two is slow, or dead.
 */
const SHORTEST_PAUSE = 150;
const LONGEST_PAUSE = 500;
/** All who wait know when a lease ends; so that they do not all claim the next one at once. */
const END_SPREAD = 200;
/** In the soft margin, while another renews or the breaker is open, the store is not asked again. */
const LOOK_AGAIN = 5_000;
/** An invocation that is about to end leaves the renewal to another. */
const LEAST_TIME = 1_000;
/** Only a defect could need more: each turn waits, or follows a write by another. */
const TURNS = 200;

export function createAccessToken(parts: AccessTokenParts): AccessToken {
  const { store, secret, clock, random } = parts;
  const renewal = createRenewal(parts);
  const flights = createSingleFlight<StoredToken>(clock, LEASE);
  const jitter = random();
  let held: StoredToken | undefined;
  let lookAgainAt = 0;
  let owners = 0;

  async function get(invocation: Invocation, { rejected }: { rejected?: string } = {}) {
    const now = clock.now();
    const token = usableToken(held, now, rejected);
    if (token === undefined) return (await look(invocation, rejected)).value;
    if (isSoft(token, now, jitter) && now >= lookAgainAt) {
      lookAgainAt = now + LOOK_AGAIN;
      invocation.waitUntil(glance(invocation));
    }
    return token.value;
  }

  /** One look at the store in the soft margin: for a newer token, else to be the one who renews. */
  async function glance(invocation: Invocation): Promise<void> {
    const record = await store.read();
    const step = nextStep(record, clock.now(), undefined, jitter);
    if (step.do === 'use') hold(step.token);
    if (step.do === 'renew') await renewAhead(record, invocation);
  }

  /** A renewal that nobody waits for; that it failed is in the log, and the next one tries again. */
  async function renewAhead(record: TokenRecord, invocation: Invocation): Promise<void> {
    if (invocation.deadline - clock.now() < LEAST_TIME) return;
    try {
      const token = await renewal.renew(record, nextOwner(invocation), undefined, invocation);
      if (token) hold(token);
    } catch (error) {
      if (!(error instanceof TokenUnavailable)) throw error;
    }
  }

  /** One look at the store at a time in this process, for all who ask the same. */
  async function look(invocation: Invocation, rejected: string | undefined): Promise<StoredToken> {
    const token = await flights.join(rejected ?? '', invocation.deadline, () =>
      obtain(invocation, rejected),
    );
    if (token === undefined) throw waitedTooLong();
    return hold(token);
  }

  /** Looks, waits and renews until there is a token; nothing when the invocation's time ran out. */
  async function obtain(
    invocation: Invocation,
    rejected: string | undefined,
  ): Promise<StoredToken | undefined> {
    const owner = nextOwner(invocation);
    const timeLeft = () => invocation.deadline - clock.now();
    for (let turn = 0; turn < TURNS && timeLeft() > 0; turn += 1) {
      const record = await store.read();
      const step = nextStep(record, clock.now(), rejected, jitter);
      if (step.do === 'use') return step.token;
      if (step.do === 'renew' && step.token) {
        invocation.waitUntil(renewAhead(record, invocation));
        return step.token;
      }
      if (step.do === 'wait' && step.owner !== owner) {
        const pause = pauseBefore(step.until);
        if (pause >= timeLeft()) return undefined;
        await clock.sleep(pause);
        continue;
      }
      if (step.do === 'stop' && !(await hasNewSecret(step.breaker, invocation))) {
        await announceUnreported(invocation.log, record, store, clock, secret.name);
        throw await stoppedBy(step.breaker, clock.now(), secret.name);
      }
      if (timeLeft() < LEAST_TIME) return undefined;
      // Also where the lease is this caller's own: the claim was written, but its answer got lost.
      const token = await renewal.renew(record, owner, rejected, invocation);
      if (token) return token;
    }
    return undefined;
  }

  /** How long to leave the store alone while another holds the lease, which ends then. */
  function pauseBefore(end: number): number {
    const left = end - clock.now();
    const pause = Math.min(Math.max((LEASE - left) / 3, SHORTEST_PAUSE), LONGEST_PAUSE);
    return Math.min(pause * (0.5 + random() / 2), left + random() * END_SPREAD);
  }

  function nextOwner({ requestId }: Invocation): string {
    owners += 1;
    return `${requestId}/${owners}`;
  }

  function hold(token: StoredToken): StoredToken {
    held = token;
    return token;
  }

  /** Whether the secret was written again since it failed: then one more try is no repetition. */
  async function hasNewSecret(breaker: Breaker, invocation: Invocation): Promise<boolean> {
    if (!isAboutSecret(breaker)) return false;
    try {
      const { revision } = await secret.read(invocation, { fresh: true });
      return closedByNewSecret(breaker, revision);
    } catch (error) {
      if (error instanceof ParameterUnavailable && breaker.reason !== 'no-secret') return false;
      throw error;
    }
  }

  return { get };
}
