import type { Clock } from '../clock.ts';
import {
  type AuthorizePages,
  type AuthorizeVisit,
  authorizeAddress,
} from '../wecom/authorizeAddress.ts';
import { newState, type RandomBytes } from './state.ts';
import type { StateStore } from './stateStore.ts';

/** How long a visitor may take from our authorize route back to us, in milliseconds. */
const STATE_LIFETIME = 600_000;

/** What the front end asks for; the redirect URI is already known to be a listed one. */
export interface SignInWish extends Omit<AuthorizeVisit, 'state'> {
  /** S256 of the verifier that only the page knows. */
  readonly challenge: string;
}

/** Stores a new state and gives the address of WeCom's page that carries it. @throws StoreUnavailable */
export type BeginSignIn = (wish: SignInWish) => Promise<string>;

export function createBeginSignIn(
  pages: AuthorizePages,
  store: StateStore,
  clock: Clock,
  randomBytes: RandomBytes,
): BeginSignIn {
  return async function beginSignIn({ challenge, ...visit }) {
    const state = newState(randomBytes);
    const expiresAt = clock.now() + STATE_LIFETIME;
    await store.issue(state, { challenge, redirectUri: visit.redirectUri, expiresAt });
    return authorizeAddress(pages, { ...visit, state });
  };
}
