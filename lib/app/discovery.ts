import type { Invocation } from '../invocation.ts';
import { openidConfiguration } from '../session/discovery.ts';
import { publishedKeySet } from '../session/sessionKeys.ts';
import { createBase, once } from './base.ts';
import { sessionParts } from './sessions.ts';

/** For `jwks` and `openidConfiguration`. */
export function wireDiscovery(environment: NodeJS.ProcessEnv) {
  const base = createBase(environment);
  const parts = once(() => sessionParts(base));
  return {
    openidConfiguration() {
      const { sessionIssuer, openidProvider } = base.configuration();
      return openidConfiguration(sessionIssuer, openidProvider);
    },
    publishedKeySet: (invocation: Invocation) =>
      publishedKeySet(parts().keys, base.clock, invocation),
  };
}
