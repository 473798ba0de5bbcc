import { createHandler as createCallback } from '../../functions/callback.ts';
import { createHandler as createJwks } from '../../functions/jwks.ts';
import { createHandler as createOpenid } from '../../functions/openid.ts';
import { createHandler as createOpenidToken } from '../../functions/openidToken.ts';
import { createHandler as createPersonChanges } from '../../functions/personChanges.ts';
import { createHandler as createSignOuts } from '../../functions/signOuts.ts';
import type { Table } from '../../lib/dynamodb/table.ts';
import type { Handler } from '../../lib/http/route.ts';
import { startAsyncInvocation } from '../../local/lambda/asyncInvocation.ts';
import type { Wecom } from '../../packages/emulator/source/server.ts';
import { receiveCallbacks } from '../../tests/harness/callbackTargets.ts';
import { freePort } from '../../tests/harness/freePorts.ts';
import { startGateway } from '../../tests/harness/gateway.ts';
import { startLambdaPort } from '../../tests/harness/lambdaPort.ts';
import { startServices } from '../services.ts';

/** The OpenID provider and the services that it calls, on this machine. */
export interface Provider {
  readonly issuer: string;
  readonly wecom: Wecom;
  readonly permissions: Table;
  /** The number of responses with a status of 500 or more. */
  serverErrors(): number;
  close(): Promise<void>;
}

/** As AWS waits before the second and the third run. */
const AWS_PAUSES_MS = [60_000, 120_000];

/** Starts the provider. Sets `process.env` too, because AWS's clients read it. */
export async function startProvider(): Promise<Provider> {
  const services = await startServices();
  const { wecom, app } = services;
  const lambda = await startLambdaPort(async (name) =>
    name.endsWith('-signOuts') ? signOuts : personChanges,
  );
  const invocation = await startAsyncInvocation({
    lambdaUrl: lambda.url,
    functions: ['wecom-auth-local-personChanges', 'wecom-auth-local-signOuts'],
    pausesMs: AWS_PAUSES_MS,
  });
  const port = await freePort();
  const issuer = `http://127.0.0.1:${port}`;
  const environment: Record<string, string> = {
    ...services.environment,
    WECOM_OAUTH_BASE_URL: wecom.url,
    WECOM_LOGIN_BASE_URL: wecom.url,
    SESSION_ISSUER: issuer,
    LOGOUT_REACH: 'loopback',
    AWS_ENDPOINT_URL_LAMBDA: invocation.url,
  };
  Object.assign(process.env, environment);
  const signOuts = createSignOuts(environment);
  const personChanges = createPersonChanges(environment);
  let serverErrors = 0;
  const counted =
    (handler: Handler): Handler =>
    async (...request) => {
      const result = await handler(...request);
      if ((result.statusCode ?? 200) >= 500) serverErrors += 1;
      return result;
    };
  const token = counted(createOpenidToken(environment));
  const openid = counted(createOpenid(environment));
  const callback = createCallback(environment);
  const gateway = await startGateway(
    [
      { route: 'GET /.well-known/jwks.json', handler: createJwks(environment) },
      { route: 'POST /api/wecom/callback/{channel}', handler: callback },
      { route: 'ANY /oauth2/token', handler: token },
      { route: 'ANY /oauth2/userinfo', handler: token },
      { route: 'ANY /oauth2/{page}', handler: openid },
      { route: 'ANY /oauth2/{page}/{id}', handler: openid },
    ],
    15_000,
    port,
  );
  app.trusted_domains.push(new URL(issuer).host);
  receiveCallbacks(wecom, issuer);
  return {
    issuer,
    wecom,
    permissions: services.permissions,
    serverErrors: () => serverErrors,
    async close() {
      await Promise.all([gateway.close(), invocation.close(), lambda.close()]);
      await services.close();
    },
  };
}
