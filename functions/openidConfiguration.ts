import { wireDiscovery } from '../lib/app/discovery.ts';
import { publicDocument } from '../lib/http/answer.ts';
import { type Handler, route } from '../lib/http/route.ts';

/** `GET /.well-known/openid-configuration`: where the keys are, for a client that knows the issuer. */
export function createHandler(environment: NodeJS.ProcessEnv): Handler {
  const { openidConfiguration } = wireDiscovery(environment);
  return route(
    { name: 'openidConfiguration', failureMessage: '获取配置失败', environment },
    async () => publicDocument(openidConfiguration()),
  );
}

export const handler = createHandler(process.env);
