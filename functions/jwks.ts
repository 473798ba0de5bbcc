import { publishedKeySet } from '../lib/app/sessions.ts';
// Every request needs the keys, and a Lambda that starts up has a whole CPU.
import '../lib/parameters/ssm.ts';
import { publicDocument } from '../lib/http/publicDocument.ts';
import { route } from '../lib/http/route.ts';

/** `GET /.well-known/jwks.json`: the keys that sessions are checked with. */
export const handler = route(
  { name: 'jwks', failureMessage: '获取公钥失败' },
  async (_event, invocation) => publicDocument(await publishedKeySet()(invocation)),
);
