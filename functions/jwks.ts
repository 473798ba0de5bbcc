import { route } from '../lib/http/route.ts';
import { publishedKeySet } from '../lib/services/sessions.ts';
import { discoveryDocument } from '../lib/session/discovery.ts';

/** `GET /.well-known/jwks.json`: the keys that sessions are checked with. */
export const handler = route(
  { name: 'jwks', failureMessage: '获取公钥失败' },
  async (_event, invocation) => discoveryDocument(await publishedKeySet()(invocation)),
);
