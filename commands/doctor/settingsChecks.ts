import {
  GetFunctionConfigurationCommand,
  type GetFunctionConfigurationCommandOutput,
  LambdaClient,
} from '@aws-sdk/client-lambda';
import type { Bilingual } from '../../lib/bilingual.ts';
import { nameOf, personalSettings } from '../deployment/awsClients.ts';
import { refusalRemedy } from '../deployment/awsRemedy.ts';
import {
  type ActualFunction,
  differingParameters,
  type ExpectedFunction,
  expectedFunctions,
} from '../deployment/deployedFunctions.ts';
import { stageFile } from '../deployment/stageFile.ts';
import { type Finding, failed, ok, unknown } from './finding.ts';
import type { Target } from './target.ts';

const CHECK = 'settings';

/** What is wrong with one function. */
interface Difference {
  readonly name: string;
  readonly parameters: readonly string[];
  /** A function that the stage's file asks for and that does not exist. */
  readonly isMissing?: true;
  /** A function that Lambda could not change or start. */
  readonly broken?: string;
}

/**
 * Compares what the functions have with what the stage's file says: a change of the file has no effect
 * before a deployment, and a change in AWS's console has none after the next one.
 *
 * Lambda is asked and not CloudFormation's template, because the template does not show what somebody
 * changed since. One request for each function. Values are not shown.
 */
export async function checkSettings(target: Target): Promise<Finding[]> {
  const { stage, region, parameters, outputs } = target;
  // Without outputs nothing is deployed, which is a finding already.
  if (target.local || outputs['ApiUrl'] === undefined) return [];
  const lambda = new LambdaClient(personalSettings(region));
  try {
    const expected = expectedFunctions(stage, parameters, outputs['ApiUrl']);
    const all = await Promise.all(expected.map((each) => compare(lambda, stage, each)));
    const different = all.filter((each) => each !== undefined);
    return [different.length === 0 ? asDeployed(stage) : notAsDeployed(stage, different)];
  } catch (error) {
    const reason = nameOf(error);
    return [
      unknown(
        CHECK,
        {
          en: `the functions cannot be compared with ${stageFile(stage)}: ${reason}`,
          zh: `无法将函数与 ${stageFile(stage)} 比较：${reason}`,
        },
        refusalRemedy(reason, {
          en: `You need lambda:GetFunctionConfiguration on the functions wecom-auth-${stage}-*.`,
          zh: `你需要函数 wecom-auth-${stage}-* 的 lambda:GetFunctionConfiguration 权限。`,
        }),
      ),
    ];
  } finally {
    lambda.destroy();
  }
}

async function compare(
  lambda: LambdaClient,
  stage: string,
  expected: ExpectedFunction,
): Promise<Difference | undefined> {
  const { name } = expected;
  const FunctionName = `wecom-auth-${stage}-${name}`;
  try {
    const found = await lambda.send(new GetFunctionConfigurationCommand({ FunctionName }));
    const { State, StateReason, LastUpdateStatus, LastUpdateStatusReason } = found;
    if (State === 'Failed' || LastUpdateStatus === 'Failed') {
      const why = (State === 'Failed' ? StateReason : LastUpdateStatusReason) ?? '';
      return { name, parameters: [], broken: why };
    }
    const parameters = differingParameters(expected, actual(found));
    return parameters.length === 0 ? undefined : { name, parameters };
  } catch (error) {
    if (nameOf(error) !== 'ResourceNotFoundException') throw error;
    return { name, parameters: [], isMissing: true };
  }
}

function actual(found: GetFunctionConfigurationCommandOutput): ActualFunction {
  return {
    memoryMb: found.MemorySize,
    runtime: found.Runtime,
    architecture: found.Architectures?.[0],
    isTraced: found.TracingConfig?.Mode === 'Active',
    inVpc: Boolean(found.VpcConfig?.VpcId),
    environment: found.Environment?.Variables ?? {},
  };
}

function asDeployed(stage: string): Finding {
  return ok(CHECK, {
    en: `the functions are as ${stageFile(stage)} says`,
    zh: `函数与 ${stageFile(stage)} 一致`,
  });
}

function notAsDeployed(stage: string, different: readonly Difference[]): Finding {
  const missing = different.filter(({ isMissing }) => isMissing).map(({ name }) => name);
  const broken = different.filter((each) => each.broken !== undefined);
  const parameters = [...new Set(different.flatMap((each) => each.parameters))].sort();
  // If only some functions differ, somebody changed them outside of a deployment.
  const changed = different.filter((each) => each.parameters.length > 0).map(({ name }) => name);
  const parts: Bilingual[] = [];
  if (missing.length > 0) {
    parts.push({
      en: `missing functions: ${missing.join(', ')}`,
      zh: `缺少函数：${missing.join('、')}`,
    });
  }
  if (parameters.length > 0) {
    parts.push({
      en: `${parameters.join(', ')} of ${stageFile(stage)} differ in ${changed.join(', ')}`,
      zh: `${changed.join('、')} 的 ${parameters.join('、')} 与 ${stageFile(stage)} 不同`,
    });
  }
  for (const { name, broken: why } of broken) {
    parts.push({
      en: `Lambda could not update or start ${name}: ${why}`,
      zh: `Lambda 无法更新或启动 ${name}：${why}`,
    });
  }
  return failed(
    CHECK,
    {
      en: parts.map(({ en }) => en).join('; '),
      zh: parts.map(({ zh }) => zh).join('；'),
    },
    {
      en: `Deploy the stage as its file is now: npm run deploy -- --stage ${stage}. If that changes nothing, somebody changed the functions in AWS's console: set the same values there, or change the file, deploy, change it back and deploy.`,
      zh: `按当前的环境文件部署：npm run deploy -- --stage ${stage}。如果部署没有改变它们，说明有人在 AWS 控制台修改了函数：在控制台改回，或先修改环境文件并部署，再改回并部署。`,
    },
  );
}
