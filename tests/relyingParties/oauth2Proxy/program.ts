import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
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

/** Every sign-in comes to WeCom's page, … */
export const oauth2ProxyWithPrompt: Program = {
  ...common('oauth2-proxy, prompt', { settings: { prompt: 'login' } }),
  signsInAgainAfterMs: 1_500,
};

/** … or each that is later than this. */
export const oauth2ProxyWithMaxAge: Program = {
  ...common('oauth2-proxy, max_age', { maxAge: 5 }),
  signsInAgainAfterMs: 7_000,
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

/** It reads these from its file of the usual format also beside one of the other format. */
const USUAL_FORMAT =
  /^(redirect_url|email_domains|cookie_\w+|whitelist_domains|skip_provider_button)$/;

/** With the settings of docs/relying-parties/oauth2-proxy.md, over http and with a quick refresh. */
function common(
  name: string,
  more: {
    readonly emailDomain?: string;
    readonly settings?: { readonly oidc_email_claim?: string; readonly [name: string]: unknown };
    readonly maxAge?: number;
  },
): Program {
  const { settings: ownSettings, maxAge, ...client } = more;
  return {
    name,
    client: {
      redirectPath: '/oauth2/callback',
      postLogoutPath: '/signed-out',
      refresh: true,
      ...client,
    },
    notPermitted: { status: 403, text: /access_denied/ },
    missing: async () => missingProgram('go'),
    async prepare(directory) {
      const module = `github.com/oauth2-proxy/oauth2-proxy/v7@${VERSION}`;
      await build('go', ['install', module], { environment: { GOBIN: directory } });
      return VERSION;
    },
    async start({ provider, credentials, redirectUri, postLogoutUri, port, directory }) {
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
        whitelist_domains: [new URL(provider.issuer).host],
        skip_provider_button: true,
        skip_auth_routes: ['GET=^/signed-out$'],
        pass_user_headers: true,
        http_address: `127.0.0.1:${port}`,
        upstreams: [upstream.url],
        ...ownSettings,
      };
      const program = join(directory, 'oauth2-proxy');
      const file = join(directory, 'oauth2-proxy.toml');
      writeSettings(file, settings);
      const options = ['--config', file];
      if (maxAge !== undefined)
        options.push(...(await withMaxAge(program, file, settings, maxAge)));
      const server = await startServer(program, options, {
        url: `http://127.0.0.1:${port}/ping`,
      });
      // The proxy puts the ID token there.
      const logout = `${provider.issuer}/oauth2/logout?id_token_hint={id_token}&post_logout_redirect_uri=${encodeURIComponent(postLogoutUri)}`;
      const home = `http://127.0.0.1:${port}/`;
      return {
        application: { start: home, home, reloadAfterMs: 2_500 },
        signOut: {
          start: `http://127.0.0.1:${port}/oauth2/sign_out?${new URLSearchParams({ rd: logout })}`,
        },
        // It takes no logout token, and lets a session go on until the ID token has expired. With the
        // userid as the address it takes the member who leaves.
        ...(ownSettings?.oidc_email_claim && {
          ending: {
            name: 'not refreshed any more',
            seen: (_status, printed) => printed.includes('Unable to refresh session'),
          },
        }),
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

function writeSettings(file: string, settings: object): void {
  // TOML writes these values as JSON does.
  const lines = Object.entries(settings).map(([key, value]) => `${key} = ${JSON.stringify(value)}`);
  writeFileSync(file, `${lines.join('\n')}\n`, { mode: 0o600 });
}

/**
 * Parameters of the authorization request have no setting of the usual format.
 *
 * @param file gets those that still are
 * @returns options for the others
 */
async function withMaxAge(
  program: string,
  file: string,
  settings: object,
  maxAge: number,
): Promise<string[]> {
  const converted = parse(await build(program, ['--config', file, '--convert-config-to-alpha']));
  converted.providers[0].loginURLParameters = [{ name: 'max_age', default: [String(maxAge)] }];
  const other = file.replace(/toml$/, 'yaml');
  writeFileSync(other, stringify(converted), { mode: 0o600 });
  const usual = Object.entries(settings).filter(([key]) => USUAL_FORMAT.test(key));
  writeSettings(file, Object.fromEntries(usual));
  return ['--alpha-config', other];
}
