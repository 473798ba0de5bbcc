import { beforeAll, describe, expect, it } from 'vitest';
import { wireOpenid } from '../../lib/app/openid.ts';
import { readRequest } from '../../lib/http/request.ts';
import { createInvocation } from '../harness/invocation.ts';
import { type OpenidStack, startOpenid } from '../harness/relyingParty.ts';

let openid: OpenidStack;
/** What is published, written by hand. */
let ours: Record<string, unknown>;
/** What the library would publish of itself. */
let library: Record<string, unknown>;

beforeAll(async () => {
  openid = await startOpenid();
  const path = '/.well-known/openid-configuration';
  ours = (await (await fetch(`${openid.api.url}${path}`)).json()) as Record<string, unknown>;
  const { ask } = wireOpenid(openid.api.environment);
  const event = { rawPath: path, requestContext: { http: { method: 'GET', path } } };
  const answer = await ask(readRequest(event), createInvocation());
  library = JSON.parse(String(answer.body));
});

/** Fields of the library's document that are left out here, each with its reason. */
const LEFT_OUT: Record<string, unknown> = {
  // The default (Discovery §3).
  claim_types_supported: ['normal'],
};

describe('the discovery document', () => {
  it("agrees with the library's own in every field", () => {
    for (const [name, value] of Object.entries(library)) {
      if (name in LEFT_OUT) expect(value, name).toEqual(LEFT_OUT[name]);
      else expect(sorted(ours[name]), name).toEqual(sorted(value));
    }
  });

  it('says no more than the library does', () => {
    const more = Object.keys(ours).filter((name) => !(name in library));
    expect(more.sort()).toEqual([
      // The library leaves out what it does not do. Here false is said aloud.
      'request_parameter_supported',
      // RFC 8414: left out, it would mean client_secret_basic alone.
      'revocation_endpoint_auth_methods_supported',
    ]);
  });

  it('announces what relying parties demand', () => {
    expect(ours).toMatchObject({
      token_endpoint_auth_methods_supported: expect.arrayContaining([
        'client_secret_basic',
        'client_secret_post',
      ]),
      code_challenge_methods_supported: ['S256'],
      authorization_response_iss_parameter_supported: true,
      request_parameter_supported: false,
      request_uri_parameter_supported: false,
      subject_types_supported: ['public'],
    });
    expect(String(ours['issuer'])).not.toMatch(/\/$/);
  });

  it('names endpoints that are there', async () => {
    for (const [name, expected] of Object.entries({
      authorization_endpoint: 400,
      token_endpoint: 405,
      userinfo_endpoint: 401,
      revocation_endpoint: 405,
      end_session_endpoint: 200,
      jwks_uri: 200,
    })) {
      const response = await fetch(String(ours[name]), { redirect: 'manual' });
      expect([name, response.status]).toEqual([name, expected]);
    }
  });
});

function sorted(value: unknown): unknown {
  return Array.isArray(value) ? [...value].sort() : value;
}
