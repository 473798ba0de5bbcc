import { createHash, randomBytes } from 'node:crypto';
import { REDIRECT_URI } from './stack.ts';
import { returnOf } from './wecomPage.ts';

/** A sign-in of a front end, without a browser. */
export interface Journey {
  readonly verifier: string;
  readonly challenge: string;
  /** The URL that the authorize route redirects to. */
  readonly wecomAddress: string;
  readonly state: string;
}

export function pkce() {
  const verifier = randomBytes(32).toString('base64url');
  return { verifier, challenge: createHash('sha256').update(verifier).digest('base64url') };
}

/** Starts a sign-in by the authorize route. @param parameters override the usual ones */
export async function begin(
  apiUrl: string,
  parameters: Record<string, string> = {},
): Promise<Journey> {
  const { verifier, challenge } = pkce();
  const query = new URLSearchParams({
    redirect_uri: REDIRECT_URI,
    code_challenge: challenge,
    code_challenge_method: 'S256',
    ...parameters,
  });
  const response = await fetch(`${apiUrl}/api/wecom/authorize?${query}`, { redirect: 'manual' });
  const wecomAddress = response.headers.get('location') ?? '';
  const state = new URL(wecomAddress).searchParams.get('state') ?? '';
  return { verifier, challenge, wecomAddress, state };
}

/** Approves the sign-in on WeCom's page. @returns the code of the redirect */
export async function approve({ wecomAddress }: Journey, who?: string): Promise<string> {
  const back = new URL(await returnOf(wecomAddress, who));
  return back.searchParams.get('code') ?? '';
}

/** Calls the getUserInfo route. @param body a string is sent unchanged, anything else as JSON */
export async function redeem(apiUrl: string, body: unknown, contentType = 'application/json') {
  const response = await fetch(`${apiUrl}/api/wecom/getUserInfo`, {
    method: 'POST',
    headers: { 'content-type': contentType },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  return {
    status: response.status,
    headers: response.headers,
    body: (await response.json()) as {
      code: number;
      message: string;
      data?: Record<string, string>;
      session?: { access_token: string; token_type: string; expires_in: number };
    },
  };
}

/** Runs a sign-in up to the redirect back. @returns the body of the getUserInfo request */
export async function proof(apiUrl: string, parameters: Record<string, string> = {}, who?: string) {
  const journey = await begin(apiUrl, parameters);
  const code = await approve(journey, who);
  return { code, state: journey.state, code_verifier: journey.verifier };
}
