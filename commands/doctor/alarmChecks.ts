import type { MetricAlarm } from '@aws-sdk/client-cloudwatch';
import { nameOf, personalSettings } from '../deployment/awsClients.ts';
import { refusalRemedy } from '../deployment/awsRemedy.ts';
import { same } from '../language.ts';
import { type Finding, ok, unknown, warning } from './finding.ts';
import type { Target } from './target.ts';

/**
 * Checks that an alarm reaches somebody, and which alarms ring now. Neither makes the stage unhealthy: a
 * company may take alarms from CloudWatch by other ways, and what rings may be over.
 */
export async function checkAlarms(target: Target): Promise<Finding[]> {
  const topic = target.outputs['AlarmTopicArn'];
  if (target.local || topic === undefined) return [];
  return [await checkSubscriptions(target, topic), ...(await checkRinging(target, topic))];
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
    return unreadable(check, error, 'sns:GetTopicAttributes', topic);
  } finally {
    client.destroy();
  }
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

async function checkRinging(target: Target, topic: string): Promise<Finding[]> {
  const check = 'alarms';
  const { stage } = target;
  const prefix = `wecom-auth-${stage}-`;
  let alarms: MetricAlarm[];
  try {
    // Another stage's name may begin with this one's.
    alarms = (await alarmsOf(target, prefix)).filter((each) => each.AlarmActions?.includes(topic));
  } catch (error) {
    return [unreadable(check, error, 'cloudwatch:DescribeAlarms', '*')];
  }
  const nameOfAlarm = ({ AlarmName = '' }: MetricAlarm) => AlarmName.slice(prefix.length);
  const ringing = alarms.filter(({ StateValue }) => StateValue === 'ALARM').map(nameOfAlarm);
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
        same(`aws cloudwatch enable-alarm-actions --alarm-names ${names}`),
      ),
    );
  }
  if (findings.length > 0) return findings;
  if (alarms.length === 0) return [noAlarms(check, stage)];
  return [
    ok(check, {
      en: `none of ${alarms.length} alarms rings`,
      zh: `${alarms.length} 个告警均未触发`,
    }),
  ];
}

function noAlarms(check: string, stage: string): Finding {
  return warning(
    check,
    { en: 'there are no alarms', zh: '没有告警' },
    {
      en: `Somebody deleted them, and a deployment does not notice. Create them again as resources/alarms.yml and the template of npm run package -- --stage ${stage} have them.`,
      zh: `告警已被删除，而部署不会发现这一点。按 resources/alarms.yml 和 npm run package -- --stage ${stage} 生成的模板重新创建。`,
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

function unreadable(check: string, error: unknown, action: string, resource: string): Finding {
  const reason = nameOf(error);
  const isRefused = /^(AccessDenied|AuthorizationError)/.test(reason);
  const permission = {
    en: `You need ${action} on ${resource}.`,
    zh: `你需要 ${resource} 的 ${action} 权限。`,
  };
  return unknown(
    check,
    { en: `cannot be read: ${reason}`, zh: `无法读取：${reason}` },
    isRefused ? permission : refusalRemedy(reason, permission),
  );
}
