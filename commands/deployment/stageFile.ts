import { readdirSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';
import type { Bilingual } from '../../lib/bilingual.ts';
import localStack from '../../resources/localStack.cjs';

/** A stage's parameters by name, as serverless.yml reads them. */
export type StageParameters = Readonly<Record<string, unknown>>;

const DEFAULTS = 'default';

export const stageFile = (stage: string) => `stages/${stage}.yml`;

/** @returns the stages that have a file */
export function stages(): string[] {
  return readdirSync('stages')
    .filter((file) => file.endsWith('.yml'))
    .map((file) => file.slice(0, -'.yml'.length))
    .filter((stage) => stage !== DEFAULTS);
}

/** @returns an error text for a stage without a file; nothing for a stage that has one */
export function missingStage(stage: string): Bilingual | undefined {
  const known = stages();
  if (known.includes(stage)) return undefined;
  return {
    en: `There is no stage ${stage}: ${stageFile(stage)} does not exist. Stages: ${known.join(', ')}.`,
    zh: `没有环境 ${stage}：${stageFile(stage)} 不存在。现有环境：${known.join('、')}。`,
  };
}

/**
 * The other commands read the region from the stage's file, so they would not find what is elsewhere.
 *
 * @returns an error text for another region than that of the stage's file
 */
export function otherRegion(stage: string, region: string, wanted: string): Bilingual | undefined {
  if (wanted === region) return undefined;
  return {
    en: `The region of ${stage} is ${region}, not ${wanted}: set region in ${stageFile(stage)} only.`,
    zh: `${stage} 的区域是 ${region}，而不是 ${wanted}：只能在 ${stageFile(stage)} 中设置 region。`,
  };
}

/** Values that can belong to one stage only, and the setting that needs a domain of its own. */
const OF_ONE_STAGE = [
  'domainName',
  'certificateArn',
  'sessionIssuer',
  'domainProof',
  'openidProvider',
  'adminConsole',
  'egressAllocationId',
  'egressIp',
];

/** The parameters in prod's file that a new stage does not begin with. */
export function notCopiedFromProd(): string[] {
  const prod = readFile('prod');
  return OF_ONE_STAGE.filter((name) => Boolean(prod[name]));
}

/** The parameters of a new stage: prod's, without those of one stage. */
export function newStage(): StageParameters {
  const own = Object.fromEntries(
    Object.entries(readFile('prod')).filter(([name]) => !OF_ONE_STAGE.includes(name)),
  );
  return { ...readFile(DEFAULTS), ...own };
}

function readFile(name: string): StageParameters {
  return parse(readFileSync(stageFile(name), 'utf8'));
}

/**
 * Read from the stage's own file only, so that neither the defaults nor the command line can open a
 * stage by accident.
 */
const OWN_FILE_ONLY = 'verifyOpenToAnyone';

/**
 * Reads the parameters of a stage: those of its own file, then the defaults.
 *
 * @param overrides such as `name=value`; they take precedence over the file
 * @returns nothing for a stage without a file
 */
export function readStage(
  stage: string,
  overrides: readonly string[] = [],
  environment: NodeJS.ProcessEnv = process.env,
): StageParameters | undefined {
  if (!stages().includes(stage)) return undefined;
  const given = overrides.map((text) => {
    const at = text.indexOf('=');
    return [text.slice(0, at), text.slice(at + 1)] as const;
  });
  const own = readFile(stage);
  const all = {
    ...readFile(DEFAULTS),
    ...own,
    ...Object.fromEntries(given),
    [OWN_FILE_ONLY]: own[OWN_FILE_ONLY] ?? false,
  };
  return Object.fromEntries(
    Object.entries(all).map(([name, value]) => [name, resolved(value, environment)]),
  );
}

/**
 * The variables that a stage's file may have, also in a list: `${env:NAME, 'default'}`, and in that of the
 * local stage `${env:NAME, self:custom.localStack.site}`.
 */
const VARIABLE = /^\$\{env:(\w+)(?:, (?:'(.*)'|self:custom\.localStack\.(\w+)))?\}$/;

function resolved(value: unknown, environment: NodeJS.ProcessEnv): unknown {
  if (Array.isArray(value)) return value.map((each) => resolved(each, environment));
  const [whole, name = '', fallback, address] = VARIABLE.exec(String(value)) ?? [];
  if (whole === undefined) return value;
  return environment[name] ?? (address === undefined ? fallback : localStack[address]);
}
