import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { ExpressAuth, type ExpressAuthConfig, getSession } from '@auth/express';
import express from 'express';
import type { Claims, Program } from '../program.ts';
import type { Credentials, Provider } from '../provider.ts';

/** In place of the access token's own ten minutes, so that the trial sees a refresh. */
const REFRESH_AFTER_MS = 1_000;

export const authJs: Program = common('Auth.js', {});

/** Every sign-in comes to WeCom's page, … */
export const authJsWithPrompt: Program = {
  ...common('Auth.js, prompt=login', { prompt: 'login' }),
  signsInAgainAfterMs: 1_500,
};

/** … or each that is later than this. */
export const authJsWithMaxAge: Program = {
  ...common('Auth.js, max_age', { max_age: '5' }),
  signsInAgainAfterMs: 7_000,
};

/** What `account` has at the sign-in, and what a refresh gives. */
interface Tokens {
  readonly access_token: string;
  readonly id_token: string;
  readonly refresh_token: string;
}

/** Auth.js in an Express application, with the settings of docs/relying-parties/auth-js.md. */
function common(name: string, parameters: Readonly<Record<string, string>>): Program {
  return {
    name,
    client: { redirectPath: '/auth/callback/wecom', postLogoutPath: '/signed-out', refresh: true },
    // Its sign-in page again. The address and the log say OAuthCallbackError.
    notPermitted: { status: 200, text: /Try signing in with a different account\./ },
    missing: async () => undefined,
    async prepare() {
      const [core, express] = ['@auth/core', '@auth/express'].map((name) => {
        const file = `node_modules/${name}/package.json`;
        return JSON.parse(readFileSync(file, 'utf8')).version;
      });
      return `${core}, @auth/express ${express}`;
    },
    async start({ provider, credentials, postLogoutUri, port }) {
      const config: ExpressAuthConfig = {
        trustHost: true,
        secret: randomBytes(32).toString('base64url'),
        // The member who is refused makes Auth.js print a stack.
        logger: { error: () => undefined },
        providers: [
          {
            id: 'wecom',
            name: 'WeCom',
            type: 'oidc',
            issuer: provider.issuer,
            clientId: credentials.id,
            clientSecret: credentials.secret,
            authorization: { params: { scope: 'openid profile email groups', ...parameters } },
            checks: ['pkce', 'state', 'nonce'],
            profile: ({ sub, name, email }) => ({ id: sub, name, email: email ?? null }),
          },
        ],
        callbacks: {
          async jwt({ token, profile, account }) {
            if (account) {
              token['claims'] = profile;
              token['tokens'] = account;
              token['refreshAt'] = Date.now() + REFRESH_AFTER_MS;
              return token;
            }
            if (Date.now() < Number(token['refreshAt'])) return token;
            const tokens = token['tokens'] as Tokens;
            const refreshed = await refresh(provider, credentials, tokens.refresh_token);
            // Without a session the person signs in again.
            if (!refreshed) return null;
            token['tokens'] = { ...tokens, ...refreshed };
            token['refreshAt'] = Date.now() + REFRESH_AFTER_MS;
            token['isRefreshed'] = true;
            return token;
          },
          session: ({ session, token }) => ({
            ...session,
            claims: token['claims'],
            isRefreshed: token['isRefreshed'],
            idToken: (token['tokens'] as Tokens).id_token,
          }),
          // Its own rule takes only addresses of the application.
          redirect: ({ url, baseUrl }) =>
            new URL(url, baseUrl).origin === new URL(provider.issuer).origin
              ? url
              : new URL(url, baseUrl).href,
        },
      };
      const app = express();
      app.use('/auth', ExpressAuth(config));
      app.get('/', async (request, response) => {
        const session = await getSession(request, config);
        response.status(session ? 200 : 401).json(session);
      });
      app.get('/sign-out', async (request, response) => {
        const session = (await getSession(request, config)) as { idToken?: string } | null;
        const logout = new URL(`${provider.issuer}/oauth2/logout`);
        logout.searchParams.set('id_token_hint', session?.idToken ?? '');
        logout.searchParams.set('post_logout_redirect_uri', postLogoutUri);
        const query = new URLSearchParams({ callbackUrl: logout.href });
        response.redirect(`/auth/signout?${query}`);
      });
      app.get('/signed-out', (_request, response) => {
        response.send('signed out');
      });
      const server = app.listen(port, '127.0.0.1');
      const application = {
        start: `http://127.0.0.1:${port}/auth/signin?callbackUrl=/`,
        button: 'button:has-text("WeCom")',
        done: 'body',
        home: `http://127.0.0.1:${port}/`,
        reloadAfterMs: 2 * REFRESH_AFTER_MS,
      };
      return {
        application,
        signOut: { start: `http://127.0.0.1:${port}/sign-out`, button: 'button[type="submit"]' },
        ending: { name: 'refused at its refresh', seen: (status) => status !== 200 },
        claims({ text }) {
          const { claims, user, isRefreshed } = JSON.parse(text) as {
            claims: Claims;
            user: { name: string; email?: string };
            isRefreshed?: true;
          };
          if (user.name !== claims.name || user.email !== claims.email) {
            throw new Error(`The session has ${JSON.stringify(user)}`);
          }
          if (!isRefreshed) throw new Error('The tokens were not refreshed');
          return claims;
        },
        async close() {
          server.closeAllConnections();
          await new Promise((resolve) => server.close(resolve));
        },
      };
    },
  };
}

/** @returns nothing if the person is signed out, or may not use the application any more */
async function refresh(
  { issuer }: Provider,
  { id, secret }: Credentials,
  token: string,
): Promise<Tokens | undefined> {
  const response = await fetch(`${issuer}/oauth2/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'refresh_token',
      refresh_token: token,
      client_id: id,
      client_secret: secret,
    }),
  });
  return response.ok ? ((await response.json()) as Tokens) : undefined;
}
