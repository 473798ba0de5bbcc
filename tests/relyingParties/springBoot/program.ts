import { join } from 'node:path';
import { claimsOfBoth } from '../claimsPage.ts';
import { build, missingProgram, startServer } from '../processes.ts';
import type { Program } from '../program.ts';

export const springBoot: Program = {
  name: 'Spring Boot',
  client: {
    redirectPath: '/login/oauth2/code/wecom',
    backchannelLogoutPath: '/logout/connect/back-channel/wecom',
    postLogoutPath: '/signed-out',
  },
  // The reason is only in the exception, which a failure handler of the application gets.
  notPermitted: { status: 200, text: /Invalid credentials/ },
  missing: async () => missingProgram('java') ?? missingProgram('mvn'),
  async prepare(directory) {
    const maven = ['--batch-mode', '--quiet', `-DbuildDirectory=${directory}`];
    const pom = join(import.meta.dirname, 'pom.xml');
    await build('mvn', [...maven, '--file', pom, 'package']);
    const version = ['-Dexpression=project.parent.version', '-DforceStdout'];
    const printed = await build('mvn', [...maven, '--file', pom, 'help:evaluate', ...version]);
    // Maven resets the colour around it.
    return /\d+\.\d+\.\d+[\w.-]*/.exec(printed)?.[0] ?? printed;
  },
  async start({ provider, credentials, port, directory }) {
    const jar = join(directory, 'relying-party-1.jar');
    const server = await startServer('java', ['-jar', jar, `--server.port=${port}`], {
      url: `http://127.0.0.1:${port}/`,
      environment: {
        ISSUER: provider.issuer,
        CLIENT_ID: credentials.id,
        CLIENT_SECRET: credentials.secret,
      },
    });
    const home = `http://127.0.0.1:${port}/`;
    return {
      application: { start: home, home },
      signOut: { start: `http://127.0.0.1:${port}/logout`, button: 'button[type="submit"]' },
      ending: { name: 'refused', seen: (status) => status !== 200 },
      claims(page) {
        const claims = claimsOfBoth(page);
        const { name, roles } = JSON.parse(page.text) as { name: string; roles: string[] };
        // The mapper of docs/relying-parties/spring-boot.md.
        if (name !== claims.sub || !roles.includes('ROLE_ENGINEER')) {
          throw new Error(`The user is ${name} with the roles ${roles}`);
        }
        return claims;
      },
      close: server.close,
    };
  },
};
