import { wireDiscovery } from '../lib/app/discovery.ts';
import { publicDocument } from '../lib/http/answer.ts';
import { type Handler, route } from '../lib/http/route.ts';

/**
 * `GET /.well-known/openid-configuration` and `GET /.well-known/oauth-authorization-server` (RFC 8414):
 * what there is, for a program that knows the issuer.
 */
export function createHandler(environment: NodeJS.ProcessEnv): Handler {
  const { openidConfiguration } = wireDiscovery(environment);
  return route(
    { name: 'openidConfiguration', failureMessage: '获取配置失败', environment },
    async () => publicDocument(openidConfiguration()),
  );
}

export const handler = createHandler(process.env);
