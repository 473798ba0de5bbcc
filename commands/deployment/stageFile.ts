import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';

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
  if (stage === DEFAULTS || !existsSync(stageFile(stage))) return undefined;
  const read = (name: string): StageParameters => parse(readFileSync(stageFile(name), 'utf8'));
  const given = overrides.map((text) => {
    const at = text.indexOf('=');
    return [text.slice(0, at), text.slice(at + 1)] as const;
  });
  const all = { ...read(DEFAULTS), ...read(stage), ...Object.fromEntries(given) };
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
