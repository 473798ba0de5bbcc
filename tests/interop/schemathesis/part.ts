import { randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { MEMBERS } from '../../relyingParties/provider.ts';
import { openWorkFolder, type Part } from '../part.ts';
import { type Found, type Program, tryPrograms } from '../program.ts';
import { stack } from '../stack.ts';
import { installPython, missingPython, pinnedVersion, runProgram } from '../tools.ts';

/** Its phases of examples and boundaries take half a minute; the rest is spent on random requests. */
const MAX_SECONDS = 180;

const SCHEMATHESIS: Program = {
  name: 'Schemathesis',
  version: pinnedVersion('schemathesis/requirements.txt', /^schemathesis==(.+)$/m),
  missing: missingPython,
  install: () => installPython('schemathesis'),
};

/** What is read of its report. */
interface Report {
  readonly complete: boolean;
  readonly test_cases: { readonly generated: number };
  readonly failures: readonly { readonly title: string; readonly operations: readonly string[] }[];
  readonly errors: readonly unknown[];
}

export const schemathesis: Part = {
  name: 'schemathesis',
  title: { en: 'Requests made from the description', zh: '由 API 描述生成的请求' },
  did: {
    en: 'sends valid and invalid requests to every route of the local stack as an administrator; every response is as `docs/openapi.yaml` describes it, and none is an unexpected failure',
    zh: '以管理员身份向本机系统的每条路由发送有效和无效的请求；每个响应都符合 `docs/openapi.yaml` 的描述，没有意外故障',
  },
  async run(options) {
    const provider = await stack();
    const session = await provider.signIn(MEMBERS.withEmail);
    return tryPrograms([SCHEMATHESIS], options, async (_, directory) => {
      const folder = openWorkFolder();
      const file = join(folder, 'report.json');
      const seed = randomInt(2 ** 31);
      const program = join(directory, 'venv/bin/schemathesis');
      const parameters = [
        ...['--config-file', join(import.meta.dirname, 'schemathesis.toml')],
        ...['run', resolve('docs/openapi.yaml'), '--url', provider.issuer],
        ...['--header', `Authorization: Bearer ${session}`, '--seed', String(seed)],
        ...['--max-time', String(MAX_SECONDS), '--request-timeout', '20'],
        ...['--continue-on-failure', '--report', 'json', '--report-json-path', file],
      ];
      // It keeps failures in a folder of the working directory.
      const { stdout, stderr } = await runProgram(program, parameters, { cwd: folder });
      const report: Report = JSON.parse(readFileSync(file, 'utf8'));
      const found = foundIn(report, seed);
      // The requests that failed, with how to send them again.
      if (found.failures.length > 0) console.error(stdout || stderr);
      return found;
    });
  },
};

function foundIn({ complete, test_cases, failures, errors }: Report, seed: number): Found {
  const wrong = [
    ...failures.map(({ title, operations }) => `${title}: ${operations.join(', ')} (seed ${seed})`),
    ...errors.map((error) => JSON.stringify(error)),
    ...(complete ? [] : ['it ended early']),
  ];
  return { checks: test_cases.generated, failures: wrong };
}
