import { join } from 'node:path';
import { missingProgram } from '../../relyingParties/processes.ts';
import { startProvider } from '../../relyingParties/provider.ts';
import { failedRow, type Part, type Row, skippedRow } from '../part.ts';
import {
  installGo,
  installMaven,
  installPython,
  missingPython,
  pinnedVersion,
  runProgram,
} from '../tools.ts';
import { type TokenCase, tokenCases } from './tokens.ts';

/** A program of this folder that verifies tokens with a library. */
interface Verifier {
  readonly name: string;
  readonly version: string;
  missing(): string | undefined;
  install(): Promise<string>;
  /** In the installed copy. */
  command(directory: string): readonly [program: string, ...parameters: string[]];
}

interface Outcome {
  readonly name: string;
  readonly accepted: boolean;
  readonly reason: string;
}

const VERIFIERS: readonly Verifier[] = [
  {
    name: 'PyJWT (Python)',
    version: pinnedVersion('jwt/python/requirements.txt', /^PyJWT==(.+)$/m),
    missing: missingPython,
    install: () => installPython('jwt/python'),
    command: (directory) => [join(directory, 'venv/bin/python'), 'verify.py'],
  },
  {
    name: 'lestrrat-go/jwx (Go)',
    version: pinnedVersion('jwt/go/go.mod', /lestrrat-go\/jwx\/v3 v(\S+)/),
    missing: () => missingProgram('go'),
    install: () => installGo('jwt/go'),
    command: (directory) => [join(directory, 'bin/jwt')],
  },
  {
    name: 'jose4j (Java)',
    version: pinnedVersion('jwt/java/pom.xml', /jose4j<\/artifactId>\s*<version>(.+)<\/version>/),
    missing: () => missingProgram('java') ?? missingProgram('mvn'),
    install: () => installMaven('jwt/java'),
    command: () => ['java', '-cp', 'lib/*:target/classes', 'Verify'],
  },
];

export const jwt: Part = {
  name: 'jwt',
  title: { en: 'Tokens', zh: '令牌' },
  did: {
    en: 'accepts sessions, ID tokens and logout tokens by the published keys; refuses forged, expired and foreign ones, and one kind in place of another',
    zh: '用公布的密钥接受会话、ID token 和 logout token；拒绝伪造、过期、他人的令牌，以及用一种令牌冒充另一种',
  },
  async run() {
    const provider = await startProvider([]);
    try {
      const cases = await tokenCases(provider);
      const rows: Row[] = [];
      for (const verifier of VERIFIERS) rows.push(await tryVerifier(verifier, provider.issuer, cases));
      return rows;
    } finally {
      await provider.close();
    }
  },
};

async function tryVerifier(
  verifier: Verifier,
  issuer: string,
  cases: readonly TokenCase[],
): Promise<Row> {
  const { name, version } = verifier;
  const missing = verifier.missing();
  if (missing) return skippedRow(name, version, missing);
  try {
    const directory = await verifier.install();
    const [command, ...parameters] = verifier.command(directory);
    const input = JSON.stringify({ issuer, cases: cases.map(({ isValid: _, ...rest }) => rest) });
    const { stdout, stderr } = await runProgram(command, parameters, { cwd: directory, input });
    if (stdout === '') throw new Error(stderr.slice(-2_000));
    const outcomes: readonly Outcome[] = JSON.parse(stdout).outcomes;
    const failures = cases.flatMap((each) => failuresOf(each, outcomes));
    return { name, version, held: cases.length - failures.length, failures };
  } catch (error) {
    return failedRow(name, version, error);
  }
}

function failuresOf({ name, isValid }: TokenCase, outcomes: readonly Outcome[]): string[] {
  const outcome = outcomes.find((each) => each.name === name);
  if (outcome === undefined) return [`${name}: not tried`];
  if (outcome.accepted === isValid) return [];
  return [`${name}: ${isValid ? outcome.reason : 'accepted'}`];
}
