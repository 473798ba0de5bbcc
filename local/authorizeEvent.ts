import { createRequire } from 'node:module';
import { gatewayEvent } from './gatewayEvent.ts';

/** Not local/settings.ts: Serverless reads `.env` by this file too. */
const { site }: { readonly site: string } = createRequire(import.meta.url)(
  '../resources/localStack.cjs',
);

const CHALLENGE = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM';
const DESKTOP =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36';

/**
 * `GET /api/wecom/authorize` as an API Gateway event, for `serverless invoke local`. It is built when needed,
 * because it returns to the demonstration page, whose address follows PORT.
 */
export function authorizeEvent({
  accept = 'text/html,*/*',
  userAgent = DESKTOP,
  ...query
}: {
  readonly accept?: string;
  readonly userAgent?: string;
  readonly scope?: string;
}) {
  const queryStringParameters = {
    redirect_uri: `${site}/`,
    code_challenge: CHALLENGE,
    code_challenge_method: 'S256',
    ...query,
  };
  const event = gatewayEvent({
    method: 'GET',
    rawPath: '/api/wecom/authorize',
    rawQueryString: String(new URLSearchParams(queryStringParameters)),
    userAgent,
    sourceIp: '203.0.113.9',
    headers: { accept },
  });
  return { ...event, queryStringParameters };
}
