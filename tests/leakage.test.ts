import { beforeAll, expect, it } from 'vitest';
import type { Gateway } from './harness/gateway.ts';
import { proof, redeem } from './harness/journey.ts';
import { type Stack, startStack } from './harness/stack.ts';

/*
 * Sends every kind of secret through the functions with every kind of failure, and searches the output for
 * them. startStack searches the output of every other test file.
 */

let stack: Stack;
let api: Gateway;

beforeAll(async () => {
  stack = await startStack();
  api = await stack.newInstance();
});

const post = (body: object) => redeem(api.url, body);

/** Signs in with a state. @returns the code, state, verifier and session token */
async function signInWithState(): Promise<string[]> {
  const body = await proof(api.url, { scope: 'snsapi_privateinfo', mode: 'oauth' });
  const { session } = (await post(body)).body;
  return [...Object.values(body), session?.access_token ?? ''];
}

it('nothing secret and nothing personal is ever printed', async () => {
  const canaries = await signInWithState();

  const faults = [
    ...[-1, 40001, 40014, 42001, 45009, 60020, 48002, 40029, 99999].map((errcode) => ({
      kind: 'errcode' as const,
      errcode,
    })),
    ...(['reset', 'truncated', 'empty', 'html', 'redirect', 'errcode-as-string'] as const).map(
      (kind) => ({ kind }),
    ),
  ];
  for (const on of ['auth/getuserinfo', 'auth/getuserdetail', 'user/get', 'department/get']) {
    for (const fault of faults) {
      stack.wecom.faults.add({ ...fault, on });
      const code = stack.wecom.codes.mint({ userid: 'user123', scope: 'snsapi_privateinfo' });
      canaries.push(code);
      await post({ code });
      stack.wecom.faults.clear();
    }
  }
  // A wrong secret, DynamoDB failures, and malformed requests.
  stack.wecom.tokens.revoke();
  stack.wecom.faults.add({ kind: 'wrong-secret', on: 'gettoken' });
  canaries.push(...(await signInWithState()));
  stack.wecom.faults.clear();
  for (const how of ['throttled', 'down'] as const) {
    stack.dynamoDb.fail(how);
    api = await stack.newInstance();
    await post({ code: stack.wecom.codes.mint({ userid: 'user123' }) });
    await fetch(`${api.url}/api/wecom/verify/user123`, {
      headers: { authorization: 'Bearer CANARY-BEARER-TOKEN' },
    });
  }
  stack.dynamoDb.fail(undefined);
  await post({ code: 'CANARY CODE', state: 'CANARY-STATE', code_verifier: 'CANARY-VERIFIER' });
  await fetch(`${api.url}/api/wecom/callback/app?msg_signature=CANARY&timestamp=1&nonce=CANARY`, {
    method: 'POST',
    body: '<xml><Encrypt>CANARY</Encrypt></xml>',
  });

  const printed = stack.output();
  expect(printed.length).toBeGreaterThan(10_000);
  expect(stack.dynamoDb.accessTokens.size).toBeGreaterThan(0);
  for (const canary of [...canaries, ...stack.dynamoDb.accessTokens, 'CANARY']) {
    if (canary) expect(printed).not.toContain(canary);
  }
});
