import { createHash, randomBytes } from 'node:crypto';
import { REDIRECT_URI } from './fleet.ts';

/** How many sign-ins are under way at the same time. */
export const AT_ONCE = 10;
const TIMEOUT_MS = 30_000;

/** What a client posts. */
export interface SignInBody {
  readonly code: string;
  readonly state?: string;
  readonly code_verifier?: string;
}

/** What a client got. */
export interface Outcome {
  /** 0: no response within 30 s. */
  readonly status: number;
  /** The errcode or the name of the error in the body. */
  readonly code: string;
  /** Who was signed in. */
  readonly userid?: string;
  /** Whether the body has a name that is not only the userid. */
  readonly hasName: boolean;
  readonly hasRetryAfter: boolean;
  readonly durationMs: number;
}

export async function signIn(url: string, body: SignInBody): Promise<Outcome> {
  const start = performance.now();
  try {
    const response = await fetch(`${url}/api/wecom/getUserInfo`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const { code, data } = await response.json();
    return {
      status: response.status,
      code: String(code),
      ...(response.ok && { userid: String(data.userid) }),
      hasName: Boolean(data?.name) && data.name !== data.userid,
      hasRetryAfter: response.headers.has('retry-after'),
      durationMs: performance.now() - start,
    };
  } catch {
    const durationMs = performance.now() - start;
    return { status: 0, code: '', hasName: false, hasRetryAfter: false, durationMs };
  }
}

/**
 * Signs in through the instances in turn.
 *
 * @param atOnce so many at the same time
 * @param onOutcome called after each
 * @returns the outcomes in the order of the bodies
 */
export async function signInAll(
  urls: readonly string[],
  bodies: readonly SignInBody[],
  { atOnce = AT_ONCE, onOutcome = async (_count: number) => {} } = {},
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  let next = 0;
  let count = 0;
  const worker = async () => {
    for (let at = next++; at < bodies.length; at = next++) {
      const [url, body] = [urls[at % urls.length], bodies[at]];
      if (url === undefined || body === undefined) return;
      outcomes[at] = await signIn(url, body);
      count += 1;
      await onOutcome(count);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return outcomes;
}

/** Begins a sign-in at the authorize route of this project, as a front end does. */
export async function begin(url: string): Promise<{ state: string; code_verifier: string }> {
  const code_verifier = randomBytes(32).toString('base64url');
  const query = new URLSearchParams({
    redirect_uri: REDIRECT_URI,
    code_challenge: createHash('sha256').update(code_verifier).digest('base64url'),
    code_challenge_method: 'S256',
  });
  const response = await fetch(`${url}/api/wecom/authorize?${query}`, {
    headers: { accept: 'application/json' },
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`authorize: ${response.status} ${text}`);
  return { state: JSON.parse(text).data.state, code_verifier };
}
