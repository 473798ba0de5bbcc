import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cfnLintParameters } from '../../template/cfnLint.ts';
import { render, type Template, VARIANTS, type Variant } from '../../template/render.ts';
import { openWorkFolder, type Part } from '../part.ts';
import { type Program, tryPrograms } from '../program.ts';
import { findingsOf, installPython, missingPython, pinnedVersion, runProgram } from '../tools.ts';

const REQUIREMENTS = 'templates/requirements.txt';

interface Linter extends Program {
  parameters(variant: Variant, template: Pick<Template, 'file'>): readonly string[];
  /** The command in the installed folder. */
  readonly command: string;
  /** @returns a line for each finding in what it printed */
  read(printed: string): string[];
}

interface CfnLintFinding {
  readonly Rule: { readonly Id: string };
  readonly Message: string;
}

/** Without a resource in the template it has neither part. */
interface CheckovReport {
  readonly results?: {
    readonly failed_checks: readonly { readonly check_id: string; readonly resource: string }[];
  };
  readonly summary?: { readonly parsing_errors: number; readonly resource_count: number };
}

const LINTERS: readonly Linter[] = [
  {
    name: 'cfn-lint',
    version: pinnedVersion(REQUIREMENTS, /^cfn-lint==(.+)$/m),
    missing: missingPython,
    install: () => installPython('templates'),
    command: 'venv/bin/cfn-lint',
    parameters: (variant, template) => [
      ...cfnLintParameters(variant, template),
      '--format',
      'json',
    ],
    read: (printed) =>
      (JSON.parse(printed) as CfnLintFinding[]).map(({ Rule, Message }) => `${Rule.Id} ${Message}`),
  },
  {
    name: 'checkov',
    version: pinnedVersion(REQUIREMENTS, /^checkov==(.+)$/m),
    missing: missingPython,
    install: () => installPython('templates'),
    command: 'venv/bin/checkov',
    parameters: (_, { file }) => [
      ...['--framework', 'cloudformation', '--file', file],
      ...['--config-file', join(import.meta.dirname, 'checkov.yml')],
      ...['--skip-download', '--output', 'json', '--quiet', '--compact'],
    ],
    read: (printed) => {
      const { results, summary }: CheckovReport = JSON.parse(printed);
      if (!results || !summary?.resource_count || summary.parsing_errors > 0) {
        return ['it could not read the template'];
      }
      return results.failed_checks.map((each) => `${each.check_id} ${each.resource}`);
    },
  },
];

/** Adds a bucket that anybody may write to, with a property that does not exist. */
function writeFaulty({ text }: Template): Pick<Template, 'file'> {
  const template = JSON.parse(text) as Template;
  const Properties = { AccessControl: 'PublicReadWrite', Colour: 'red' };
  const faulty = { Type: 'AWS::S3::Bucket', Properties };
  const file = join(openWorkFolder(), 'faulty.json');
  const Resources = { ...template.Resources, FaultyBucket: faulty };
  writeFileSync(file, JSON.stringify({ ...template, Resources }));
  return { file };
}

export const templates: Part = {
  name: 'templates',
  title: { en: 'Templates', zh: '模板' },
  did: {
    en: 'finds nothing in the rendered templates of five stages, and the faults of faulty copies; checkov skips the checks that `tests/interop/templates/checkov.yml` lists with reasons',
    zh: '在五种环境渲染出的模板中没有发现问题，并能发现含错误的副本中的错误；checkov 跳过 `tests/interop/templates/checkov.yml` 中列出并说明理由的检查',
  },
  async run(options) {
    const rendered: [Variant, Template][] = [];
    for (const variant of Object.keys(VARIANTS) as Variant[]) {
      rendered.push([variant, await render(variant)]);
    }
    return tryPrograms(LINTERS, options, async (linter, directory) => {
      const lint = async (variant: Variant, template: Pick<Template, 'file'>) => {
        const command = join(directory, linter.command);
        const ended = await runProgram(command, linter.parameters(variant, template));
        return findingsOf(ended, linter.read);
      };
      const failures: string[] = [];
      let held = 0;
      for (const [variant, template] of rendered) {
        const findings = await lint(variant, template);
        if (findings.length === 0) held += 1;
        failures.push(...findings.map((finding) => `${variant}: ${finding}`));
        // Without it a linter that finds nothing would pass.
        if ((await lint(variant, writeFaulty(template))).length > 0) held += 1;
        else failures.push(`${variant}: the faults of a faulty copy are not found`);
      }
      return { checks: held + failures.length, failures };
    });
  },
};
