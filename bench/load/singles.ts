import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { type Gateway, startGateway } from '../../tests/harness/gateway.ts';
import { type Answer, start } from '../../tests/harness/lambda/instance.ts';
import type { PackagedFunction } from '../package.ts';

/** The functions that run as single instances, with their routes. */
const ROUTES: Readonly<Record<string, readonly string[]>> = {
  authorize: ['GET /api/wecom/authorize'],
  getUserInfo: ['POST /api/wecom/getUserInfo'],
  verify: ['GET /api/wecom/verify/{userId}'],
  jssdk: ['GET /api/wecom/jssdk'],
  callback: ['GET /api/wecom/callback/{channel}', 'POST /api/wecom/callback/{channel}'],
  openidToken: ['POST /oauth2/token', 'GET /oauth2/userinfo'],
};

/**
 * Requests that wait for an instance. Lambda refuses all of them where the concurrency is one. A sign-in takes
 * four seconds while WeCom is slow, so more would wait longer than their callers do.
 */
const MOST_WAITING = 5;
const BUSY: Answer = {
  statusCode: 429,
  // JSON, as from API Gateway: an OpenID client takes anything else for a broken provider.
  headers: { 'content-type': 'application/json', 'x-error-code': 'BUSY' },
  body: '{"message":"Too Many Requests"}',
};
const TIMEOUT_MS = 15_000;

export interface Singles extends Gateway {
  readonly names: readonly string[];
}

/**
 * Starts one instance of each function, each in a process of its own that handles one request at a time as
 * on Lambda, behind one gateway.
 *
 * @param environment in addition to that of the package
 */
export async function startSingles(
  packaged: Readonly<Record<string, PackagedFunction>>,
  environment: Readonly<Record<string, string>>,
): Promise<Singles> {
  const names = Object.keys(ROUTES);
  const instances = names.map((name) => {
    const found = packaged[name];
    if (found === undefined) throw new Error(`serverless.yml has no function ${name}`);
    const { file } = found;
    const own = { ...found.environment, ...environment };
    const { answer, stop } = start({ name, file, environment: own, event: unused });
    return { name, answer: oneAtATime(answer), stop };
  });
  const routes = instances.flatMap(({ name, answer }) =>
    (ROUTES[name] ?? []).map((route) => ({
      route,
      handler: (event: unknown) => answer(event as APIGatewayProxyEventV2),
    })),
  );
  const gateway = await startGateway(routes, TIMEOUT_MS);
  return {
    names,
    url: gateway.url,
    async close() {
      await gateway.close();
      await Promise.all(instances.map(({ stop }) => stop()));
    },
  };
}

function unused(): never {
  throw new Error('the events come from the gateway');
}

function oneAtATime(answer: (event: APIGatewayProxyEventV2) => Promise<Answer>) {
  let waiting = 0;
  let last: Promise<unknown> = Promise.resolve();
  return (event: APIGatewayProxyEventV2): Promise<Answer> => {
    if (waiting >= MOST_WAITING) return Promise.resolve(BUSY);
    waiting += 1;
    const mine = last.then(() => answer(event));
    last = mine
      .catch(() => undefined)
      .finally(() => {
        waiting -= 1;
      });
    return mine;
  };
}
