import { personalSettings } from './awsClients.ts';
import { stackName } from './stackOutputs.ts';

/** What the stack's template has of what somebody can delete or change without a deployment. */
export interface StackResources {
  /** Names, also below. */
  readonly alarms: readonly string[];
  readonly logGroups: readonly string[];
  readonly metricFilters: readonly MetricFilter[];
  readonly queues: readonly Queue[];
  /** Functions that Lambda invokes with the messages of a queue. */
  readonly queueReaders: readonly string[];
  /** Who gets the alarms by the template; others may have subscribed since. */
  readonly alarmEmails: readonly string[];
  /** Of the API, for all callers together. */
  readonly throttleRate: number | undefined;
  readonly throttleBurst: number | undefined;
}

export interface MetricFilter {
  readonly logGroup: string;
  readonly metricName: string;
  readonly metricNamespace: string;
  readonly pattern: string;
}

export interface Queue {
  readonly name: string;
  /** As SQS takes them, without those that name another resource. */
  readonly attributes: Readonly<Record<string, string>>;
  /** Whether the template gives it a queue of dead letters. */
  readonly hasDeadLetters: boolean;
}

interface Template {
  readonly Resources: Readonly<
    Record<string, { readonly Type: string; readonly Properties?: Properties }>
  >;
}
// biome-ignore lint/suspicious/noExplicitAny: CloudFormation's own forms, of which this reads few.
type Properties = Readonly<Record<string, any>>;

/**
 * Reads the template of the stage's last deployment.
 *
 * @throws the SDK's error; SyntaxError if the template is no JSON
 */
export async function readStackResources(stage: string, region: string): Promise<StackResources> {
  const { CloudFormationClient, GetTemplateCommand } = await import(
    '@aws-sdk/client-cloudformation'
  );
  const client = new CloudFormationClient(personalSettings(region));
  try {
    const command = new GetTemplateCommand({ StackName: stackName(stage) });
    const { TemplateBody = '' } = await client.send(command);
    return stackResources(JSON.parse(TemplateBody));
  } finally {
    client.destroy();
  }
}

/** The property that has the name of a resource. */
const NAMES: Readonly<Record<string, string>> = {
  'AWS::CloudWatch::Alarm': 'AlarmName',
  'AWS::Lambda::Function': 'FunctionName',
  'AWS::Logs::LogGroup': 'LogGroupName',
  'AWS::SQS::Queue': 'QueueName',
};

export function stackResources({ Resources }: Template): StackResources {
  const all = (type: string) =>
    Object.values(Resources).flatMap(({ Type, Properties = {} }) =>
      Type === type ? [Properties] : [],
    );
  const names = (type: string) => all(type).map((each) => String(each[NAMES[type] ?? '']));
  /** The name of the resource that a `Ref` or a `Fn::GetAtt` names. */
  const named = (value: Properties): string => {
    const { Type = '', Properties = {} } = Resources[value['Ref'] ?? value['Fn::GetAtt'][0]] ?? {};
    return String(Properties[NAMES[Type] ?? '']);
  };
  const [throttling = {}] = all('AWS::ApiGatewayV2::Stage').map(
    (each) => each['DefaultRouteSettings'],
  );
  return {
    alarms: names('AWS::CloudWatch::Alarm'),
    logGroups: names('AWS::Logs::LogGroup'),
    metricFilters: all('AWS::Logs::MetricFilter').map((filter) => ({
      logGroup: named(filter['LogGroupName']),
      metricName: filter['MetricTransformations'][0].MetricName,
      metricNamespace: filter['MetricTransformations'][0].MetricNamespace,
      pattern: filter['FilterPattern'],
    })),
    queues: all('AWS::SQS::Queue').map(({ QueueName, RedrivePolicy, ...attributes }) => ({
      name: QueueName,
      attributes: Object.fromEntries(
        Object.entries(attributes).map(([name, value]) => [name, String(value)]),
      ),
      hasDeadLetters: RedrivePolicy !== undefined,
    })),
    queueReaders: all('AWS::Lambda::EventSourceMapping').map((each) => named(each['FunctionName'])),
    alarmEmails: all('AWS::SNS::Topic').flatMap(({ Subscription = [] }) =>
      Subscription.map(({ Endpoint }: Properties) => Endpoint),
    ),
    throttleRate: throttling['ThrottlingRateLimit'],
    throttleBurst: throttling['ThrottlingBurstLimit'],
  };
}
