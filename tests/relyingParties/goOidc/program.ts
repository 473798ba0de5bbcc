import { join } from 'node:path';
import { claimsOfBoth } from '../claimsPage.ts';
import { build, missingProgram, startServer } from '../processes.ts';
import type { Program } from '../program.ts';

export const goOidc: Program = {
  name: 'go-oidc',
  client: { redirectPath: '/callback' },
  notPermitted: { status: 403, text: /access_denied: the member may not use this application/ },
  missing: async () => missingProgram('go'),
  async prepare(directory) {
    const binary = join(directory, 'relying-party');
    await build('go', ['build', '-o', binary, '.'], { cwd: import.meta.dirname });
    const module = ['list', '-m', '-f', '{{.Version}}', 'github.com/coreos/go-oidc/v3'];
    return (await build('go', module, { cwd: import.meta.dirname })).trim();
  },
  async start({ provider, credentials, redirectUri, port, directory }) {
    const server = await startServer(join(directory, 'relying-party'), [], {
      url: `http://127.0.0.1:${port}/`,
      environment: {
        ISSUER: provider.issuer,
        CLIENT_ID: credentials.id,
        CLIENT_SECRET: credentials.secret,
        REDIRECT_URI: redirectUri,
        ADDRESS: `127.0.0.1:${port}`,
      },
    });
    return {
      application: { start: `http://127.0.0.1:${port}/login` },
      claims: claimsOfBoth,
      close: server.close,
    };
  },
};
