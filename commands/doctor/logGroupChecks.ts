import type { LogGroup } from '@aws-sdk/client-cloudwatch-logs';
import { personalSettings } from '../deployment/awsClients.ts';
import { stageFile } from '../deployment/stageFile.ts';
import { type Finding, ok, warning } from './finding.ts';
import type { Target } from './target.ts';
import { unreadable } from './unreadable.ts';

const CHECK = 'logs';

/**
 * Checks that every log exists, and for how long it is kept. The functions may not make a log that was
 * deleted, and a deployment does not notice, so lines are lost, and the metrics in them.
 */
export async function checkLogGroups(target: Target): Promise<Finding[]> {
  const { stage, resources } = target;
  if (resources === undefined) return [];
  const names = resources.logGroups;
  let kept: Map<string, number | undefined>;
  try {
    kept = await retentions(target, prefixes(names));
  } catch (error) {
    return [unreadable(CHECK, error, 'logs:DescribeLogGroups', '*')];
  }
  const wanted = Number(target.parameters['logRetentionDays']);
  const missing = names.filter((name) => !kept.has(name));
  const others = names.filter((name) => kept.has(name) && kept.get(name) !== wanted);
  const findings: Finding[] = [];
  if (missing.length > 0) findings.push(deleted(target, missing));
  if (others.length > 0) findings.push(keptOtherwise(target, others, wanted));
  if (findings.length > 0) return findings;
  return [
    ok(CHECK, {
      en: `the logs of wecom-auth-${stage} are kept for ${wanted} days`,
      zh: `wecom-auth-${stage} 的日志保留 ${wanted} 天`,
    }),
  ];
}

/** `/aws/lambda/wecom-auth-` and the like: few, though there are many names. */
function prefixes(names: readonly string[]): string[] {
  return [...new Set(names.map((name) => name.replace(/[^-/]*$/, '')))];
}

async function retentions({ region }: Target, logGroupNamePrefixes: readonly string[]) {
  const { CloudWatchLogsClient, paginateDescribeLogGroups } = await import(
    '@aws-sdk/client-cloudwatch-logs'
  );
  const client = new CloudWatchLogsClient(personalSettings(region));
  const groups: LogGroup[] = [];
  try {
    for (const logGroupNamePrefix of logGroupNamePrefixes) {
      for await (const page of paginateDescribeLogGroups({ client }, { logGroupNamePrefix })) {
        groups.push(...(page.logGroups ?? []));
      }
    }
  } finally {
    client.destroy();
  }
  return new Map(
    groups.map(({ logGroupName = '', retentionInDays }) => [logGroupName, retentionInDays]),
  );
}

function deleted({ region, parameters }: Target, names: readonly string[]): Finding {
  const days = String(parameters['logRetentionDays']);
  const commands = names.flatMap((name) => [
    `aws logs create-log-group --log-group-name ${name} --region ${region}`,
    `aws logs put-retention-policy --log-group-name ${name} --region ${region} --retention-in-days ${days}`,
  ]);
  return warning(
    CHECK,
    {
      en: `${names.join(', ')} does not exist: its lines are lost, and what alarms count in them`,
      zh: `${names.join('、')} 不存在：日志丢失，告警所依据的指标也随之丢失`,
    },
    {
      en: `Somebody deleted it, and a deployment does not notice. Create it again: ${commands.join('; ')}`,
      zh: `日志组已被删除，而部署不会发现这一点。重新创建：${commands.join('; ')}`,
    },
  );
}

function keptOtherwise(
  { stage, region }: Target,
  names: readonly string[],
  wanted: number,
): Finding {
  return warning(
    CHECK,
    {
      en: `logRetentionDays of ${stageFile(stage)} is ${wanted}, but not of ${names.join(', ')}`,
      zh: `${stageFile(stage)} 的 logRetentionDays 为 ${wanted}，而以下日志组不同：${names.join('、')}`,
    },
    {
      en: `Deploy: npm run deploy -- --stage ${stage}. If that changes nothing, somebody changed it in AWS: aws logs put-retention-policy --log-group-name <name> --retention-in-days ${wanted} --region ${region}`,
      zh: `部署：npm run deploy -- --stage ${stage}。如果部署没有改变它，说明有人在 AWS 中修改过：aws logs put-retention-policy --log-group-name <name> --retention-in-days ${wanted} --region ${region}`,
    },
  );
}
