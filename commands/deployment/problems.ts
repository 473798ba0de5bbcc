import { readFileSync } from 'node:fs';
import * as v from 'valibot';
import { parse } from 'yaml';
import { readConfiguration } from '../../lib/configuration.ts';
import { ConfigurationError } from '../../lib/errors.ts';
import { consoleProblems, hasConsole } from './adminConsole.ts';
import { hasProvider, providerProblems } from './openidProvider.ts';
import { LOGOUT_REACH, ownParameters } from './parameters.ts';
import { type StageParameters, stageFile } from './stageFile.ts';

/** Short enough for every AWS name that contains it. */
const STAGE = /^[a-z][a-z0-9-]{0,19}$/;

/**
 * Checks a stage. What the functions read is checked by the functions' own code.
 *
 * @returns every problem, as the parameter's name, a space and what is wrong
 */
export function problemsOf(stage: string, parameters: StageParameters): string[] {
  if (!STAGE.test(stage))
    return ['the stage must be at most 20 lowercase letters, digits and dashes'];
  const environment = functionEnvironment(stage, parameters);
  const known = new Set([
    ...Object.keys(ownParameters),
    ...Object.values(environment).map((entry) => entry.parameter),
  ]);
  const own = ownProblems(parameters);
  const isAbout = (problem: string) => (other: string) =>
    other.split(' ')[0] === problem.split(' ')[0];
  return [
    ...Object.keys(parameters)
      .filter((name) => !known.has(name))
      .map((name) => `${name} is not a parameter. See stages/default.yml`),
    ...examples(parameters),
    ...own,
    // What both checks refuse is reported once.
    ...functionProblems(environment).filter((problem) => !own.some(isAbout(problem))),
    ...combinations(parameters),
    ...providerProblems(parameters),
    ...consoleProblems(parameters),
    ...localStage(stage, parameters),
    ...openToAnyone(stage, parameters),
    ...loopbackReach(parameters),
    ...tooLarge(stage, parameters),
  ];
}

/** A local stage has weaker checks, and the endpoints of `npm start`. */
function localStage(stage: string, { environment }: StageParameters): string[] {
  if (environment !== 'local' || stage === 'local') return [];
  return ['environment must be deployed. Only the stage local, which npm start runs, is local'];
}

/** A deployed stage opens `verify` to anyone only if its file sets two parameters. */
function openToAnyone(stage: string, parameters: StageParameters): string[] {
  const { environment, verifyAccess, verifyOpenToAnyone } = parameters;
  if (environment === 'local' || verifyAccess !== 'open') return [];
  if (String(verifyOpenToAnyone) === 'true') return [];
  return [
    `verifyAccess must not be open on a deployed stage: anyone could read anyone's permissions. If this is intended, also set verifyOpenToAnyone: true in ${stageFile(stage)}`,
  ];
}

/** A function of a deployed stage would send logout tokens to itself. */
function loopbackReach({ environment, logoutReach }: StageParameters): string[] {
  if (environment === 'local' || logoutReach !== 'loopback') return [];
  return [`logoutReach ${LOGOUT_REACH}`];
}

/** Lambda's limit for the environment of one function, measured as JSON. */
const MAX_ENVIRONMENT_BYTES = 4 * 1024;

function tooLarge(stage: string, parameters: StageParameters): string[] {
  const bytes = environmentBytes(stage, parameters);
  if (bytes <= MAX_ENVIRONMENT_BYTES) return [];
  const length = (name: string) => String(parameters[name]).length;
  const longest = Object.keys(parameters).reduce((a, b) => (length(a) >= length(b) ? a : b));
  return [
    `${longest} is too long: the environment of a function would have ${bytes} bytes, and Lambda accepts ${MAX_ENVIRONMENT_BYTES}`,
  ];
}

/** The environment of the functions that send events. No URL of a queue is longer than this. */
const SENDERS = {
  EVENT_QUEUE: `https://sqs.ap-southeast-1.amazonaws.com.cn/123456789012/\${self:service}-\${sls:stage}-events`,
};

/** @returns the bytes of the largest environment among the stage's functions */
export function environmentBytes(stage: string, parameters: StageParameters): number {
  const shared = functionEnvironment(stage, parameters);
  // The functions of the OpenID provider, which are a variable here, have none but what others have.
  const functions: { environment?: Record<string, string> | string }[] =
    readService().functions.flatMap((part: object | string) =>
      typeof part === 'string' ? [] : Object.values(part),
    );
  const sizes = functions.map(({ environment = {} }) => {
    // The one variable is the environment of the functions that send events; see derived.cjs.
    const templates = typeof environment === 'string' ? SENDERS : environment;
    const own = environmentOf(stage, parameters, templates);
    const values = Object.entries({ ...shared, ...own }).map(([name, { value }]) => [name, value]);
    return Buffer.byteLength(JSON.stringify(Object.fromEntries(values)));
  });
  return Math.max(...sizes);
}

/** Parameters that still have the example value of the shipped stage file. */
function examples(parameters: StageParameters): string[] {
  return ['redirectUris', 'corsOrigins']
    .filter((name) => /\bexample\.com\b/.test(String(parameters[name])))
    .map((name) => `${name} is still the example. Set the address of your front end`);
}

function ownProblems(parameters: StageParameters): string[] {
  const result = v.safeParse(v.object(ownParameters), parameters);
  return (result.issues ?? []).map((issue) => {
    const name = String(issue.path?.[0]?.key);
    return `${name} ${issue.type === 'object' ? 'is missing' : issue.message}`;
  });
}

interface Variable {
  readonly value: string | undefined;
  /** The parameter that the value comes from, or ''. */
  readonly parameter: string;
}
type FunctionEnvironment = Record<string, Variable>;

/** The parameter that a template uses, directly or through the list that derived.cjs joins. */
const PARAMETER = /\$\{(?:param:|self:custom\.derived\.(?=corsOrigins))(\w+)/;

/** @returns the environment that resources/environment.yml builds from the parameters */
export function functionEnvironment(
  stage: string,
  parameters: StageParameters,
): FunctionEnvironment {
  const { deployed } = parse(readFileSync('resources/environment.yml', 'utf8'), { merge: true });
  return environmentOf(stage, parameters, deployed);
}

/** As long as the key that resources/logKey.yml generates. CloudFormation puts it in. */
const SOME_LOG_KEY = 'x'.repeat(48);

/** AWS assigns the API's URL in the first deployment. None is longer than this. */
const SOME_API_URL = 'https://abcdefghij.execute-api.ap-southeast-1.amazonaws.com.cn';

function environmentOf(
  stage: string,
  parameters: StageParameters,
  templates: Readonly<Record<string, string | object>>,
): FunctionEnvironment {
  const { service, custom } = readService();
  const named = (template: string): string =>
    template
      .replace(/\$\{self:custom\.names\.(\w+)\}/g, (_, name) => named(custom.names[name]))
      .replace(/\$\{self:service\}/g, service)
      .replace(/\$\{self:custom\.derived\.hasProvider\}/g, String(hasProvider(parameters)))
      .replace(/\$\{self:custom\.derived\.hasConsole\}/g, String(hasConsole(parameters)))
      .replace(/\$\{sls:stage\}/g, stage);
  const entries = Object.entries(templates).map(([name, template]) => {
    if (typeof template === 'object') return [name, { value: SOME_LOG_KEY, parameter: '' }];
    const [, parameter = ''] = PARAMETER.exec(template) ?? [];
    if (parameter === '') return [name, { value: named(template), parameter }];
    const fallback = parameter === 'sessionIssuer' ? SOME_API_URL : undefined;
    const value = parameters[parameter] ?? fallback;
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
      // An empty value also has the wrong form; the first problem is enough.
      if (!first.has(name)) first.set(name, [name, ...rest].join(' '));
    }
    return [...first.values()];
  }
}

/** AWS's partition of a region, which its ARNs begin with. */
function partitionOf(region: string): string {
  if (region.startsWith('cn-')) return 'aws-cn';
  return region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws';
}

/** Problems between two parameters. */
function combinations(parameters: StageParameters): string[] {
  const { domainName, certificateArn, region } = parameters;
  const { egressAllocationId, egressIp, parameterKeyArn } = parameters;
  const partition = partitionOf(String(region));
  const problems = [];
  if (Boolean(domainName) !== Boolean(certificateArn)) {
    problems.push('domainName and certificateArn must be set together');
  }
  if (certificateArn && String(certificateArn).split(':')[3] !== region) {
    problems.push(`certificateArn must be in the API's region, ${region}`);
  }
  for (const [name, arn] of Object.entries({ certificateArn, parameterKeyArn })) {
    const [prefix, ofArn] = String(arn ?? '').split(':');
    if (prefix === 'arn' && ofArn !== partition) {
      problems.push(`${name} must begin with arn:${partition}: in ${region}`);
    }
  }
  if (Boolean(egressAllocationId) !== Boolean(egressIp)) {
    problems.push('egressAllocationId and egressIp must be set together');
  }
  const [, , , keyRegion = region] = String(parameterKeyArn ?? '').split(':');
  if (keyRegion !== region) {
    problems.push(`parameterKeyArn must be in the stage's region, ${region}`);
  }
  return problems;
}

/** serverless.yml. Tags of CloudFormation such as `!GetAtt` stay unresolved, without a warning. */
export function readService() {
  return parse(readFileSync('serverless.yml', 'utf8'), { logLevel: 'error' });
}
