import { globSync } from 'node:fs';
import { join } from 'node:path';
import { missingProgram } from '../../relyingParties/processes.ts';
import type { Part } from '../part.ts';
import { type Program, tryPrograms } from '../program.ts';
import {
  installGo,
  installPython,
  missingPython,
  pinnedVersion,
  runProgram,
} from '../tools.ts';

const WORKFLOWS = globSync('.github/workflows/*.yml').sort();

interface Linter extends Program {
  /** Prints its findings as JSON. */
  command(directory: string): readonly [program: string, parameters: readonly string[]];
  /** @returns a finding as one line, with the file's path in it */
  describe(finding: never): string;
}

interface ActionlintFinding {
  readonly filepath: string;
  readonly line: number;
  readonly message: string;
}

interface ZizmorFinding {
  readonly ident: string;
  readonly desc: string;
  readonly locations: readonly {
    readonly symbolic: { readonly key: { readonly Local?: { readonly given_path: string } } };
  }[];
}

const LINTERS: readonly Linter[] = [
  {
    name: 'actionlint',
    version: pinnedVersion('workflows/go/go.mod', /rhysd\/actionlint v(\S+)/),
    missing: () => missingProgram('go'),
    install: () => installGo('workflows/go', 'tool'),
    command: (directory) => [
      join(directory, 'bin/actionlint'),
      ['-format', '{{json .}}', ...WORKFLOWS],
    ],
    describe: ({ filepath, line, message }: ActionlintFinding) => `${filepath}:${line} ${message}`,
  },
  {
    name: 'zizmor',
    version: pinnedVersion('python/requirements.txt', /^zizmor==(.+)$/m),
    isQuick: true,
    missing: missingPython,
    install: () => installPython('python'),
    command: (directory) => [
      join(directory, 'venv/bin/zizmor'),
      ['--offline', '--no-progress', '--format', 'json', ...WORKFLOWS],
    ],
    describe: ({ ident, desc, locations }: ZizmorFinding) =>
      `${locations[0]?.symbolic.key.Local?.given_path} ${ident}: ${desc}`,
  },
];

export const workflows: Part = {
  name: 'workflows',
  title: { en: 'Workflows', zh: 'GitHub 工作流' },
  did: {
    en: 'finds nothing in the files of `.github/workflows/`',
    zh: '在 `.github/workflows/` 的文件中没有发现问题',
  },
  isQuick: true,
  run: (options) =>
    tryPrograms(LINTERS, options, async (linter, directory) => {
      const [command, parameters] = linter.command(directory);
      const { stdout, stderr } = await runProgram(command, parameters);
      if (stdout === '') throw new Error(stderr);
      const failures = (JSON.parse(stdout) as never[]).map(linter.describe);
      // A file has failed once, however much is wrong in it.
      const failed = WORKFLOWS.filter((file) => failures.some((each) => each.includes(file)));
      return { checks: WORKFLOWS.length - failed.length + failures.length, failures };
    }),
};
