import { globSync } from 'node:fs';
import { join } from 'node:path';
import { missingProgram } from '../../relyingParties/processes.ts';
import type { Part } from '../part.ts';
import { type Program, tryPrograms } from '../program.ts';
import { installGo, installPython, missingPython, pinnedVersion, runProgram } from '../tools.ts';

const WORKFLOWS = globSync('.github/workflows/*.yml').sort();

interface Linter extends Program {
  readonly files: readonly string[];
  /** The command in the installed folder, which prints its findings as JSON. */
  readonly command: string;
  readonly parameters: readonly string[];
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
    readonly symbolic: { readonly key: { readonly Local?: { readonly verbatim_path: string } } };
  }[];
}

const LINTERS: readonly Linter[] = [
  {
    name: 'actionlint',
    version: pinnedVersion('workflows/go/go.mod', /rhysd\/actionlint v(\S+)/),
    missing: () => missingProgram('go'),
    files: WORKFLOWS,
    install: () => installGo('workflows/go', 'tool'),
    command: 'bin/actionlint',
    parameters: ['-format', '{{json .}}'],
    describe: ({ filepath, line, message }: ActionlintFinding) => `${filepath}:${line} ${message}`,
  },
  {
    name: 'zizmor',
    version: pinnedVersion('python/requirements.txt', /^zizmor==(.+)$/m),
    isQuick: true,
    files: [...WORKFLOWS, '.github/dependabot.yml'],
    missing: missingPython,
    install: () => installPython('python'),
    command: 'venv/bin/zizmor',
    parameters: ['--offline', '--no-progress', '--format', 'json'],
    describe: ({ ident, desc, locations }: ZizmorFinding) =>
      `${locations[0]?.symbolic.key.Local?.verbatim_path} ${ident}: ${desc}`,
  },
];

export const workflows: Part = {
  name: 'workflows',
  title: { en: 'Workflows', zh: 'GitHub 工作流' },
  did: {
    en: 'finds nothing in `.github/workflows/`, and zizmor nothing in `.github/dependabot.yml`',
    zh: '在 `.github/workflows/` 中没有发现问题，zizmor 在 `.github/dependabot.yml` 中也没有',
  },
  isQuick: true,
  run: (options) =>
    tryPrograms(LINTERS, options, async (linter, directory) => {
      const { command, parameters, files } = linter;
      const program = join(directory, command);
      const { stdout, stderr } = await runProgram(program, [...parameters, ...files]);
      if (stdout === '') throw new Error(stderr);
      const failures = (JSON.parse(stdout) as never[]).map(linter.describe);
      // A file has failed once, however much is wrong in it.
      const failed = files.filter((file) => failures.some((each) => each.includes(file)));
      return { checks: files.length - failed.length + failures.length, failures };
    }),
};
