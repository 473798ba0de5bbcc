import { join } from 'node:path';
import { claimsOfBoth } from '../claimsPage.ts';
import { build, missingProgram, startServer } from '../processes.ts';
import type { Program } from '../program.ts';

const pythonOf = (directory: string) => join(directory, 'bin', 'python');

export const authlib: Program = {
  name: 'Authlib',
  client: { redirectPath: '/callback' },
  notPermitted: { status: 403, text: /access_denied: the member may not use this application/ },
  missing: async () => missingProgram('python3'),
  async prepare(directory) {
    await build('python3', ['-m', 'venv', directory]);
    const requirements = join(import.meta.dirname, 'requirements.txt');
    const install = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check'];
    await build(pythonOf(directory), [...install, '--requirement', requirements]);
    const version = 'from importlib.metadata import version; print(version("authlib"))';
    return (await build(pythonOf(directory), ['-c', version])).trim();
  },
  async start({ provider, credentials, redirectUri, port, directory }) {
    const app = join(import.meta.dirname, 'app.py');
    const server = await startServer(pythonOf(directory), [app, String(port)], {
      url: `http://127.0.0.1:${port}/`,
      environment: {
        ISSUER: provider.issuer,
        CLIENT_ID: credentials.id,
        CLIENT_SECRET: credentials.secret,
        REDIRECT_URI: redirectUri,
        PYTHONDONTWRITEBYTECODE: '1',
      },
    });
    return {
      application: { start: `http://127.0.0.1:${port}/login` },
      claims: claimsOfBoth,
      close: server.close,
    };
  },
};
