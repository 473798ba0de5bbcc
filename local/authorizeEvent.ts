import { createRequire } from 'node:module';

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
  const rawPath = '/api/wecom/authorize';
  const routeKey = `GET ${rawPath}`;
  const queryStringParameters = {
    redirect_uri: `${site}/`,
    code_challenge: CHALLENGE,
    code_challenge_method: 'S256',
    ...query,
  };
  return {
    version: '2.0',
    routeKey,
    rawPath,
    rawQueryString: String(new URLSearchParams(queryStringParameters)),
    headers: {
      accept,
      host: 'abc123.execute-api.ap-southeast-1.amazonaws.com',
      'user-agent': userAgent,
    },
    queryStringParameters,
    requestContext: {
      http: {
        method: 'GET',
        path: rawPath,
        protocol: 'HTTP/1.1',
        sourceIp: '203.0.113.9',
        userAgent,
      },
      requestId: 'JKJaXmPLvHcESHA=',
      routeKey,
      stage: '$default',
    },
    isBase64Encoded: false,
  };
}
