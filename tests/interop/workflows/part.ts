import { globSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { missingProgram } from '../../relyingParties/processes.ts';
import { openWorkFolder, type Part } from '../part.ts';
import { type Program, tryPrograms } from '../program.ts';
import {
  findingsOf,
  installGo,
  installPython,
  missingPython,
  pinnedVersion,
  runProgram,
} from '../tools.ts';

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

/** A shell command with a title that anybody can write, and a key that does not exist. */
const FAULTY = `name: faulty
on: issues
jobs:
  faulty:
    runs-on: ubuntu-24.04
    colour: red
    steps:
      - run: echo "\${{ github.event.issue.title }}"
`;

function writeFaulty(): string {
  const folder = join(openWorkFolder(), '.github/workflows');
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'faulty.yml');
  writeFileSync(file, FAULTY);
  return file;
}

export const workflows: Part = {
  name: 'workflows',
  title: { en: 'Workflows', zh: 'GitHub 工作流' },
  did: {
    en: 'finds nothing in `.github/workflows/`, and zizmor nothing in `.github/dependabot.yml`; finds the fault of a faulty workflow',
    zh: '在 `.github/workflows/` 中没有发现问题，zizmor 在 `.github/dependabot.yml` 中也没有；能发现一份含错误的工作流中的错误',
  },
  isQuick: true,
  run: (options) =>
    tryPrograms(LINTERS, options, async (linter, directory) => {
      const { command, parameters, files } = linter;
      const program = join(directory, command);
      const lint = async (paths: readonly string[]) => {
        const ended = await runProgram(program, [...parameters, ...paths]);
        return findingsOf(ended, (printed) =>
          (JSON.parse(printed) as never[]).map(linter.describe),
        );
      };
      const failures = await lint(files);
      // A file has failed once, however much is wrong in it.
      const failed = files.filter((file) => failures.some((each) => each.includes(file)));
      const held = files.length - failed.length;
      // Without it a linter that finds nothing would pass.
      const isFound = (await lint([writeFaulty()])).length > 0;
      if (!isFound) failures.push('the fault of a faulty workflow is not found');
      return { checks: held + Number(isFound) + failures.length, failures };
    }),
};
