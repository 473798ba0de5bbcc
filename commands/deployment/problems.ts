import { readFileSync } from 'node:fs';
import * as v from 'valibot';
import { parse } from 'yaml';
import { readConfiguration } from '../../lib/configuration.ts';
import { ConfigurationError } from '../../lib/errors.ts';
import { ownParameters } from './parameters.ts';
import type { StageParameters } from './stageFile.ts';

/** Short enough for every name that AWS makes of it. */
const STAGE = /^[a-z][a-z0-9-]{0,19}$/;

/**
 * Everything that is wrong with a stage, each as `parameter what is wrong`. What the functions read
 * is checked by the very code that they check it with.
 */
export function problemsOf(stage: string, parameters: StageParameters): string[] {
  const environment = functionEnvironment(stage, parameters);
  const known = new Set([
    ...Object.keys(ownParameters),
    ...Object.values(environment).map((entry) => entry.parameter),
  ]);
  return [
    ...(STAGE.test(stage) ? [] : ['the stage must be at most 20 small letters, digits and dashes']),
    ...Object.keys(parameters)
      .filter((name) => !known.has(name))
      .map((name) => `${name} is no parameter; see stages/default.yml`),
    ...examples(parameters),
    ...ownProblems(parameters),
    ...functionProblems(environment),
    ...together(parameters),
  ];
}

/** What the shipped stage file only shows. */
function examples(parameters: StageParameters): string[] {
  return ['redirectUris', 'corsOrigins']
    .filter((name) => /\bexample\.com\b/.test(String(parameters[name])))
    .map((name) => `${name} is still the example: put the address of your front end there`);
}

function ownProblems(parameters: StageParameters): string[] {
  const result = v.safeParse(v.object(ownParameters), parameters);
  return (result.issues ?? []).map((issue) => {
    const name = String(issue.path?.[0]?.key);
    return `${name} ${issue.type === 'object' ? 'is missing' : issue.message}`;
  });
}

type FunctionEnvironment = Record<string, { value: string | undefined; parameter: string }>;

/** What a template makes its text of: a parameter, or the list that chosen.cjs joins. */
const PARAMETER = /\$\{(?:param:|self:custom\.chosen\.(?=corsOrigins))(\w+)/;

/** The environment that resources/environment.yml makes of the parameters. */
function functionEnvironment(stage: string, parameters: StageParameters): FunctionEnvironment {
  const { deployed } = parse(readFileSync('resources/environment.yml', 'utf8'), { merge: true });
  const entries = Object.entries(deployed as Record<string, string>).map(([name, template]) => {
    const [, parameter = ''] = PARAMETER.exec(template) ?? [];
    const given = parameters[parameter];
    // The address that AWS will give the API is not known yet.
    const value =
      parameter === ''
        ? `/${stage}/${name}`
        : (given ?? (parameter === 'sessionIssuer' ? 'https://api.invalid' : undefined));
    return [name, { value: value === undefined ? undefined : String(value), parameter }];
  });
  return Object.fromEntries(entries);
}

function functionProblems(environment: FunctionEnvironment): string[] {
  const values = Object.entries(environment).map(([name, { value }]) => [name, value] as const);
  try {
    readConfiguration(Object.fromEntries(values.filter(([, value]) => value !== undefined)));
    return [];
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    const problems = error.details['problems'] as string[];
    const first = new Map<string, string>();
    for (const problem of problems) {
      const [path = '', ...rest] = problem.split(' ');
      const name = environment[path.split('.')[0] ?? '']?.parameter || path;
      // What is empty is also of the wrong form: once is enough.
      if (!first.has(name)) first.set(name, [name, ...rest].join(' '));
    }
    return [...first.values()];
  }
}

/** What is right by itself and wrong beside another. */
function together({ domainName, certificateArn, region }: StageParameters): string[] {
  const problems = [];
  if (Boolean(domainName) !== Boolean(certificateArn)) {
    problems.push('domainName and certificateArn go together: set both or none');
  }
  if (certificateArn && String(certificateArn).split(':')[3] !== region) {
    problems.push(`certificateArn must be of a certificate in the API's own region, ${region}`);
  }
  return problems;
}
