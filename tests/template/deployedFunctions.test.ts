import { beforeAll, describe, expect, it } from 'vitest';
import {
  differingParameters,
  expectedFunctions,
} from '../../commands/deployment/deployedFunctions.ts';
import { readStage } from '../../commands/deployment/stageFile.ts';
import { ofType, render, type Template, VARIANTS, type Variant } from './render.ts';

const API_URL = 'https://abcdefghij.execute-api.ap-southeast-1.amazonaws.com';
const FILLED_IN = {
  corpId: 'ww0a1b2c3d4e5f6a7b',
  agentId: '1000002',
  redirectUris: 'https://portal.mycompany.cn/',
};
const variants = Object.keys(VARIANTS) as Variant[];
const templates = {} as Record<Variant, Template>;

beforeAll(async () => {
  for (const variant of variants) templates[variant] = await render(variant);
}, 200_000);

interface Function {
  FunctionName: string;
  MemorySize: number;
  Runtime: string;
  Architectures: string[];
  TracingConfig?: { Mode: string };
  VpcConfig?: object;
  ReservedConcurrentExecutions?: number;
  Environment?: { Variables: Record<string, unknown> };
}

/** What Lambda has after the deployment: CloudFormation has put in what the template refers to. */
function variables({ Environment }: Function): Record<string, string> {
  const entries = Object.entries(Environment?.Variables ?? {}).map(([name, value]) => {
    const isReference = typeof value === 'object';
    return [name, isReference && name === 'SESSION_ISSUER' ? API_URL : String(value)] as const;
  });
  return Object.fromEntries(entries);
}

describe.each(variants)('what the doctor expects of the functions, variant %s', (variant) => {
  it('is what the template gives them', () => {
    const parameters = { ...readStage('prod'), ...FILLED_IN, ...VARIANTS[variant] };
    const expected = expectedFunctions('prod', parameters, API_URL);
    const functions = Object.values(ofType(templates[variant], 'AWS::Lambda::Function')).map(
      (properties) => properties as unknown as Function,
    );
    expect(expected.map(({ name }) => `wecom-auth-prod-${name}`).sort()).toEqual(
      functions.map(({ FunctionName }) => FunctionName).sort(),
    );
    for (const each of expected) {
      const deployed = functions.find(
        ({ FunctionName }) => FunctionName === `wecom-auth-prod-${each.name}`,
      ) as Function;
      const actual = {
        memoryMb: deployed.MemorySize,
        runtime: deployed.Runtime,
        architecture: deployed.Architectures[0],
        isTraced: deployed.TracingConfig?.Mode === 'Active',
        inVpc: deployed.VpcConfig !== undefined,
        reservedConcurrency: deployed.ReservedConcurrentExecutions,
        environment: variables(deployed),
      };
      expect(differingParameters(each, actual), each.name).toEqual([]);
      // The rest is no parameter of a stage.
      const known = new Set(each.environment.map(({ name }) => name));
      const unknown = Object.keys(actual.environment).filter((name) => !known.has(name));
      expect(unknown.filter((name) => actual.environment[name]?.includes('mycompany'))).toEqual([]);
    }
  });
});
