import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { build } from 'esbuild';
import { claimsOfBoth } from '../claimsPage.ts';
import type { Program } from '../program.ts';

const PAGE =
  '<!doctype html><meta charset="utf-8"><pre></pre><script type="module" src="/page.js"></script>';

/** A page that signs in by script: a public client on another origin than the provider. */
export const oidcClientTs: Program = {
  name: 'oidc-client-ts',
  client: {
    redirectPath: '/callback',
    postLogoutPath: '/signed-out',
    isPublic: true,
    refresh: true,
  },
  notPermitted: { status: 200, text: /"error":"access_denied"/ },
  missing: async () => undefined,
  async prepare() {
    const file = 'node_modules/oidc-client-ts/package.json';
    return JSON.parse(readFileSync(file, 'utf8')).version;
  },
  async start({ provider, credentials, redirectUri, postLogoutUri, port }) {
    const { outputFiles } = await build({
      entryPoints: [join(import.meta.dirname, 'page.mjs')],
      bundle: true,
      format: 'esm',
      write: false,
    });
    const settings = {
      authority: provider.issuer,
      client_id: credentials.id,
      redirect_uri: redirectUri,
      post_logout_redirect_uri: postLogoutUri,
    };
    const files: Readonly<Record<string, readonly [type: string, content: string]>> = {
      '/': ['text/html', PAGE],
      '/callback': ['text/html', PAGE],
      '/sign-out': ['text/html', PAGE],
      '/signed-out': ['text/html', PAGE],
      '/page.js': ['text/javascript', outputFiles[0]?.text ?? ''],
      '/settings.json': ['application/json', JSON.stringify(settings)],
    };
    const server = createServer((request, response) => {
      const [path = '/'] = (request.url ?? '/').split('?');
      const [type, content] = files[path] ?? ['text/plain', ''];
      response.writeHead(path in files ? 200 : 404, { 'content-type': type }).end(content);
    });
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    const application = { start: `http://127.0.0.1:${port}/`, done: 'pre:not(:empty)' };
    return {
      application,
      signOut: { start: `http://127.0.0.1:${port}/sign-out` },
      signedOut(text) {
        const shown = JSON.parse(text) as { state?: string; user: unknown };
        if (shown.state !== 'where the person was' || shown.user !== null) {
          throw new Error(`After the sign-out it shows ${text}`);
        }
      },
      claims: claimsOfBoth,
      async close() {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      },
    };
  },
};
