import type { Clock } from '../clock.ts';
import {
  type AuthorizePages,
  type AuthorizeVisit,
  authorizeAddress,
  panelParameters,
} from '../wecom/authorizeAddress.ts';
import { newState, type RandomBytes } from './pkce.ts';
import type { StateStore } from './stateStore.ts';

/** How long a visitor may take from `authorize` to `getUserInfo`. */
const STATE_LIFETIME_MS = 600_000;

/** What the front end requests. The redirect URI is already checked against the list. */
export interface AuthorizeRequest extends Omit<AuthorizeVisit, 'state'> {
  /** S256 of the page's verifier. */
  readonly challenge: string;
}

export interface BeginSignInParts {
  readonly pages: AuthorizePages;
  readonly store: Pick<StateStore, 'issue'>;
  readonly clock: Clock;
  readonly randomBytes: RandomBytes;
}

/**
 * Stores a new state.
 *
 * @returns the state, the address of WeCom's page with the state in it, and the same for the login panel
 * @throws StoreUnavailable
 */
export async function beginSignIn(
  { pages, store, clock, randomBytes }: BeginSignInParts,
  { challenge, ...visit }: AuthorizeRequest,
): Promise<{ state: string; authorizeUrl: string; panel: ReturnType<typeof panelParameters> }> {
  const state = newState(randomBytes);
  const expiresAt = clock.now() + STATE_LIFETIME_MS;
  await store.issue(state, { challenge, redirectUri: visit.redirectUri, expiresAt });
  const issued = { ...visit, state };
  return {
    state,
    authorizeUrl: authorizeAddress(pages, issued),
    panel: panelParameters(pages, issued),
  };
}
