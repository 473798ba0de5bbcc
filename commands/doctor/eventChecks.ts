import { nameOf, personalSettings } from '../deployment/awsClients.ts';
import { refusalRemedy } from '../deployment/awsRemedy.ts';
import { stageFile } from '../deployment/stageFile.ts';
import { type Finding, failed, ok, unknown } from './finding.ts';
import type { Target } from './target.ts';

/** EventBridge accepts events for a bus that does not exist, and drops them. */
export async function checkEventBus(target: Target): Promise<Finding[]> {
  const { stage, region, parameters } = target;
  const name = String(parameters['eventBus'] ?? '');
  if (name === '') return [];
  const { DescribeEventBusCommand, EventBridgeClient } = await import(
    '@aws-sdk/client-eventbridge'
  );
  const client = new EventBridgeClient(personalSettings(region));
  try {
    await client.send(new DescribeEventBusCommand({ Name: name }));
    return [ok('event-bus', { en: `the event bus ${name}`, zh: `事件总线 ${name}` })];
  } catch (error) {
    if (nameOf(error) !== 'ResourceNotFoundException') {
      return [
        unknown(
          'event-bus',
          {
            en: `the event bus ${name} cannot be read: ${nameOf(error)}`,
            zh: `无法读取事件总线 ${name}：${nameOf(error)}`,
          },
          refusalRemedy(nameOf(error), {
            en: `You need events:DescribeEventBus on it.`,
            zh: `你需要它的 events:DescribeEventBus 权限。`,
          }),
        ),
      ];
    }
    return [
      failed(
        'event-bus',
        {
          en: `there is no event bus ${name} in ${region}: no event arrives`,
          zh: `区域 ${region} 中没有事件总线 ${name}：事件无法送达`,
        },
        {
          en: `Create it: aws events create-event-bus --name ${name} --region ${region}. Or correct eventBus in ${stageFile(stage)}, and deploy.`,
          zh: `创建它：aws events create-event-bus --name ${name} --region ${region}。或修改 ${stageFile(stage)} 的 eventBus 后重新部署。`,
        },
      ),
    ];
  } finally {
    client.destroy();
  }
}
