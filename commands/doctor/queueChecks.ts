import { LambdaClient, ListEventSourceMappingsCommand } from '@aws-sdk/client-lambda';
import { nameOf, personalSettings } from '../deployment/awsClients.ts';
import type { Queue } from '../deployment/stackResources.ts';
import { type Finding, failed, ok } from './finding.ts';
import type { Target } from './target.ts';
import { unreadable } from './unreadable.ts';

const CHECK = 'queues';

/**
 * Checks that the queues of dead letters and of events exist, and that Lambda takes the events out. A
 * deployment does not notice a queue that was deleted, and work that fails would leave no trace.
 */
export async function checkQueues(target: Target): Promise<Finding[]> {
  const { resources, stage } = target;
  if (resources === undefined) return [];
  const findings = [
    ...(await missingQueues(target, resources.queues)),
    ...(await idleReaders(target, resources.queueReaders)),
  ];
  if (findings.length > 0) return findings;
  const count = resources.queues.length;
  return [
    ok(CHECK, {
      en: `${count} ${count === 1 ? 'queue' : 'queues'} of wecom-auth-${stage}`,
      zh: `wecom-auth-${stage} 的 ${count} 个队列`,
    }),
  ];
}

async function missingQueues({ stage, region }: Target, queues: readonly Queue[]) {
  const { GetQueueUrlCommand, SQSClient } = await import('@aws-sdk/client-sqs');
  const client = new SQSClient(personalSettings(region));
  const findings: Finding[] = [];
  try {
    for (const queue of queues) {
      try {
        await client.send(new GetQueueUrlCommand({ QueueName: queue.name }));
      } catch (error) {
        if (!/QueueDoesNotExist|NonExistentQueue/.test(nameOf(error))) throw error;
        findings.push(missing(queue, region));
      }
    }
  } catch (error) {
    findings.push(unreadable(CHECK, error, 'sqs:GetQueueUrl', `wecom-auth-${stage}-*`));
  } finally {
    client.destroy();
  }
  return findings;
}

function missing({ name, attributes, hasDeadLetters }: Queue, region: string): Finding {
  const pairs = Object.entries(attributes).map(([key, value]) => `${key}=${value}`);
  const list = pairs.length > 0 ? ` --attributes ${pairs.join(',')}` : '';
  const command = `aws sqs create-queue --queue-name ${name} --region ${region}${list}`;
  const redrive = hasDeadLetters
    ? {
        en: ' Then set its RedrivePolicy as resources/events.yml has it.',
        zh: '然后按 resources/events.yml 设置它的 RedrivePolicy。',
      }
    : { en: '', zh: '' };
  return failed(
    CHECK,
    {
      en: `there is no queue ${name}: what should go into it is lost`,
      zh: `没有队列 ${name}：应进入该队列的消息会丢失`,
    },
    {
      en: `A deployment does not notice. Create it again with the same name, a minute after it was deleted: ${command}.${redrive.en} If it exists, you need sqs:GetQueueUrl on it.`,
      zh: `部署不会发现这一点。在删除一分钟之后以同名重新创建：${command}。${redrive.zh}如果它存在，则你需要它的 sqs:GetQueueUrl 权限。`,
    },
  );
}

async function idleReaders({ region }: Target, names: readonly string[]) {
  const client = new LambdaClient(personalSettings(region));
  const findings: Finding[] = [];
  try {
    for (const FunctionName of names) {
      const command = new ListEventSourceMappingsCommand({ FunctionName });
      const { EventSourceMappings = [] } = await client.send(command);
      const [mapping] = EventSourceMappings;
      if (!/^(Enabled|Enabling|Creating|Updating)$/.test(mapping?.State ?? '')) {
        findings.push(idle(FunctionName, region, mapping?.UUID, mapping?.State));
      }
    }
  } catch (error) {
    // A function that does not exist is a finding of the settings.
    if (nameOf(error) !== 'ResourceNotFoundException') {
      findings.push(unreadable(CHECK, error, 'lambda:ListEventSourceMappings', '*'));
    }
  } finally {
    client.destroy();
  }
  return findings;
}

function idle(
  name: string,
  region: string,
  uuid: string | undefined,
  state: string | undefined,
): Finding {
  const [en, zh] = state === undefined ? ['no mapping', '没有映射'] : [state, state];
  const command =
    uuid === undefined
      ? `aws lambda create-event-source-mapping --function-name ${name} --region ${region} --batch-size 10 --function-response-types ReportBatchItemFailures --event-source-arn <ARN>`
      : `aws lambda update-event-source-mapping --uuid ${uuid} --enabled --region ${region}`;
  return failed(
    CHECK,
    {
      en: `${name} gets nothing from its queue: ${en}. Events wait in it for 14 days, and are then lost`,
      zh: `${name} 未从其队列取得消息：${zh}。事件在队列中保留 14 天，之后丢失`,
    },
    { en: command, zh: command },
  );
}
