import * as oidc from 'openid-client';
import { beforeAll, describe, expect, it } from 'vitest';
import { hashClientSecret, saveClient } from '../../lib/openid/clients.ts';
import { Browser } from '../harness/browser.ts';
import { permit } from '../harness/permit.ts';
import { type Instance, type Stack, startStack } from '../harness/stack.ts';

let stack: Stack;
let instance: Instance;
const REDIRECT = 'https://grafana.example.com/login/generic_oauth';

beforeAll(async () => {
  stack = await startStack();
  instance = await stack.newInstance();
  instance.environment['SESSION_ISSUER'] = instance.url;
  const app = stack.wecom.company.apps.find(({ agentid }) => agentid === 1000002);
  app?.trusted_domains.push(new URL(instance.url).host);
  await saveClient(
    stack.permissions,
    stack.wecom.company.corpid,
    {
      clientId: 'grafana',
      name: 'Grafana',
      redirectUris: [REDIRECT],
      postLogoutRedirectUris: [],
      isPublic: false,
      permission: 'access',
      groupPaths: false,
      refresh: true,
      secrets: [{ hash: hashClientSecret('the-secret-of-grafana'), createdAt: 1 }],
      createdAt: 1,
      createdBy: 'test',
      revision: 1,
    },
    undefined,
  );
  await permit(stack, 'member#user123');
});

describe('an OpenID Connect sign-in', () => {
  it('gives a confidential client its tokens and the claims', async () => {
    const configuration = await oidc.discovery(
      new URL(instance.url),
      'grafana',
      {},
      oidc.ClientSecretBasic('the-secret-of-grafana'),
      { execute: [oidc.allowInsecureRequests] },
    );
    const verifier = oidc.randomPKCECodeVerifier();
    const state = oidc.randomState();
    const nonce = oidc.randomNonce();
    const address = oidc.buildAuthorizationUrl(configuration, {
      redirect_uri: REDIRECT,
      scope: 'openid profile email groups',
      code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      state,
      nonce,
    });
    const browser = new Browser();
    const wecomPage = await browser.follow(address.href, (url) => url.startsWith(stack.wecom.url));
    const wecomState = new URL(wecomPage).searchParams.get('state');
    const code = stack.wecom.codes.mint({ userid: 'user123' });
    const back = await browser.follow(
      `${instance.url}/oauth2/wecom?code=${code}&state=${wecomState}`,
      (url) => url.startsWith(REDIRECT),
    );
    const tokens = await oidc.authorizationCodeGrant(configuration, new URL(back), {
      pkceCodeVerifier: verifier,
      expectedState: state,
      expectedNonce: nonce,
    });
    expect(tokens.claims()).toMatchObject({ sub: 'user123', preferred_username: 'user123' });
    const info = await oidc.fetchUserInfo(configuration, tokens.access_token, 'user123');
    expect(info).toMatchObject({ sub: 'user123', name: '张三', groups: expect.any(Array) });
  });
});
