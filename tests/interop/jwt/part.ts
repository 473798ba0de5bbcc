import { join } from 'node:path';
import { missingProgram } from '../../relyingParties/processes.ts';
import type { Part } from '../part.ts';
import { compareOutcomes, type Program, tryPrograms } from '../program.ts';
import { stack } from '../stack.ts';
import {
  installGo,
  installMaven,
  installPython,
  missingPython,
  pinnedVersion,
  printedBy,
  runProgram,
} from '../tools.ts';
import { tokenCases } from './tokens.ts';

/** A program of this folder that verifies tokens with a library. */
interface Verifier extends Program {
  /** In the installed folder. */
  command(directory: string): readonly [program: string, parameters: readonly string[]];
}

const VERIFIERS: readonly Verifier[] = [
  {
    name: 'PyJWT (Python)',
    version: pinnedVersion('python/requirements.txt', /^PyJWT==(.+)$/m),
    missing: missingPython,
    install: () => installPython('python'),
    command: (directory) => [
      join(directory, 'venv/bin/python'),
      [join(import.meta.dirname, 'python/verify.py')],
    ],
  },
  {
    name: 'lestrrat-go/jwx (Go)',
    version: pinnedVersion('jwt/go/go.mod', /lestrrat-go\/jwx\/v3 v(\S+)/),
    missing: () => missingProgram('go'),
    install: () => installGo('jwt/go'),
    command: (directory) => [join(directory, 'bin/jwt'), []],
  },
  {
    name: 'jose4j (Java)',
    version: pinnedVersion('jwt/java/pom.xml', /jose4j<\/artifactId>\s*<version>(.+)<\/version>/),
    missing: () => missingProgram('java') ?? missingProgram('mvn'),
    install: () => installMaven('jwt/java'),
    command: () => ['java', ['-cp', 'lib/*:target/classes', 'Verify']],
  },
];

export const jwt: Part = {
  name: 'jwt',
  title: { en: 'Tokens', zh: '令牌' },
  did: {
    en: 'accepts sessions, ID tokens and logout tokens by the published keys; refuses forged, altered, expired and foreign ones, and each kind in place of another',
    zh: '用公布的密钥接受会话、ID token 和 logout token；拒绝伪造、被改动、过期和他人的令牌，也拒绝用一种令牌冒充另一种',
  },
  async run(options) {
    const provider = await stack();
    const cases = await tokenCases(provider);
    const shown = cases.map(({ isValid: _, ...rest }) => rest);
    const input = JSON.stringify({ issuer: provider.issuer, cases: shown });
    return tryPrograms(VERIFIERS, options, async (verifier, directory) => {
      const [command, parameters] = verifier.command(directory);
      const ended = await runProgram(command, parameters, { cwd: directory, input });
      return compareOutcomes(cases, printedBy(ended));
    });
  },
};
