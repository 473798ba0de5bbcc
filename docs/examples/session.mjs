// Signs a member of the emulated company in, as a front end does, and prints the session:
//
//     TOKEN=$(node docs/examples/session.mjs lisi)
//
// Against a real WeCom this cannot work: there a person signs in.
import { createHash, randomBytes } from 'node:crypto';

const { WECOM_AUTH_URL = 'http://localhost:3000' } = process.env;
const [, , userid = 'user123'] = process.argv;

const verifier = randomBytes(32).toString('base64url');
const query = new URLSearchParams({
  redirect_uri: `${WECOM_AUTH_URL}/`,
  code_challenge: createHash('sha256').update(verifier).digest('base64url'),
  code_challenge_method: 'S256',
});
const begun = await fetch(`${WECOM_AUTH_URL}/api/wecom/authorize?${query}`, {
  headers: { accept: 'application/json' },
});
const { state, authorizeUrl } = (await begun.json()).data;

const approved = await fetch(authorizeUrl, {
  method: 'POST',
  body: new URLSearchParams({ who: userid, decision: 'approve' }),
  redirect: 'manual',
});
const returned = approved.headers.get('location');
if (!returned) throw new Error(`WeCom has no member ${userid}, or not an active one`);
const code = new URL(returned).searchParams.get('code');

const finished = await fetch(`${WECOM_AUTH_URL}/api/wecom/getUserInfo`, {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ code, state, code_verifier: verifier }),
});
const { message, session } = await finished.json();
if (!session) throw new Error(message);
console.log(session.access_token);
