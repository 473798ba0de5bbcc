import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { missingProgram } from '../../relyingParties/processes.ts';
import { openWorkFolder, type Part } from '../part.ts';
import { type Program, tryPrograms } from '../program.ts';
import {
  installGo,
  installNode,
  installPython,
  missingPython,
  pinnedVersion,
  runProgram,
} from '../tools.ts';

const DESCRIPTION = 'docs/openapi.yaml';

/** A command that ends with 0 only if the description is valid. */
interface Validator extends Program {
  command(
    directory: string,
    file: string,
  ): readonly [program: string, parameters: readonly string[]];
}

const VALIDATORS: readonly Validator[] = [
  {
    name: 'openapi-spec-validator (Python)',
    version: pinnedVersion('python/requirements.txt', /^openapi-spec-validator==(.+)$/m),
    isQuick: true,
    missing: missingPython,
    install: () => installPython('python'),
    command: (directory, file) => [join(directory, 'venv/bin/openapi-spec-validator'), [file]],
  },
  {
    name: 'kin-openapi (Go)',
    version: pinnedVersion('openapi/go/go.mod', /getkin\/kin-openapi v(\S+)/),
    missing: () => missingProgram('go'),
    install: () => installGo('openapi/go'),
    command: (directory, file) => [join(directory, 'bin/openapi'), [file]],
  },
  {
    name: 'Redocly CLI',
    version: pinnedVersion('openapi/node/package.json', /"@redocly\/cli": "(.+)"/),
    missing: () => undefined,
    install: () => installNode('openapi/node'),
    command: (directory, file) => [
      join(directory, 'node_modules/.bin/redocly'),
      ['lint', '--extends=spec', file],
    ],
  },
];

/** Faults that every validator must find. Without them a validator that finds nothing would pass. */
const FAULTS: Readonly<Record<string, (text: string) => string>> = {
  'a type that does not exist': (text) => text.replace('type: string', 'type: text'),
  'a parameter in no known place': (text) => text.replace('in: query', 'in: body'),
  'an operation without responses': (text) => text.replace('      responses:', '      answers:'),
};

export const openapi: Part = {
  name: 'openapi',
  title: { en: 'Description of the API', zh: 'API 描述' },
  did: {
    en: 'finds `docs/openapi.yaml` valid, and three copies with a fault invalid',
    zh: '判定 `docs/openapi.yaml` 有效，并判定三份含错误的副本无效',
  },
  isQuick: true,
  run: (options) =>
    tryPrograms(VALIDATORS, options, async (validator, directory) => {
      const folder = openWorkFolder();
      const failures: string[] = [];
      const problemOf = async (file: string) => {
        const [command, parameters] = validator.command(directory, file);
        const { exitCode, stdout, stderr } = await runProgram(command, parameters);
        return exitCode === 0 ? undefined : `${stdout}${stderr}` || `exit code ${exitCode}`;
      };
      const problem = await problemOf(DESCRIPTION);
      if (problem !== undefined) failures.push(problem);
      const text = readFileSync(DESCRIPTION, 'utf8');
      for (const [name, alter] of Object.entries(FAULTS)) {
        const file = join(folder, 'faulty.yaml');
        writeFileSync(file, alter(text));
        if ((await problemOf(file)) === undefined) failures.push(`${name} is not found`);
      }
      return { checks: 1 + Object.keys(FAULTS).length, failures };
    }),
};
