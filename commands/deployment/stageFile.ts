import { readdirSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';
import type { Bilingual } from '../../lib/bilingual.ts';

/** A stage's parameters by name, as serverless.yml sees them. */
export type StageParameters = Readonly<Record<string, unknown>>;

const DEFAULTS = 'default';

export const stageFile = (stage: string) => `stages/${stage}.yml`;

/** The stages that have a file. */
export function stages(): string[] {
  return readdirSync('stages')
    .filter((file) => file.endsWith('.yml'))
    .map((file) => file.slice(0, -'.yml'.length))
    .filter((stage) => stage !== DEFAULTS);
}

/** What is wrong with a stage that has no file; nothing for one that has. */
export function missingStage(stage: string): Bilingual | undefined {
  const known = stages();
  if (known.includes(stage)) return undefined;
  return {
    en: `There is no stage ${stage}: it has no ${stageFile(stage)}. There are ${known.join(', ')}.`,
    zh: `没有阶段 ${stage}：缺少 ${stageFile(stage)}。现有 ${known.join('、')}。`,
  };
}

/**
 * What only the stage's own file may say: neither the defaults nor the command line can open a stage
 * by accident.
 */
const OWN_FILE_ONLY = 'verifyOpenToAnyone';

/**
 * The parameters of a stage: its own file, over the one with the defaults.
 *
 * @param overrides as `--param name=value` gives them; they win
 * @returns nothing for a stage without a file
 */
export function readStage(
  stage: string,
  overrides: readonly string[] = [],
  environment: NodeJS.ProcessEnv = process.env,
): StageParameters | undefined {
  if (!stages().includes(stage)) return undefined;
  const read = (name: string): StageParameters => parse(readFileSync(stageFile(name), 'utf8'));
  const given = overrides.map((text) => {
    const at = text.indexOf('=');
    return [text.slice(0, at), text.slice(at + 1)] as const;
  });
  const own = read(stage);
  const all = {
    ...read(DEFAULTS),
    ...own,
    ...Object.fromEntries(given),
    [OWN_FILE_ONLY]: own[OWN_FILE_ONLY] ?? false,
  };
  return Object.fromEntries(
    Object.entries(all).map(([name, value]) => [name, resolved(value, environment)]),
  );
}

/** The one variable that a stage's file may hold: `${env:NAME, 'otherwise'}`. */
const VARIABLE = /^\$\{env:(\w+)(?:, '(.*)')?\}$/;

function resolved(value: unknown, environment: NodeJS.ProcessEnv): unknown {
  const [whole, name = '', otherwise] = VARIABLE.exec(String(value)) ?? [];
  return whole === undefined ? value : (environment[name] ?? otherwise);
}
