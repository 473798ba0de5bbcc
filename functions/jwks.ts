import { publishedKeySet } from '../lib/app/sessions.ts';
import { publicDocument } from '../lib/http/publicDocument.ts';
import { route } from '../lib/http/route.ts';

/** `GET /.well-known/jwks.json`: the keys that sessions are checked with. */
export const handler = route(
  { name: 'jwks', failureMessage: '获取公钥失败' },
  async (_event, invocation) => publicDocument(await publishedKeySet()(invocation)),
);
