import { copyFileSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { claimsOfBoth } from '../claimsPage.ts';
import { build, missingProgram, startServer } from '../processes.ts';
import type { Program } from '../program.ts';

export const expressOpenidConnect: Program = {
  name: 'express-openid-connect',
  client: {
    redirectPath: '/callback',
    backchannelLogoutPath: '/backchannel-logout',
    postLogoutPath: '/signed-out',
  },
  notPermitted: { status: 400, text: /access_denied: the member may not use this application/ },
  missing: async () => missingProgram('npm'),
  async prepare(directory) {
    mkdirSync(directory, { recursive: true });
    for (const file of ['package.json', 'package-lock.json', 'app.mjs']) {
      copyFileSync(join(import.meta.dirname, file), join(directory, file));
    }
    await build('npm', ['ci', '--ignore-scripts', '--no-audit'], { cwd: directory });
    const file = join(directory, 'node_modules/express-openid-connect/package.json');
    return JSON.parse(readFileSync(file, 'utf8')).version;
  },
  async start({ provider, credentials, port, directory }) {
    const server = await startServer(process.execPath, ['app.mjs'], {
      url: `http://127.0.0.1:${port}/ready`,
      cwd: directory,
      environment: {
        PORT: String(port),
        ISSUER: provider.issuer,
        CLIENT_ID: credentials.id,
        CLIENT_SECRET: credentials.secret,
      },
    });
    const address = `http://127.0.0.1:${port}`;
    return {
      application: { start: `${address}/`, home: `${address}/session` },
      signOut: { start: `${address}/logout` },
      ending: { name: 'refused', seen: (status) => status !== 200 },
      claims: claimsOfBoth,
      close: server.close,
    };
  },
};
