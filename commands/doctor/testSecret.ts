import type { Clock } from '../../lib/clock.ts';
import type { Invocation } from '../../lib/invocation.ts';
import { exhaustedUntil, mayCall, wasRefused } from '../../lib/token/breaker.ts';
import type { SharedToken } from '../../lib/token/sharedToken.ts';
import type { TokenRenewal } from '../../lib/token/tokenRenewal.ts';
import type { TokenStore } from '../../lib/token/tokenStore.ts';

/** How often the record is read again while an instance is calling gettoken. */
const WAIT_MS = 500;

export interface TestSecretParts {
  /** The shared record, without a fallback: a call that cannot be counted is not made. */
  readonly store: TokenStore;
  readonly renewal: TokenRenewal;
  readonly accessToken: SharedToken;
  readonly clock: Clock;
}

/**
 * Finds out whether WeCom accepts this revision of the secret: from the record that all instances
 * share, and by gettoken only if the record does not tell. The call takes the same lease and counts like
 * a function's.
 *
 * @param secretRevision see ParameterValue
 * @returns an access_token
 * @throws TokenUnavailable with what WeCom said, now or earlier, and until when nobody calls again
 * @throws StoreUnavailable when the record cannot be read or written: then gettoken was not called
 */
export async function testSecret(
  { store, renewal, accessToken, clock }: TestSecretParts,
  secretRevision: string,
  invocation: Invocation,
): Promise<string> {
  while (clock.now() < invocation.deadline) {
    const record = await store.read(invocation.log);
    const { breaker, lease } = record;
    if (lease && lease.until > clock.now()) {
      await clock.sleep(WAIT_MS);
      continue;
    }
    if (breaker) {
      const isKnown = breaker.secretRevision >= secretRevision;
      if (isKnown && breaker.reason === 'closed') break;
      const now = clock.now();
      const isKnownBad = isKnown && wasRefused(breaker);
      if (isKnownBad || !mayCall(breaker, secretRevision, now) || exhaustedUntil(breaker) > now) {
        throw await renewal.stoppedBy(breaker);
      }
    }
    const token = await renewal.renew(record, `${invocation.requestId}/0`, undefined, invocation);
    if (token) return token.value;
  }
  return accessToken.get(invocation);
}
