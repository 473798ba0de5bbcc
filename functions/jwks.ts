import { wireDiscovery } from '../lib/app/discovery.ts';
import { publicDocument } from '../lib/http/answer.ts';
import { type Handler, route } from '../lib/http/route.ts';

/** `GET /.well-known/jwks.json`: the public keys that verify sessions. */
export function createHandler(environment: NodeJS.ProcessEnv): Handler {
  const { publishedKeySet } = wireDiscovery(environment);
  return route(
    { name: 'jwks', failureMessage: '获取公钥失败', environment },
    async (_request, invocation) => publicDocument(await publishedKeySet(invocation)),
  );
}

export const handler = createHandler(process.env);
