import { randomBytes } from 'node:crypto';
import express from 'express';
import oidc from 'express-openid-connect';

/** Where the library remembers of which sign-ins it was told that they ended. */
const ended = new Map();
const store = {
  get: (id, done) => done(null, ended.get(id)),
  set(id, session, done) {
    ended.set(id, session);
    done(null);
  },
  destroy(id, done) {
    ended.delete(id);
    done(null);
  },
};

const { PORT, ISSUER, CLIENT_ID, CLIENT_SECRET } = process.env;
const app = express();
app.get('/ready', (_request, response) => response.send('ready'));
app.get('/signed-out', (_request, response) => response.send('signed out'));
app.use(
  oidc.auth({
    issuerBaseURL: ISSUER,
    baseURL: `http://127.0.0.1:${PORT}`,
    clientID: CLIENT_ID,
    clientSecret: CLIENT_SECRET,
    secret: randomBytes(32).toString('base64url'),
    authorizationParams: { response_type: 'code', scope: 'openid profile email groups' },
    // Cookies know no port, and the trials run two of these.
    session: { name: `session-${CLIENT_ID}` },
    idpLogout: true,
    routes: { postLogoutRedirect: '/signed-out' },
    backchannelLogout: { store },
  }),
);
app.get('/', async (request, response) => {
  const userinfo = await request.oidc.fetchUserInfo();
  response.json({ idToken: request.oidc.idTokenClaims, userinfo });
});
// Asks the provider nothing: only a logout token ends it.
app.get('/session', (_request, response) => response.send('signed in'));
app.use((error, _request, response, _next) => {
  response.status(error.status ?? 500).send(`${error.error}: ${error.error_description}`);
});
app.listen(Number(PORT), '127.0.0.1');
