import {
  GetFunctionConcurrencyCommand,
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

/** What one function has. */
interface Compared {
  readonly name: string;
  /** The parameters of which it has other values than the stage's file. */
  readonly parameters: readonly string[];
  /** The key of the pseudonyms in its log, which is no parameter. */
  readonly logKey?: string | undefined;
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
 * changed since. Two requests for each function.
 * Values are not shown.
 */
export async function checkSettings(target: Target): Promise<Finding[]> {
  const { stage, region, parameters, outputs } = target;
  // Without outputs nothing is deployed, which is a finding already.
  if (target.local || outputs['ApiUrl'] === undefined) return [];
  const lambda = new LambdaClient(personalSettings(region));
  try {
    const expected = expectedFunctions(stage, parameters, outputs['ApiUrl']);
    const all = await Promise.all(expected.map((each) => compare(lambda, stage, each)));
    if (all.every((each) => each.parameters.includes('corpId'))) {
      return [ofAnotherCorp(target)];
    }
    const parts = differences(stage, all, differingInTemplate(target));
    return [parts.length === 0 ? asDeployed(stage) : notAsDeployed(stage, parts)];
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
          en: `You need lambda:GetFunctionConfiguration and lambda:GetFunctionConcurrency on the functions wecom-auth-${stage}-*.`,
          zh: `你需要函数 wecom-auth-${stage}-* 的 lambda:GetFunctionConfiguration 和 lambda:GetFunctionConcurrency 权限。`,
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
): Promise<Compared> {
  const { name } = expected;
  const FunctionName = `wecom-auth-${stage}-${name}`;
  try {
    const found = await lambda.send(new GetFunctionConfigurationCommand({ FunctionName }));
    const { State, StateReason, LastUpdateStatus, LastUpdateStatusReason } = found;
    if (State === 'Failed' || LastUpdateStatus === 'Failed') {
      const why = (State === 'Failed' ? StateReason : LastUpdateStatusReason) ?? '';
      return { name, parameters: [], broken: why };
    }
    const concurrency = await lambda.send(new GetFunctionConcurrencyCommand({ FunctionName }));
    const actual = actualFunction(found, concurrency.ReservedConcurrentExecutions);
    const parameters = differingParameters(expected, actual);
    return { name, parameters, logKey: actual.environment['LOG_KEY'] ?? '' };
  } catch (error) {
    if (nameOf(error) !== 'ResourceNotFoundException') throw error;
    return { name, parameters: [], isMissing: true };
  }
}

function actualFunction(
  found: GetFunctionConfigurationCommandOutput,
  reservedConcurrency: number | undefined,
): ActualFunction {
  return {
    reservedConcurrency,
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

/**
 * Compares what the template alone shows: API Gateway's limits, and who gets the alarms.
 *
 * @returns the parameters that differ; none if the template is not known
 */
function differingInTemplate({ parameters, resources }: Target): string[] {
  if (resources === undefined) return [];
  const limits = (['throttleRate', 'throttleBurst'] as const).filter(
    (name) => Number(resources[name]) !== Number(parameters[name]),
  );
  const isSameEmail = resources.alarmEmails.join() === String(parameters['alarmEmail'] ?? '');
  return isSameEmail ? limits : [...limits, 'alarmEmail'];
}

/** @param ofStack parameters that differ in the stack's template */
function differences(
  stage: string,
  all: readonly Compared[],
  ofStack: readonly string[],
): Bilingual[] {
  const file = stageFile(stage);
  const missing = all.filter(({ isMissing }) => isMissing).map(({ name }) => name);
  const parameters = [...new Set(all.flatMap((each) => each.parameters))].sort();
  // If only some functions differ, somebody changed them outside of a deployment.
  const changed = all.filter((each) => each.parameters.length > 0).map(({ name }) => name);
  const parts: Bilingual[] = [];
  if (missing.length > 0) {
    parts.push({
      en: `missing functions: ${missing.join(', ')}`,
      zh: `缺少函数：${missing.join('、')}`,
    });
  }
  if (parameters.length > 0) {
    parts.push({
      en: `${parameters.join(', ')} of ${file} differ in ${changed.join(', ')}`,
      zh: `${changed.join('、')} 的 ${parameters.join('、')} 与 ${file} 不同`,
    });
  }
  if (ofStack.length > 0) {
    parts.push({
      en: `${ofStack.join(', ')} of ${file} differ in the stack`,
      zh: `堆栈的 ${ofStack.join('、')} 与 ${file} 不同`,
    });
  }
  const withoutKey = all.filter(({ logKey }) => logKey === '').map(({ name }) => name);
  if (withoutKey.length > 0) {
    parts.push({
      en: `LOG_KEY is missing in ${withoutKey.join(', ')}, so npm run why finds no member in the log`,
      zh: `${withoutKey.join('、')} 缺少 LOG_KEY，npm run why 无法在日志中找到成员`,
    });
  }
  if (new Set(all.flatMap(({ logKey }) => logKey || [])).size > 1) {
    parts.push({
      en: 'LOG_KEY is not the same in all functions, so npm run why finds members in part of the log',
      zh: '各函数的 LOG_KEY 不一致，npm run why 只能在部分日志中找到成员',
    });
  }
  for (const { name, broken } of all) {
    if (broken === undefined) continue;
    parts.push({
      en: `Lambda could not update or start ${name}: ${broken}`,
      zh: `Lambda 无法更新或启动 ${name}：${broken}`,
    });
  }
  return parts;
}

/** To deploy would then be the wrong remedy: it would change the stage of somebody else. */
function ofAnotherCorp({ stage, region }: Target): Finding {
  const file = stageFile(stage);
  return failed(
    CHECK,
    {
      en: `corpId of ${file} differs in all functions: they are those of another company`,
      zh: `所有函数的 corpId 都与 ${file} 不同：它们属于另一家企业`,
    },
    {
      en: `Check first whether this is the account and region of this company (the check account, ${region}). Only if it is: correct corpId in ${file}, or deploy: npm run deploy -- --stage ${stage}`,
      zh: `先确认账号和区域（account 检查项，${region}）属于本企业。确认无误后才修改 ${file} 的 corpId，或部署：npm run deploy -- --stage ${stage}`,
    },
  );
}

function notAsDeployed(stage: string, parts: readonly Bilingual[]): Finding {
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
