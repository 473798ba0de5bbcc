import { type BeginSignInParts, beginSignIn } from '../signin/beginSignIn.ts';
import { StateStore } from '../signin/stateStore.ts';
import { once } from './base.ts';
import { createTables } from './tables.ts';

/** For `authorize`: cacheTable ─► StateStore ─► beginSignIn. */
export function wireAuthorize(environment: NodeJS.ProcessEnv) {
  const { clock, configuration, cacheTable } = createTables(environment);
  const parts = once((): BeginSignInParts => {
    const { wecomOauthBaseUrl, wecomLoginBaseUrl, corpId, agentId } = configuration();
    return {
      pages: {
        oauthBaseUrl: wecomOauthBaseUrl,
        loginBaseUrl: wecomLoginBaseUrl,
        corpId,
        agentId,
      },
      store: new StateStore(cacheTable(), corpId, agentId),
      clock,
      randomBytes: (count) => crypto.getRandomValues(new Uint8Array(count)),
    };
  });
  return {
    redirectUris: () => configuration().redirectUris,
    beginSignIn: (request: Parameters<typeof beginSignIn>[1]) => beginSignIn(parts(), request),
  };
}
