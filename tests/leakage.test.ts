import { createHash, randomBytes } from 'node:crypto';
import { beforeAll, expect, it } from 'vitest';
import type { Gateway } from './harness/gateway.ts';
import { type Stack, startStack } from './harness/stack.ts';

/*
 * Every secret there is goes through the functions, while everything that can go wrong does; then
 * all that was printed is searched for each of them. What other test files print is searched as
 * well, by the harness, as each of them ends.
 */

let stack: Stack;
let api: Gateway;

beforeAll(async () => {
  stack = await startStack();
  api = await stack.newInstance();
});

async function post(body: object) {
  const response = await fetch(`${api.url}/api/wecom/getUserInfo`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return (await response.json()) as { session?: { access_token: string } };
}

/** From our authorize route to the post, as a browser does it. */
async function signInWithState() {
  const verifier = randomBytes(32).toString('base64url');
  const query = new URLSearchParams({
    redirect_uri: String(stack.environment['REDIRECT_URIS']).split(',')[0] ?? '',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  });
  const redirect = await fetch(`${api.url}/api/wecom/authorize?${query}`, { redirect: 'manual' });
  const state = new URL(redirect.headers.get('location') ?? '').searchParams.get('state') ?? '';
  const code = stack.wecom.codes.mint({ userid: 'user123', scope: 'snsapi_privateinfo' });
  const { session } = await post({ code, state, code_verifier: verifier });
  return [code, state, verifier, session?.access_token ?? ''];
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
  // Defects too: a token that is refused at gettoken, a database that is gone, a body that is none.
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
}, 60_000);
