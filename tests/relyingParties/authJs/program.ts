import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { ExpressAuth, type ExpressAuthConfig, getSession } from '@auth/express';
import express from 'express';
import type { Claims, Program } from '../program.ts';

/** Auth.js in an Express application, with the settings of docs/relying-parties/auth-js.md. */
export const authJs: Program = {
  name: 'Auth.js',
  client: { redirectPath: '/auth/callback/wecom' },
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
  async start({ provider, credentials, port }) {
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
          authorization: { params: { scope: 'openid profile email groups' } },
          checks: ['pkce', 'state', 'nonce'],
          profile: ({ sub, name, email }) => ({ id: sub, name, email: email ?? null }),
        },
      ],
      callbacks: {
        jwt({ token, profile }) {
          if (profile) token['claims'] = profile;
          return token;
        },
        session: ({ session, token }) => ({ ...session, claims: token['claims'] }),
      },
    };
    const app = express();
    app.use('/auth', ExpressAuth(config));
    app.get('/', async (request, response) => {
      const session = await getSession(request, config);
      response.status(session ? 200 : 401).json(session);
    });
    const server = app.listen(port, '127.0.0.1');
    const application = {
      start: `http://127.0.0.1:${port}/auth/signin?callbackUrl=/`,
      button: 'button:has-text("WeCom")',
      done: 'body',
    };
    return {
      application,
      claims({ text }) {
        const { claims, user } = JSON.parse(text) as {
          claims: Claims;
          user: { name: string; email?: string };
        };
        if (user.name !== claims.name || user.email !== claims.email) {
          throw new Error(`The session has ${JSON.stringify(user)}`);
        }
        return claims;
      },
      async close() {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      },
    };
  },
};
