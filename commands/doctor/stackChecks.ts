import { callerArn } from '../deployment/awsClients.ts';
import { awsRemedy, SIGN_IN_TO_AWS } from '../deployment/awsRemedy.ts';
import { problemsOf } from '../deployment/problems.ts';
import { describeStack, stackName } from '../deployment/stackOutputs.ts';
import { stageFile } from '../deployment/stageFile.ts';
import { type Finding, failed, ok, warning } from './finding.ts';
import type { Place } from './place.ts';

/** Whether the stage's file is right. */
export async function checkStageFile(place: Place): Promise<Finding[]> {
  const { stage, parameters } = place;
  const problems = problemsOf(stage, parameters);
  const file = stageFile(stage);
  if (problems.length === 0) return [ok('stage', file, file), ...checkVerifyAccess(place)];
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

/** A deployed stage whose file opens `verify` to anyone is allowed, and mentioned each time. */
function checkVerifyAccess({ stage, local, parameters }: Place): Finding[] {
  if (local || parameters['verifyAccess'] !== 'open') return [];
  const file = stageFile(stage);
  return [
    warning(
      'verify-access',
      {
        en: 'verify is open to anyone: no session is needed to learn who has which permission',
        zh: 'verify 对任何人开放：无需会话即可查询任何成员的权限',
      },
      {
        en: `If that is not meant, remove verifyAccess: open and verifyOpenToAnyone from ${file}, and deploy.`,
        zh: `如非有意，请从 ${file} 删除 verifyAccess: open 和 verifyOpenToAnyone，然后重新部署。`,
      },
    ),
  ];
}

/** Whether the stack is there and may be looked at; learns its outputs. */
export async function checkStack(place: Place): Promise<Finding[]> {
  return place.local ? checkLocalStack(place) : checkDeployedStack(place);
}

async function checkLocalStack({ apiUrl }: Place): Promise<Finding[]> {
  const answers = await fetch(`${apiUrl}/.well-known/openid-configuration`).then(
    ({ status }) => status === 200,
    () => false,
  );
  if (answers) return [ok('stack', `the local stack at ${apiUrl}`, `本机环境 ${apiUrl}`)];
  return [
    failed(
      'stack',
      { en: `${apiUrl} does not answer`, zh: `${apiUrl} 没有应答` },
      {
        en: 'Start the local stack: npm start. On another port: PORT=… npm run doctor',
        zh: '启动本机环境：npm start。使用其他端口时：PORT=… npm run doctor',
      },
      { stop: true },
    ),
  ];
}

async function checkDeployedStack(place: Place): Promise<Finding[]> {
  const { region, stage } = place;
  let account: string;
  try {
    account = (await callerArn(region)) ?? '';
  } catch (error) {
    return [
      failed(
        'account',
        {
          en: `AWS does not say who you are: ${nameOf(error)}`,
          zh: `AWS 不认识您：${nameOf(error)}`,
        },
        awsRemedy(error) ?? SIGN_IN_TO_AWS,
        { stop: true },
      ),
    ];
  }
  const findings = [ok('account', `${account} in ${region}`, `${account}，区域 ${region}`)];
  const name = stackName(stage);
  try {
    const { status, outputs } = await describeStack(stage, region);
    place.outputs = outputs;
    place.apiUrl ??= outputs['ApiUrl'];
    if (/_COMPLETE$/.test(status) && !status.startsWith('DELETE')) {
      return [...findings, ok('stack', `${name}: ${status}`, `${name}：${status}`)];
    }
    return [
      ...findings,
      failed(
        'stack',
        { en: `${name} is ${status}`, zh: `${name} 的状态为 ${status}` },
        {
          en: "Look at the stack's events in the CloudFormation console, mend the first failure, deploy again.",
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
          en: `there is no stack ${name}: ${nameOf(error)}`,
          zh: `没有堆栈 ${name}：${nameOf(error)}`,
        },
        { en: `npm run deploy -- --stage ${stage}`, zh: `npm run deploy -- --stage ${stage}` },
      ),
    ];
  }
}

export function nameOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // A connection's error has no name but a code.
  return 'code' in error && error.name === 'Error' ? String(error.code) : error.name;
}
