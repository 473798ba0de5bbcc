import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { words } from '../../lib/words.ts';
import { hasConsole } from './adminConsole.ts';
import { hasProvider } from './openidProvider.ts';
import { functionEnvironment, readService } from './problems.ts';
import type { StageParameters } from './stageFile.ts';

/** What a deployment of the stage's file would give one function. */
export interface ExpectedFunction {
  /** As in serverless.yml. */
  readonly name: string;
  readonly memoryMb: number;
  readonly runtime: string;
  readonly architecture: string;
  readonly isTraced: boolean;
  readonly inVpc: boolean;
  /** Absent: no limit but the account's. */
  readonly reservedConcurrency: number | undefined;
  readonly environment: readonly ExpectedVariable[];
}

export interface ExpectedVariable {
  readonly name: string;
  /** Absent: the variable must not be set. */
  readonly value: string | undefined;
  /** The stage's parameter that decides it. */
  readonly parameter: string;
}

/** What Lambda has of a function. */
export interface ActualFunction {
  readonly memoryMb: number | undefined;
  readonly runtime: string | undefined;
  readonly architecture: string | undefined;
  readonly isTraced: boolean;
  readonly inVpc: boolean;
  readonly reservedConcurrency: number | undefined;
  readonly environment: Readonly<Record<string, string>>;
}

interface Definition {
  readonly environment?: unknown;
  readonly vpc?: unknown;
  readonly reservedConcurrency?: unknown;
}

/**
 * Lists the functions that a deployment of the stage would make, with the settings that depend on the
 * stage's parameters. Names of tables and the like depend on nothing but the stage's name.
 *
 * @param apiUrl the stack's output, which is the issuer of sessions if the stage names no other
 */
export function expectedFunctions(
  stage: string,
  parameters: StageParameters,
  apiUrl: string | undefined,
): ExpectedFunction[] {
  const shared = sharedEnvironment(stage, parameters, apiUrl);
  return Object.entries(definitions(parameters)).map(([name, definition]) => ({
    name,
    memoryMb: Number(parameters['memorySize']),
    runtime: String(parameters['runtime']),
    architecture: String(parameters['architecture']),
    isTraced: String(parameters['xray']) === 'true',
    inVpc: definition.vpc !== undefined && parameters['egress'] === 'fixed',
    reservedConcurrency:
      definition.reservedConcurrency === undefined
        ? undefined
        : Number(parameters['reservedConcurrency']) || undefined,
    environment: [...shared, ...ownEnvironment(name, definition.environment, parameters)],
  }));
}

/** @returns the parameters of which the function has other values than the stage's file */
export function differingParameters(expected: ExpectedFunction, actual: ActualFunction): string[] {
  const names = expected.environment
    .filter(({ name, value }) => !isSame(value, actual.environment[name]))
    .map(({ parameter }) => parameter);
  if (actual.memoryMb !== expected.memoryMb) names.push('memorySize');
  if (actual.runtime !== expected.runtime) names.push('runtime');
  if (actual.architecture !== expected.architecture) names.push('architecture');
  if (actual.isTraced !== expected.isTraced) names.push('xray');
  if (actual.inVpc !== expected.inVpc) names.push('egress');
  if (actual.reservedConcurrency !== expected.reservedConcurrency) {
    names.push('reservedConcurrency');
  }
  return [...new Set(names)];
}

/** Lists have white space or commas between their entries. */
function isSame(expected: string | undefined, actual: string | undefined): boolean {
  if (expected === undefined || actual === undefined) return expected === actual;
  return words(expected).join(' ') === words(actual).join(' ');
}

function sharedEnvironment(
  stage: string,
  parameters: StageParameters,
  apiUrl: string | undefined,
): ExpectedVariable[] {
  const variables = Object.entries(functionEnvironment(stage, parameters))
    .filter(([, { parameter }]) => parameter !== '' && parameter !== 'sessionIssuer')
    .map(([name, { value, parameter }]) => ({ name, value, parameter }));
  const { sessionIssuer, domainName } = parameters;
  const issuer = sessionIssuer ?? (domainName ? `https://${domainName}` : apiUrl);
  return [
    ...variables,
    {
      name: 'SESSION_ISSUER',
      value: issuer === undefined ? undefined : String(issuer),
      parameter: sessionIssuer === undefined ? 'domainName' : 'sessionIssuer',
    },
    {
      name: 'OPENID_PROVIDER',
      value: String(hasProvider(parameters)),
      parameter: 'openidProvider',
    },
    { name: 'ADMIN_CONSOLE', value: String(hasConsole(parameters)), parameter: 'adminConsole' },
  ];
}

function ownEnvironment(
  name: string,
  templates: unknown,
  { eventBus, domainProof }: StageParameters,
): ExpectedVariable[] {
  if (name === 'publishEvents') {
    return [{ name: 'EVENT_BUS', value: String(eventBus), parameter: 'eventBus' }];
  }
  if (name === 'domainProof') {
    return [{ name: 'DOMAIN_PROOF', value: String(domainProof ?? ''), parameter: 'domainProof' }];
  }
  // The one variable is the environment of the functions that send events: see derived.cjs. Without a
  // bus they must have no queue; with one, AWS knows the queue's URL.
  const sendsEvents = typeof templates === 'string';
  return sendsEvents && !eventBus
    ? [{ name: 'EVENT_QUEUE', value: undefined, parameter: 'eventBus' }]
    : [];
}

/** The functions of serverless.yml, and those of the parts that the stage switches on. */
function definitions(parameters: StageParameters): Record<string, Definition> {
  const parts: (Record<string, Definition> | string)[] = readService().functions;
  const always = parts.filter((part) => typeof part !== 'string');
  const read = (file: string) => parse(readFileSync(file, 'utf8'), { logLevel: 'error' });
  return Object.assign(
    {},
    ...always,
    hasProvider(parameters) ? read('resources/openid.yml') : {},
    hasConsole(parameters) ? read('resources/console.yml').functions : {},
    hasConsole(parameters) && hasProvider(parameters) ? read('resources/console.yml').clients : {},
    parameters['eventBus'] ? read('resources/events.yml').functions : {},
  );
}
