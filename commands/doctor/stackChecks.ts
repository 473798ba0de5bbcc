import { callerArn } from '../deployment/awsClients.ts';
import { awsRemedy, SIGN_IN_TO_AWS } from '../deployment/awsRemedy.ts';
import { problemsOf } from '../deployment/problems.ts';
import { describeStack, stackName } from '../deployment/stackOutputs.ts';
import { stageFile } from '../deployment/stageFile.ts';
import { same } from '../language.ts';
import { type Finding, failed, ok, warning } from './finding.ts';
import type { Target } from './target.ts';

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

/** Checks that the stack exists and can be read. Puts its outputs into `target`. */
export async function checkStack(target: Target): Promise<Finding[]> {
  return target.local ? checkLocalStack(target) : checkDeployedStack(target);
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

async function checkDeployedStack(target: Target): Promise<Finding[]> {
  const { region, stage } = target;
  let account: string;
  try {
    account = (await callerArn(region)) ?? '';
  } catch (error) {
    return [
      failed(
        'account',
        {
          en: `AWS does not accept your credentials: ${nameOf(error)}`,
          zh: `AWS 未接受你的凭证：${nameOf(error)}`,
        },
        awsRemedy(error) ?? SIGN_IN_TO_AWS,
        { stop: true },
      ),
    ];
  }
  const findings = [
    ok('account', { en: `${account} in ${region}`, zh: `${account}，区域 ${region}` }),
  ];
  const name = stackName(stage);
  try {
    const { status, outputs } = await describeStack(stage, region);
    target.outputs = outputs;
    target.apiUrl ??= outputs['ApiUrl'];
    if (/_COMPLETE$/.test(status) && !status.startsWith('DELETE')) {
      return [...findings, ok('stack', { en: `${name}: ${status}`, zh: `${name}：${status}` })];
    }
    return [
      ...findings,
      failed(
        'stack',
        { en: `${name} is ${status}`, zh: `${name} 的状态为 ${status}` },
        {
          en: "Read the stack's events in the CloudFormation console, fix the first failure, and deploy again.",
          zh: '在 CloudFormation 控制台查看堆栈事件，处理第一个失败后重新部署。',
        },
      ),
    ];
  } catch (error) {
    return [
      ...findings,
      failed(
        'stack',
        {
          en: `the stack ${name} cannot be read: ${nameOf(error)}`,
          zh: `无法读取堆栈 ${name}：${nameOf(error)}`,
        },
        same(`npm run deploy -- --stage ${stage}`),
      ),
    ];
  }
}

export function nameOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // Connection errors have a code instead of a name of their own.
  return 'code' in error && error.name === 'Error' ? String(error.code) : error.name;
}
