import express from 'express';
import { createRemoteJWKSet, errors, jwtVerify } from 'jose';

const { WECOM_AUTH_URL = 'http://localhost:3000', PORT = '8000' } = process.env;

const keys = createRemoteJWKSet(new URL(`${WECOM_AUTH_URL}/.well-known/jwks.json`));
/** jose's errors that mean that the keys could not be fetched. All others refuse the token. */
const WITHOUT_KEYS = ['ERR_JOSE_GENERIC', 'ERR_JWKS_INVALID', 'ERR_JWKS_TIMEOUT'];
const VERIFY_TIMEOUT_MS = 5_000;

/** Sets `request.userid`. Without a valid session: 401. Without the keys to check it: 503. */
async function requireSession(request, response, next) {
  const [, token = ''] = /^Bearer +(\S+)$/i.exec(request.get('authorization') ?? '') ?? [];
  try {
    const { payload } = await jwtVerify(token, keys, {
      algorithms: ['RS256'],
      issuer: WECOM_AUTH_URL,
      audience: 'wecom-auth',
      requiredClaims: ['exp', 'sub'],
    });
    request.userid = payload.sub;
  } catch (error) {
    const isRefused = error instanceof errors.JOSEError && !WITHOUT_KEYS.includes(error.code);
    if (isRefused) return response.set('www-authenticate', 'Bearer').sendStatus(401);
    console.error(`The keys could not be fetched: ${error.cause ?? error}`);
    return response.sendStatus(503);
  }
  next();
}

/** Behind `requireSession`. Without the permission: 403. If verify does not say: 503. */
const requirePermission = (permission) => async (request, response, next) => {
  const query = new URLSearchParams({ permission });
  const path = `/api/wecom/verify/${encodeURIComponent(request.userid)}?${query}`;
  let authorized;
  try {
    const verified = await fetch(WECOM_AUTH_URL + path, {
      headers: { authorization: request.get('authorization') },
      redirect: 'manual',
      signal: AbortSignal.timeout(VERIFY_TIMEOUT_MS),
    });
    if (verified.status !== 200) {
      throw new Error(`status ${verified.status}, request ${verified.headers.get('x-request-id')}`);
    }
    ({ authorized } = (await verified.json()).data);
  } catch (error) {
    console.error(`verify does not say: ${error.cause ?? error}`);
  }
  if (authorized === true) next();
  else response.sendStatus(authorized === false ? 403 : 503);
};

const app = express();
app.use(requireSession);
app.get('/me', (request, response) => {
  response.json({ userid: request.userid });
});
app.get('/report', requirePermission('report:read'), (request, response) => {
  response.json({ report: `for ${request.userid}` });
});
app.listen(Number(PORT), '127.0.0.1', () => console.log(`http://localhost:${PORT}`));
