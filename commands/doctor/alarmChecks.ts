import type { MetricAlarm } from '@aws-sdk/client-cloudwatch';
import type { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import type { Bilingual } from '../../lib/bilingual.ts';
import { nameOf, personalSettings } from '../deployment/awsClients.ts';
import type { MetricFilter } from '../deployment/stackResources.ts';
import { same } from '../language.ts';
import { type Finding, ok, warning } from './finding.ts';
import type { Target } from './target.ts';
import { unreadable } from './unreadable.ts';

/**
 * Checks that the alarms exist and reach somebody, and which ring now. Nothing of it makes the stage unhealthy: a
 * company may take alarms from CloudWatch by other ways, and what rings may be over.
 */
export async function checkAlarms(target: Target): Promise<Finding[]> {
  const topic = target.outputs['AlarmTopicArn'];
  if (target.local || topic === undefined) return [];
  const alarms = [...(await checkEach(target, topic)), ...(await missingFilters(target))];
  const isFine = alarms.every(({ outcome }) => outcome === 'ok');
  return [
    await checkSubscriptions(target, topic),
    ...alarms.filter(({ outcome }) => isFine || outcome !== 'ok'),
  ];
}

async function checkSubscriptions(target: Target, topic: string): Promise<Finding> {
  const check = 'alarm-mail';
  const { GetTopicAttributesCommand, SNSClient } = await import('@aws-sdk/client-sns');
  const client = new SNSClient(personalSettings(target.region));
  try {
    const command = new GetTopicAttributesCommand({ TopicArn: topic });
    const { Attributes = {} } = await client.send(command);
    const confirmed = Number(Attributes['SubscriptionsConfirmed'] ?? 0);
    const pending = Number(Attributes['SubscriptionsPending'] ?? 0);
    if (confirmed > 0) {
      return ok(check, {
        en: `alarms go to ${confirmed} ${confirmed === 1 ? 'subscription' : 'subscriptions'}`,
        zh: `告警发送给 ${confirmed} 个订阅`,
      });
    }
    return pending > 0 ? unconfirmed(check, topic) : nobody(check, target);
  } catch (error) {
    if (nameOf(error).startsWith('NotFound')) return noTopic(check, target, topic);
    return unreadable(check, error, 'sns:GetTopicAttributes', topic);
  } finally {
    client.destroy();
  }
}

function noTopic(check: string, { region }: Target, topic: string): Finding {
  const create = `aws sns create-topic --name ${topic.split(':').at(-1)} --region ${region}`;
  const subscribe = `aws sns subscribe --topic-arn ${topic} --region ${region} --protocol email --notification-endpoint <address>`;
  return warning(
    check,
    {
      en: 'nobody gets the alarms: the topic of the alarms does not exist',
      zh: '没有人收到告警：告警主题不存在',
    },
    {
      en: `Somebody deleted it, and a deployment does not notice. Create it again with the same name, and subscribe: ${create}; ${subscribe}`,
      zh: `主题已被删除，而部署不会发现这一点。以同名重新创建并订阅：${create}; ${subscribe}`,
    },
  );
}

function unconfirmed(check: string, topic: string): Finding {
  return warning(
    check,
    {
      en: 'nobody gets the alarms: the subscription is not confirmed',
      zh: '没有人收到告警：订阅尚未确认',
    },
    {
      en: `Follow the link in AWS's mail to alarmEmail. It is valid for a limited time; for a new one subscribe again: aws sns subscribe --topic-arn ${topic} --protocol email --notification-endpoint <address>`,
      zh: `点击 AWS 发给 alarmEmail 的邮件中的链接。链接会过期，可重新订阅：aws sns subscribe --topic-arn ${topic} --protocol email --notification-endpoint <address>`,
    },
  );
}

function nobody(check: string, { stage }: Target): Finding {
  return warning(
    check,
    { en: 'nobody gets the alarms', zh: '没有人收到告警' },
    {
      en: `Set alarmEmail with npm run setup -- --stage ${stage} and deploy, or subscribe to the topic in the output AlarmTopicArn.`,
      zh: `用 npm run setup -- --stage ${stage} 设置 alarmEmail 并部署，或订阅输出 AlarmTopicArn 中的主题。`,
    },
  );
}

async function checkEach(target: Target, topic: string): Promise<Finding[]> {
  const check = 'alarms';
  const { stage, region } = target;
  const prefix = `wecom-auth-${stage}-`;
  const wanted = target.resources?.alarms;
  const isSent = ({ AlarmActions = [] }: MetricAlarm) => AlarmActions.includes(topic);
  let alarms: MetricAlarm[];
  try {
    // Another stage's name may begin with this one's.
    alarms = (await alarmsOf(target, prefix)).filter((each) =>
      wanted === undefined ? isSent(each) : wanted.includes(each.AlarmName ?? ''),
    );
  } catch (error) {
    return [unreadable(check, error, 'cloudwatch:DescribeAlarms', '*')];
  }
  const nameOfAlarm = ({ AlarmName = '' }: MetricAlarm) => AlarmName.slice(prefix.length);
  const ringing = alarms.filter(({ StateValue }) => StateValue === 'ALARM').map(nameOfAlarm);
  const unsent = alarms.filter((each) => !isSent(each)).map(nameOfAlarm);
  const missing = (wanted ?? [])
    .filter((name) => !alarms.some(({ AlarmName }) => AlarmName === name))
    .map((name) => name.slice(prefix.length));
  if (alarms.length === 0) return [noAlarms(check, stage)];
  const silent = alarms.filter(({ ActionsEnabled }) => ActionsEnabled === false).map(nameOfAlarm);
  const findings: Finding[] = [];
  if (ringing.length > 0) {
    const [en, zh] = ['docs/operations.md', 'docs/zh-CN/operations.md'].map((file) =>
      ringing.map((name) => `${file}#${name}`).join(', '),
    );
    findings.push(
      warning(
        check,
        { en: `ringing: ${ringing.join(', ')}`, zh: `正在告警：${ringing.join('、')}` },
        { en: String(en), zh: String(zh) },
      ),
    );
  }
  if (silent.length > 0) {
    const names = silent.map((name) => prefix + name).join(' ');
    findings.push(
      warning(
        check,
        {
          en: `switched off, so nobody is told: ${silent.join(', ')}`,
          zh: `已关闭通知：${silent.join('、')}`,
        },
        same(`aws cloudwatch enable-alarm-actions --alarm-names ${names} --region ${region}`),
      ),
    );
  }
  if (unsent.length > 0) {
    findings.push(
      warning(
        check,
        {
          en: `not sent to the topic: ${unsent.join(', ')}`,
          zh: `未发送到告警主题：${unsent.join('、')}`,
        },
        {
          en: `Somebody changed their actions. Add ${topic} in the CloudWatch console, for the states ALARM and OK.`,
          zh: `有人修改了它们的操作。在 CloudWatch 控制台为“告警中”和“正常”状态添加 ${topic}。`,
        },
      ),
    );
  }
  if (missing.length > 0) {
    const list = { en: `missing: ${missing.join(', ')}`, zh: `缺少：${missing.join('、')}` };
    findings.push(warning(check, list, createAlarms(stage)));
  }
  if (findings.length > 0) return findings;
  return [
    ok(check, {
      en: `none of ${alarms.length} alarms rings`,
      zh: `${alarms.length} 个告警均未触发`,
    }),
  ];
}

function noAlarms(check: string, stage: string): Finding {
  return warning(check, { en: 'there are no alarms', zh: '没有告警' }, createAlarms(stage));
}

const createAlarms = (stage: string): Bilingual => ({
  en: `Somebody deleted them, and a deployment does not notice. Create them again as resources/alarms.yml and the template of npm run package -- --stage ${stage} have them.`,
  zh: `告警已被删除，而部署不会发现这一点。按 resources/alarms.yml 和 npm run package -- --stage ${stage} 生成的模板重新创建。`,
});

/** Without its filter of the access log, an alarm has no data, which counts as healthy. */
async function missingFilters({ resources, region }: Target): Promise<Finding[]> {
  const { CloudWatchLogsClient } = await import('@aws-sdk/client-cloudwatch-logs');
  const client = new CloudWatchLogsClient(personalSettings(region));
  const findings: Finding[] = [];
  for (const filter of resources?.metricFilters ?? []) {
    try {
      if (!(await hasFilter(client, filter))) findings.push(noFilter(filter, region));
    } catch (error) {
      findings.push(unreadable('alarms', error, 'logs:DescribeMetricFilters', filter.logGroup));
    }
  }
  client.destroy();
  return findings;
}

async function hasFilter(
  client: CloudWatchLogsClient,
  { logGroup, metricName, metricNamespace }: MetricFilter,
): Promise<boolean> {
  const { paginateDescribeMetricFilters } = await import('@aws-sdk/client-cloudwatch-logs');
  try {
    const query = { logGroupName: logGroup };
    for await (const { metricFilters = [] } of paginateDescribeMetricFilters({ client }, query)) {
      const counted = metricFilters.flatMap((each) => each.metricTransformations ?? []);
      const isCounted = counted.some(
        (each) => each.metricName === metricName && each.metricNamespace === metricNamespace,
      );
      if (isCounted) return true;
    }
    return false;
  } catch (error) {
    if (nameOf(error) === 'ResourceNotFoundException') return false;
    throw error;
  }
}

function noFilter(
  { logGroup, metricName, metricNamespace, pattern }: MetricFilter,
  region: string,
): Finding {
  const command = `aws logs put-metric-filter --region ${region} --log-group-name ${logGroup} --filter-name ${metricName} --filter-pattern '${pattern}' --metric-transformations metricName=${metricName},metricNamespace=${metricNamespace},metricValue=1,unit=Count`;
  return warning(
    'alarms',
    {
      en: `nothing counts ${metricName} in ${logGroup}, so the alarm on it cannot ring`,
      zh: `没有统计 ${logGroup} 中的 ${metricName}，其告警不会触发`,
    },
    {
      en: `Somebody deleted the metric filter, and a deployment does not notice. Create it again: ${command}`,
      zh: `指标筛选器已被删除，而部署不会发现这一点。重新创建：${command}`,
    },
  );
}

async function alarmsOf({ region }: Target, AlarmNamePrefix: string): Promise<MetricAlarm[]> {
  const { CloudWatchClient, paginateDescribeAlarms } = await import('@aws-sdk/client-cloudwatch');
  const client = new CloudWatchClient(personalSettings(region));
  const alarms: MetricAlarm[] = [];
  try {
    for await (const page of paginateDescribeAlarms({ client }, { AlarmNamePrefix })) {
      alarms.push(...(page.MetricAlarms ?? []));
    }
  } finally {
    client.destroy();
  }
  return alarms;
}
