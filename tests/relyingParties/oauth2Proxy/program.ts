import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { withoutAbsent } from '../claimsPage.ts';
import { build, missingProgram, startServer, startUpstream } from '../processes.ts';
import type { Program } from '../program.ts';

const VERSION = 'v7.15.6';

/** It refuses a member without an address. */
export const oauth2Proxy: Program = {
  ...common('oauth2-proxy', {}),
  withoutEmail: {
    status: 500,
    text: /neither the id_token nor the profileURL set an email/,
    inLog: true,
  },
};

/** Either of these mends it: the client's address of every member, … */
export const oauth2ProxyWithDomain: Program = {
  ...common('oauth2-proxy, --email-domain', { emailDomain: 'yunfan.example' }),
  email: (userid) => `${userid}@yunfan.example`,
};

/** … or the userid in place of an address. */
export const oauth2ProxyWithUserid: Program = {
  ...common('oauth2-proxy, oidc_email_claim', {
    settings: { oidc_email_claim: 'preferred_username', email_domains: ['*'] },
  }),
  email: (userid) => userid,
};

/** With the settings of docs/relying-parties/oauth2-proxy.md, over http and with a quick refresh. */
function common(
  name: string,
  more: { readonly emailDomain?: string; readonly settings?: object },
): Program {
  const { settings: ownSettings, ...client } = more;
  return {
    name,
    client: { redirectPath: '/oauth2/callback', refresh: true, ...client },
    notPermitted: { status: 403, text: /access_denied/ },
    missing: async () => missingProgram('go'),
    async prepare(directory) {
      const module = `github.com/oauth2-proxy/oauth2-proxy/v7@${VERSION}`;
      await build('go', ['install', module], { environment: { GOBIN: directory } });
      return VERSION;
    },
    async start({ provider, credentials, redirectUri, port, directory }) {
      const upstream = await startUpstream();
      const settings = {
        provider: 'oidc',
        provider_display_name: 'WeCom',
        oidc_issuer_url: provider.issuer,
        client_id: credentials.id,
        client_secret: credentials.secret,
        redirect_url: redirectUri,
        scope: 'openid profile email groups',
        code_challenge_method: 'S256',
        insecure_oidc_skip_nonce: false,
        email_domains: ['yunfan.example'],
        oidc_groups_claim: 'groups',
        allowed_groups: ['department:2'],
        cookie_secret: randomBytes(32).toString('base64url'),
        cookie_secure: false,
        cookie_refresh: '1s',
        cookie_expire: '12h',
        skip_provider_button: true,
        pass_user_headers: true,
        http_address: `127.0.0.1:${port}`,
        upstreams: [upstream.url],
        ...ownSettings,
      };
      const file = join(directory, 'oauth2-proxy.toml');
      // TOML writes these values as JSON does.
      const lines = Object.entries(settings).map(
        ([key, value]) => `${key} = ${JSON.stringify(value)}`,
      );
      writeFileSync(file, `${lines.join('\n')}\n`, { mode: 0o600 });
      const server = await startServer(join(directory, 'oauth2-proxy'), ['--config', file], {
        url: `http://127.0.0.1:${port}/ping`,
      });
      return {
        application: { start: `http://127.0.0.1:${port}/`, reloadAfterMs: 2_500 },
        log: server.log,
        claims({ text }) {
          const headers = JSON.parse(text) as Readonly<Record<string, string>>;
          const one = (header: string) => headers[`x-forwarded-${header}`];
          // Before the page was loaded again: the membership is checked then.
          const refresh = `Refreshing session - User: ${one('user')};`;
          if (!server.log().includes(refresh) || server.log().includes('Unable to refresh')) {
            throw new Error('The session was not refreshed');
          }
          return withoutAbsent({
            sub: one('user'),
            preferred_username: one('preferred-username'),
            email: one('email'),
            groups: one('groups')?.split(','),
          });
        },
        async close() {
          await server.close();
          await upstream.close();
        },
      };
    },
  };
}
