import { globSync, readFileSync } from 'node:fs';
import { beforeEach, describe, expect, it } from 'vitest';
import { run as clients } from '../../commands/clients/run.ts';
import { run as permissions } from '../../commands/permissions/run.ts';
import { run as sessions } from '../../commands/sessions/run.ts';
import { allowsAction, policies, readPolicy } from '../harness/examplePolicy.ts';
import { startTables, type Tables } from '../harness/tables.ts';

/** IAM's limit for a managed policy, without white space. */
const MAX_CHARACTERS = 6_144;

/** Where a resource is `*`, or of no stage: AWS knows no narrower one, or it has a name of AWS's. */
const WIDE: Readonly<Record<string, readonly string[]>> = {
  'doctor.json': ['QueueOfEvents', 'LogGroups', 'Alarms', 'EventBus'],
  'operator.json': ['WithAKmsKeyOfYourOwn'],
  'administrator.json': [],
  'deployment.json': [
    'Templates',
    'QueueOfEvents',
    'Api',
    'DomainOfTheApi',
    'AccessLog',
    'KeyOfTheLog',
    'RandomKeys',
  ],
  'network.json': ['FixedAddress'],
  'why.json': [],
};

describe.each(policies())('docs/examples/policies/%s', (file) => {
  const { Version, Statement } = readPolicy(file);

  it('is a policy that IAM accepts as one', () => {
    expect(Version).toBe('2012-10-17');
    const size = JSON.stringify({ Version, Statement }).length;
    expect(size).toBeLessThanOrEqual(MAX_CHARACTERS);
    const sids = Statement.map(({ Sid }) => Sid);
    expect(new Set(sids).size).toBe(sids.length);
    for (const { Sid, Effect, Action, Resource } of Statement) {
      expect(Sid).toMatch(/^[0-9A-Za-z]+$/);
      expect(Effect).toBe('Allow');
      for (const action of [Action].flat()) expect(action).toMatch(/^[a-z0-9]+:(\*|[A-Za-z]+)$/);
      for (const resource of [Resource].flat()) expect(resource).toMatch(/^(\*|arn:aws:\S+)$/);
    }
  });

  it('is for one stage, but where AWS allows no narrower resource', () => {
    const wide = Statement.filter(({ Resource }) =>
      [Resource].flat().some((each) => !/wecom-auth[-/]prod/.test(each)),
    );
    expect(wide.map(({ Sid }) => Sid)).toEqual(WIDE[file]);
  });
});

/** What CloudFormation does for a type, with the rights of the caller: to create and to delete it. */
const ACTIONS: Readonly<Record<string, readonly string[]>> = {
  'AWS::ApiGatewayV2::ApiMapping': ['apigateway:POST', 'apigateway:DELETE'],
  'AWS::ApiGatewayV2::DomainName': ['apigateway:POST', 'apigateway:DELETE'],
  'AWS::CloudWatch::Alarm': ['cloudwatch:PutMetricAlarm', 'cloudwatch:DeleteAlarms'],
  'AWS::CloudWatch::Dashboard': ['cloudwatch:PutDashboard', 'cloudwatch:DeleteDashboards'],
  'AWS::DynamoDB::Table': ['dynamodb:CreateTable', 'dynamodb:DeleteTable'],
  'AWS::EC2::EIP': ['ec2:AllocateAddress', 'ec2:ReleaseAddress'],
  'AWS::EC2::InternetGateway': ['ec2:CreateInternetGateway', 'ec2:DeleteInternetGateway'],
  'AWS::EC2::NatGateway': ['ec2:CreateNatGateway', 'ec2:DeleteNatGateway'],
  'AWS::EC2::Route': ['ec2:CreateRoute', 'ec2:DeleteRoute'],
  'AWS::EC2::RouteTable': ['ec2:CreateRouteTable', 'ec2:DeleteRouteTable'],
  'AWS::EC2::SecurityGroup': ['ec2:CreateSecurityGroup', 'ec2:DeleteSecurityGroup'],
  'AWS::EC2::Subnet': ['ec2:CreateSubnet', 'ec2:DeleteSubnet'],
  'AWS::EC2::SubnetRouteTableAssociation': [
    'ec2:AssociateRouteTable',
    'ec2:DisassociateRouteTable',
  ],
  'AWS::EC2::VPC': ['ec2:CreateVpc', 'ec2:DeleteVpc'],
  'AWS::EC2::VPCEndpoint': ['ec2:CreateVpcEndpoint', 'ec2:DeleteVpcEndpoints'],
  'AWS::EC2::VPCGatewayAttachment': ['ec2:AttachInternetGateway', 'ec2:DetachInternetGateway'],
  'AWS::IAM::ManagedPolicy': ['iam:CreatePolicy', 'iam:DeletePolicy'],
  'AWS::IAM::Policy': ['iam:PutRolePolicy', 'iam:DeleteRolePolicy'],
  'AWS::IAM::Role': ['iam:CreateRole', 'iam:DeleteRole', 'iam:PassRole'],
  'AWS::Logs::MetricFilter': ['logs:PutMetricFilter', 'logs:DeleteMetricFilter'],
  'AWS::SecretsManager::Secret': ['secretsmanager:CreateSecret', 'secretsmanager:DeleteSecret'],
  'AWS::SNS::Topic': ['sns:CreateTopic', 'sns:Subscribe', 'sns:DeleteTopic'],
  'AWS::SQS::Queue': ['sqs:CreateQueue', 'sqs:DeleteQueue'],
};

/** The types that the framework makes of the functions and their events. */
const OF_THE_FRAMEWORK = [
  's3:CreateBucket',
  's3:PutBucketPolicy',
  's3:PutObject',
  'lambda:CreateFunction',
  'lambda:AddPermission',
  'lambda:PublishVersion',
  'lambda:CreateEventSourceMapping',
  'logs:CreateLogGroup',
  'logs:PutRetentionPolicy',
  'apigateway:PUT',
  'apigateway:PATCH',
];

describe('the policies of the deployment role', () => {
  const both = ['deployment.json', 'network.json'];

  it('allow to create and to delete every resource of resources/', () => {
    const types = globSync('resources/*.yml').flatMap((file) =>
      [...readFileSync(file, 'utf8').matchAll(/Type: "?(AWS::[\w:]+)/g)].map(([, type]) => type),
    );
    for (const type of new Set(types)) {
      const actions = ACTIONS[String(type)];
      expect(actions, `the actions of ${type}`).toBeDefined();
      for (const action of actions ?? []) expect(allowsAction(both, action), action).toBe(true);
    }
    for (const action of OF_THE_FRAMEWORK) expect(allowsAction(both, action), action).toBe(true);
  });

  it('allow every call that the framework makes of CloudFormation for it', () => {
    const files = globSync('node_modules/serverless/lib/plugins/aws/{deploy,remove,lib}/**/*.js');
    const calls = [...files, 'node_modules/serverless/lib/plugins/aws/rollback.js'].flatMap(
      (file) =>
        [
          ...readFileSync(file, 'utf8').matchAll(
            /new (\w*(?:Stack|ChangeSet|Template)\w*)Command\(/g,
          ),
        ].map(([, name]) => `cloudformation:${name}`),
    );
    expect(calls).toContain('cloudformation:ExecuteChangeSet');
    for (const call of new Set(calls)) expect(allowsAction(both, call), call).toBe(true);
  });
});

describe('the policy of the administrator', () => {
  let tables: Tables;
  beforeEach(async () => {
    tables = await startTables();
    return () => tables.close();
  });

  it('allows what permissions, clients and sessions ask of DynamoDB', async () => {
    const environment = { AWS_ENDPOINT_URL_DYNAMODB: tables.front.url, EVENT_BUS: '' };
    const command = {
      environment,
      print: () => undefined,
      warn: () => undefined,
      confirm: async () => true,
      now: Date.now,
      serviceTime: async () => undefined,
      lookup: async () => [],
    };
    const all = [
      () => permissions(['grant', 'user:lisi', 'access'], command),
      () => permissions(['deny', 'tag:7', 'access'], command),
      () => permissions(['list'], command),
      () => permissions(['explain', 'lisi'], command),
      () => permissions(['history', 'user:lisi'], command),
      () => permissions(['export'], command),
      () => permissions(['export', 'user:lisi'], command),
      () => permissions(['reinstate', 'user:lisi'], command),
      () => permissions(['settle'], command),
      () => permissions(['revoke', 'tag:7', 'access'], command),
      () => permissions(['forget', 'user:lisi', '--yes'], command),
      () =>
        clients(
          [
            'add',
            'grafana',
            '--name',
            'Grafana',
            '--redirect-uri',
            'https://grafana.mycompany.cn/',
          ],
          command,
        ),
      () => clients(['rotate-secret', 'grafana'], command),
      () => clients(['show', 'grafana'], command),
      () => clients(['list'], command),
      () => clients(['remove', 'grafana'], command),
      () => sessions(['list'], command),
    ];
    // 3: nothing was found, or the member is refused.
    for (const each of all) expect([0, 3]).toContain(await each());
    const asked = new Set(tables.front.requests);
    expect(asked).toContain('Scan wecom-auth-local-permissions');
    for (const request of asked) {
      const [operation, table = ''] = request.split(' ');
      const stageTable = table.replace('-local-', '-prod-');
      const action = `dynamodb:${operation}`;
      expect(allowsAction(['administrator.json'], action, stageTable), request).toBe(true);
    }
  });
});
