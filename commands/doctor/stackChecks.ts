import { type Lookup, resolve } from '../../lib/administration/lookup.ts';
import type { Bilingual } from '../../lib/bilingual.ts';
import { callerArn, nameOf } from '../deployment/awsClients.ts';
import {
  awsRemedy,
  isUnreachable,
  refusalRemedy,
  SIGN_IN_TO_AWS,
} from '../deployment/awsRemedy.ts';
import { problemsOf } from '../deployment/problems.ts';
import { describeStack, stackName } from '../deployment/stackOutputs.ts';
import { readStackResources } from '../deployment/stackResources.ts';
import { stageFile } from '../deployment/stageFile.ts';
import { same } from '../language.ts';
import { type Finding, failed, ok, warning } from './finding.ts';
import { stackFinding } from './stackStatus.ts';
import type { Target } from './target.ts';
import { unreadable } from './unreadable.ts';

/** Checks the stage's file as `npm run deploy` does. */
export async function checkStageFile(target: Target): Promise<Finding[]> {
  const { stage, parameters } = target;
  const problems = problemsOf(stage, parameters);
  const file = stageFile(stage);
  if (problems.length === 0) return [ok('stage', same(file)), ...checkVerifyAccess(target)];
  return [
    failed(
      'stage',
      { en: `${file}: ${problems.join('; ')}`, zh: `${file}：${problems.join('；')}` },
      {
        en: `Correct ${file}; npm run setup -- --stage ${stage} asks for what is missing.`,
        zh: `修改 ${file}；npm run setup -- --stage ${stage} 会询问缺少的内容。`,
      },
      { stop: true },
    ),
  ];
}

/** Opening `verify` to anyone on a deployed stage is allowed, but reported each time. */
function checkVerifyAccess({ stage, local, parameters }: Target): Finding[] {
  if (local || parameters['verifyAccess'] !== 'open') return [];
  const file = stageFile(stage);
  return [
    warning(
      'verify-access',
      {
        en: 'verify is open to anyone: without a session, anyone can read the permissions of any member',
        zh: 'verify 对任何人开放：无需会话即可查询任何成员的权限',
      },
      {
        en: `If this is not intended, remove verifyAccess: open and verifyOpenToAnyone from ${file}, and deploy.`,
        zh: `如非有意，请从 ${file} 删除 verifyAccess: open 和 verifyOpenToAnyone，然后重新部署。`,
      },
    ),
  ];
}

/**
 * Checks that the stack exists, that its last deployment worked, and that it can be read. Puts its outputs
 * into `target`.
 */
export async function checkStack(target: Target, lookup: Lookup): Promise<Finding[]> {
  return target.local ? checkLocalStack(target) : checkDeployedStack(target, lookup);
}

async function checkLocalStack({ apiUrl }: Target): Promise<Finding[]> {
  const responds = await fetch(`${apiUrl}/.well-known/openid-configuration`).then(
    ({ status }) => status === 200,
    () => false,
  );
  if (responds)
    return [ok('stack', { en: `the local stack at ${apiUrl}`, zh: `本机环境 ${apiUrl}` })];
  return [
    failed(
      'stack',
      { en: `${apiUrl} does not respond`, zh: `${apiUrl} 没有响应` },
      {
        en: 'Start the local stack: npm start. On another port: PORT=… npm run doctor',
        zh: '启动本机环境：npm start。使用其他端口时：PORT=… npm run doctor',
      },
      { stop: true },
    ),
  ];
}

async function checkDeployedStack(target: Target, lookup: Lookup): Promise<Finding[]> {
  const { region, stage } = target;
  let account: string;
  try {
    account = (await callerArn(region)) ?? '';
  } catch (error) {
    return [await accountError(region, error, lookup)];
  }
  const findings = [
    ok('account', { en: `${account} in ${region}`, zh: `${account}，区域 ${region}` }),
  ];
  try {
    const { status, outputs } = await describeStack(stage, region);
    target.outputs = outputs;
    target.apiUrl ??= outputs['ApiUrl'];
    const isHalfMade = outputs['ApiUrl'] === undefined && FIRST_STEP.test(status);
    const finding = isHalfMade
      ? withoutOutputs(target, status)
      : stackFinding(stage, region, status);
    findings.push(finding);
  } catch (error) {
    return [...findings, stackError(target, error)];
  }
  return [...findings, ...(await readTemplate(target))];
}

/** Puts what the stack's template has into `target`. */
async function readTemplate(target: Target): Promise<Finding[]> {
  const { stage, region, outputs } = target;
  // Without outputs nothing is deployed, which is a finding already.
  if (outputs['ApiUrl'] === undefined) return [];
  try {
    target.resources = await readStackResources(stage, region);
    return [];
  } catch (error) {
    return [unreadable('template', error, 'cloudformation:GetTemplate', stackName(stage))];
  }
}

/** Why AWS does not say who the caller is. */
async function accountError(region: string, error: unknown, lookup: Lookup): Promise<Finding> {
  if (!isUnreachable(error)) {
    return failed(
      'account',
      {
        en: `AWS does not accept your credentials: ${nameOf(error)}`,
        zh: `AWS 未接受你的凭证：${nameOf(error)}`,
      },
      credentialsRemedy(region, error),
      { stop: true },
    );
  }
  if (await isUnknownRegion(region, error, lookup)) {
    return failed(
      'account',
      { en: `There is no AWS region ${region}`, zh: `没有名为 ${region} 的 AWS 区域` },
      {
        en: "Correct the spelling of region in the stage's file, or of --region.",
        zh: '检查环境文件中的 region 或 --region 的拼写。',
      },
      { stop: true },
    );
  }
  return failed(
    'account',
    { en: `AWS cannot be reached: ${nameOf(error)}`, zh: `无法连接 AWS：${nameOf(error)}` },
    {
      en: 'Check the network from this machine to AWS: DNS, outgoing HTTPS, a proxy, and AWS_ENDPOINT_URL. This says nothing about your credentials.',
      zh: '检查从本机到 AWS 的网络：DNS、出站 HTTPS、代理以及 AWS_ENDPOINT_URL。这与你的凭证无关。',
    },
    { stop: true },
  );
}

/** AWS knows no key in a region of another partition, nor in one that the account has not enabled. */
function credentialsRemedy(region: string, error: unknown): Bilingual {
  const remedy = awsRemedy(error) ?? SIGN_IN_TO_AWS;
  if (!/^(InvalidClientTokenId|RegionDisabled)/.test(nameOf(error))) return remedy;
  const isChina = region.startsWith('cn-');
  return {
    en: `${remedy.en} If they are right, check that ${region} is enabled for the account, and that they are of ${isChina ? 'AWS China' : 'AWS outside of China'}.`,
    zh: `${remedy.zh}如果凭证无误，检查账号是否已启用区域 ${region}，以及凭证是否属于 ${isChina ? 'AWS 中国区' : 'AWS 全球区'}。`,
  };
}

/** A host whose region does not exist has no address, while AWS's other hosts have one. */
async function isUnknownRegion(region: string, error: unknown, lookup: Lookup): Promise<boolean> {
  const { code, hostname } = error as { code?: unknown; hostname?: unknown };
  const isUnresolved = code === 'ENOTFOUND' || code === 'EAI_AGAIN';
  if (!isUnresolved || !String(hostname).includes(`.${region}.`)) return false;
  const known = region.startsWith('cn-')
    ? 'sts.cn-north-1.amazonaws.com.cn'
    : 'sts.us-east-1.amazonaws.com';
  return ((await resolve(known, lookup)) ?? []).length > 0;
}

function stackError({ stage, region, parameters }: Target, error: unknown): Finding {
  const name = stackName(stage);
  const isMissing = nameOf(error) === 'ValidationError' && /does not exist/.test(String(error));
  if (isMissing) {
    return failed(
      'stack',
      {
        en: `There is no stack ${name} in ${region}`,
        zh: `区域 ${region} 中没有堆栈 ${name}`,
      },
      {
        en: `npm run deploy -- --stage ${stage}. If it is deployed in another region or account: correct region (now ${String(parameters['region'])}) or AWS_PROFILE.`,
        zh: `npm run deploy -- --stage ${stage}。如果它部署在其他区域或账号：修改 region（现为 ${String(parameters['region'])}）或 AWS_PROFILE。`,
      },
    );
  }
  return failed(
    'stack',
    {
      en: `the stack ${name} cannot be read: ${nameOf(error)}`,
      zh: `无法读取堆栈 ${name}：${nameOf(error)}`,
    },
    nameOf(error).startsWith('AccessDenied')
      ? {
          en: `You need cloudformation:DescribeStacks on it: docs/operations.md#rights. Or name the API with --api.`,
          zh: `你需要该堆栈的 cloudformation:DescribeStacks 权限：docs/zh-CN/operations.md#所需权限。也可用 --api 指定 API 地址。`,
        }
      : refusalRemedy(nameOf(error), same('cloudformation:DescribeStacks')),
  );
}

/** The framework first creates the stack with the bucket of its deployments, then updates it. */
const FIRST_STEP = /^(CREATE|UPDATE|UPDATE_ROLLBACK)_COMPLETE$/;

function withoutOutputs({ stage }: Target, status: string): Finding {
  const name = stackName(stage);
  return failed(
    'stack',
    {
      en: `${name} is ${status} and has no API: its first deployment did not get further than the bucket`,
      zh: `${name} 的状态为 ${status}，但没有 API：首次部署只创建了部署用的存储桶`,
    },
    {
      en: `Read the first failure in the stack's events in the CloudFormation console, if there is one, mend it, and deploy again: npm run deploy -- --stage ${stage}`,
      zh: `如果 CloudFormation 控制台的堆栈事件中有失败，先处理第一个失败，然后重新部署：npm run deploy -- --stage ${stage}`,
    },
  );
}
