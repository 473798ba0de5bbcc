import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { withoutAbsent } from '../claimsPage.ts';
import { build, installed, missingProgram, startServer, startUpstream } from '../processes.ts';
import type { Program } from '../program.ts';

/** Debian's folder of Apache's modules. */
const MODULES = '/usr/lib/apache2/modules';
const PACKAGE = 'libapache2-mod-auth-openidc';

export const modAuthOpenidc: Program = {
  name: 'mod_auth_openidc',
  client: {
    redirectPath: '/protected/callback',
    backchannelLogoutPath: '/protected/callback?logout=backchannel',
    postLogoutPath: '/signed-out',
  },
  // `iss` (RFC 9207) in a response without a code makes it believe that somebody chose a provider.
  notPermitted: { status: 200, text: /OIDCDefaultURL is not set/ },
  async missing() {
    const apache = missingProgram('apache2');
    if (apache) return apache;
    const isThere = existsSync(`${MODULES}/mod_auth_openidc.so`);
    return isThere ? undefined : `${PACKAGE} is not installed`;
  },
  async prepare(directory) {
    mkdirSync(directory, { recursive: true });
    const [, version = ''] = (await build('dpkg-query', ['--show', PACKAGE])).split(/\s+/);
    return version;
  },
  async start({ provider, credentials, redirectUri, postLogoutUri, port, directory }) {
    const upstream = await startUpstream();
    const modules = [
      ...['mpm_event', 'authn_core', 'authz_core', 'authz_user', 'auth_openidc'],
      ...['headers', 'proxy', 'proxy_http'],
    ];
    const lines = [
      `ServerRoot "${directory}"`,
      `ServerName 127.0.0.1:${port}`,
      `Listen 127.0.0.1:${port}`,
      `PidFile "${directory}/apache2.pid"`,
      `DefaultRuntimeDir "${directory}"`,
      `ErrorLog "${directory}/error.log"`,
      ...modules.map((name) => `LoadModule ${name}_module ${MODULES}/mod_${name}.so`),
      ...(process.getuid?.() === 0 ? ['User www-data', 'Group www-data'] : []),
      `OIDCProviderMetadataURL ${provider.issuer}/.well-known/openid-configuration`,
      `OIDCClientID ${credentials.id}`,
      `OIDCClientSecret ${credentials.secret}`,
      `OIDCRedirectURI ${redirectUri}`,
      `OIDCCryptoPassphrase ${randomBytes(32).toString('base64url')}`,
      'OIDCScope "openid profile email groups"',
      'OIDCPKCEMethod S256',
      'OIDCRemoteUserClaim sub',
      'OIDCClaimDelimiter ,',
      'OIDCPassClaimsAs headers',
      '<Location "/protected">',
      '  AuthType openid-connect',
      '  Require valid-user',
      `  ProxyPass "${upstream.url}/"`,
      '</Location>',
      `ProxyPass "/signed-out" "${upstream.url}/"`,
    ];
    const file = join(directory, 'httpd.conf');
    writeFileSync(file, `${lines.join('\n')}\n`, { mode: 0o600 });
    const apache = installed('apache2') ?? 'apache2';
    const server = await startServer(apache, ['-D', 'FOREGROUND', '-f', file], {
      url: `http://127.0.0.1:${port}/`,
    });
    const home = `http://127.0.0.1:${port}/protected/`;
    return {
      application: { start: home, home },
      signOut: { start: `${redirectUri}?${new URLSearchParams({ logout: postLogoutUri })}` },
      ending: { name: 'refused', seen: (status) => status !== 200 },
      claims({ text }) {
        const headers = JSON.parse(text) as Readonly<Record<string, string>>;
        const one = (claim: string) => headers[`oidc_claim_${claim}`];
        const verified = one('email_verified');
        return withoutAbsent({
          sub: one('sub'),
          // Node.js reads headers as Latin-1, and Apache sends UTF-8.
          name: fromUtf8(one('name')),
          preferred_username: one('preferred_username'),
          email: one('email'),
          email_verified: verified === undefined ? undefined : verified === '1',
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

function fromUtf8(header: string | undefined): string | undefined {
  return header === undefined ? undefined : Buffer.from(header, 'latin1').toString();
}
