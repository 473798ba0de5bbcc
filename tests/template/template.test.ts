import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { routes } from '../../lib/http/routes.ts';
import { fixtureCompany } from '../../packages/emulator/source/company.ts';
import { type Json, ofType, render, type Template, VARIANTS, type Variant } from './render.ts';
import { statements } from './statements.ts';

const variants = Object.keys(VARIANTS) as Variant[];
const templates = {} as Record<Variant, Template>;

beforeAll(async () => {
  // One after the other: each of them bundles every function.
  for (const variant of variants) templates[variant] = await render(variant);
}, 900_000);

const CALLERS = [
  'CallbackLambdaFunction',
  'GetUserInfoLambdaFunction',
  'JssdkLambdaFunction',
  'VerifyLambdaFunction',
];
const CONSOLE = ['AdminDirectoryLambdaFunction', 'AdminPermissionsLambdaFunction'];
const PROVIDER = ['OpenidLambdaFunction', 'OpenidTokenLambdaFunction', 'SignOutsLambdaFunction'];
/** The variants that have an event bus. */
const WITH_BUS: readonly Variant[] = ['provider', 'china'];
const WITH_PROVIDER: readonly Variant[] = ['provider', 'given'];
/** The variants with a domain have the console, and with the provider that of applications too. */
const WITH_CONSOLE: readonly Variant[] = ['provider', 'given', 'china'];
/** The functions that call WeCom, or that may have to, to decide about who asks. */
const callersOf = (variant: Variant) =>
  [
    ...CALLERS,
    ...(WITH_CONSOLE.includes(variant) ? CONSOLE : []),
    ...(WITH_PROVIDER.includes(variant) ? [...PROVIDER, 'AdminClientsLambdaFunction'] : []),
  ].sort();

/** The one secret of the environment, by reference: docs/security.md, “Members in the log”. */
const LOG_KEY = { 'Fn::Join': ['', ['{{resolve:secretsmanager:', { Ref: 'LogKey' }, '}}']] };

/** Where `*` is in a policy, and why it has to be. */
const WILDCARDS: readonly [where: RegExp, why: string][] = [
  [
    /^\w+Role Allow logs:CreateLogStream,logs:PutLogEvents on .*-\w+:log-stream:\*"}$/,
    "Lambda names its log streams itself; the group is the function's own",
  ],
  [
    /^NetworkInterfacePolicy Allow (ec2:\w+,?){6} on \*$/,
    'Lambda refuses a function whose role may not do it to all interfaces; the next one takes it from the code',
  ],
  [/^NetworkInterfacePolicy Deny (ec2:\w+,?){6} on \*$/, 'a denial'],
  [
    /^XrayPolicy Allow xray:PutTraceSegments,xray:PutTelemetryRecords on \*$/,
    'X-Ray has no resources to name',
  ],
  [
    /^DynamoDbEndpoint Allow (dynamodb:\w+,?){6} on .*CacheTable.*:table\/wecom-auth-prod-permissions.* by \*$/,
    'a gateway endpoint knows no other principal; it bounds what to, the roles bound who',
  ],
  [/^ServerlessDeploymentBucketPolicy Deny s3:\* on /, 'a denial: without TLS'],
];

describe.each(variants)('the template, %s:', (variant) => {
  const template = () => templates[variant];
  const functions = () => ofType(template(), 'AWS::Lambda::Function');

  it('grants nothing by a wildcard but what AWS requires', () => {
    const wild = statements(template())
      .map(
        ({ owner, effect, actions, resources, principals }) =>
          `${owner} ${effect} ${actions} on ${resources}${principals.length > 0 ? ` by ${principals}` : ''}`,
      )
      .filter((line) => line.replace(/"AWS::\w+"/g, '').includes('*'));
    const unexplained = wild.filter((line) => !WILDCARDS.some(([where]) => where.test(line)));
    expect(unexplained).toEqual([]);
  });

  it('gives each function a role of its own, which only Lambda may take', () => {
    const roles = ofType(template(), 'AWS::IAM::Role');
    const used = Object.values(functions()).map(({ Role }) => (Role as Json)['Fn::GetAtt']);
    expect(used.map((each) => (each as string[])[0]).sort()).toEqual(Object.keys(roles).sort());
    const assuming = statements(template()).filter(({ actions }) =>
      actions.includes('sts:AssumeRole'),
    );
    expect(assuming).toHaveLength(Object.keys(roles).length);
    for (const { principals } of assuming) {
      expect(principals).toEqual(['{"Service":"lambda.amazonaws.com"}']);
    }
  });

  it("stays within IAM's limits for policies", () => {
    // As IAM counts, without spaces; CloudFormation's functions are longer than what they stand for.
    const length = (value: unknown) => JSON.stringify(value).length;
    for (const [id, { Policies }] of Object.entries(ofType(template(), 'AWS::IAM::Role'))) {
      const documents = (Policies as Json[]).map(({ PolicyDocument }) => length(PolicyDocument));
      expect(
        documents.reduce((sum, each) => sum + each, 0),
        id,
      ).toBeLessThanOrEqual(10_240);
    }
    const managed = Object.entries(ofType(template(), 'AWS::IAM::ManagedPolicy'));
    for (const [id, { PolicyDocument }] of managed) {
      expect(length(PolicyDocument), id).toBeLessThanOrEqual(6_144);
    }
  });

  it('runs what is handed over up to three times, and keeps what failed', () => {
    const names = ['PersonChanges', ...(WITH_PROVIDER.includes(variant) ? ['SignOuts'] : [])];
    const configs = Object.values(ofType(template(), 'AWS::Lambda::EventInvokeConfig'));
    const queues = ofType(template(), 'AWS::SQS::Queue');
    expect(configs).toHaveLength(names.length);
    // The two of events are looked at below.
    expect(Object.keys(queues).filter((each) => !each.startsWith('Event'))).toHaveLength(
      names.length,
    );
    for (const name of names) {
      expect(configs).toContainEqual(
        expect.objectContaining({
          FunctionName: { Ref: `${name}LambdaFunction` },
          MaximumRetryAttempts: 2,
          DestinationConfig: {
            OnFailure: { Destination: { 'Fn::GetAtt': [`${name}DeadLetters`, 'Arn'] } },
          },
        }),
      );
      expect(queues[`${name}DeadLetters`]).toMatchObject({
        MessageRetentionPeriod: 1_209_600,
        SqsManagedSseEnabled: true,
      });
      expect(statements(template())).toContainEqual(
        expect.objectContaining({ owner: `${name}Role`, actions: ['sqs:SendMessage'] }),
      );
    }
  });

  it('has what events need where there is a bus, and nothing of it elsewhere', () => {
    if (!WITH_BUS.includes(variant)) {
      expect(template().text).not.toMatch(/events:|publishEvents|EVENT_QUEUE|EVENT_BUS|EventQueue/);
      return;
    }
    const variables = Object.entries(functions()).map(
      ([id, { Environment }]) =>
        [id.replace('LambdaFunction', ''), (Environment as { Variables: Json }).Variables] as const,
    );
    const having = (name: string) => variables.filter(([, all]) => name in all).map(([id]) => id);
    const senders = ['Callback', 'GetUserInfo', 'PersonChanges'];
    if (variant === 'provider') senders.push('Openid');
    senders.push('AdminPermissions');
    expect(having('EVENT_QUEUE').sort()).toEqual(senders.sort());
    expect(having('EVENT_BUS')).toEqual(['PublishEvents']);
    for (const [, { EVENT_QUEUE = { Ref: 'EventQueue' } }] of variables) {
      expect(EVENT_QUEUE).toEqual({ Ref: 'EventQueue' });
    }
    const { Roles } = template().Resources['SendEventsPolicy']?.Properties ?? {};
    expect(Roles).toEqual(expect.arrayContaining(senders.map((name) => ({ Ref: `${name}Role` }))));
    expect(Roles).toHaveLength(senders.length);
    expect(statements(template())).toContainEqual(
      expect.objectContaining({
        owner: 'PublishEventsRole',
        actions: ['events:PutEvents', 'events:DescribeEventBus'],
        resources: [
          expect.stringMatching(
            /^{"Fn::Sub":"arn:\${AWS::Partition}:events:.*:event-bus\/company"}$/,
          ),
        ],
      }),
    );
  });

  it.runIf(WITH_BUS.includes(variant))(
    'delivers an event again for an hour, and then keeps it',
    () => {
      const [mapping, ...others] = Object.values(
        ofType(template(), 'AWS::Lambda::EventSourceMapping'),
      );
      expect(others).toEqual([]);
      expect(mapping).toMatchObject({
        FunctionName: { 'Fn::GetAtt': ['PublishEventsLambdaFunction', 'Arn'] },
        EventSourceArn: { 'Fn::GetAtt': ['EventQueue', 'Arn'] },
        BatchSize: 10,
        FunctionResponseTypes: ['ReportBatchItemFailures'],
      });
      const queues = ofType(template(), 'AWS::SQS::Queue');
      for (const name of ['EventQueue', 'EventDeadLetters']) {
        expect(queues[name]).toMatchObject({
          MessageRetentionPeriod: 1_209_600,
          SqsManagedSseEnabled: true,
        });
      }
      const { Timeout } = functions()['PublishEventsLambdaFunction'] ?? {};
      const { VisibilityTimeout, RedrivePolicy } = queues['EventQueue'] ?? {};
      const { deadLetterTargetArn, maxReceiveCount } = RedrivePolicy as Json;
      expect(deadLetterTargetArn).toEqual({ 'Fn::GetAtt': ['EventDeadLetters', 'Arn'] });
      expect(Number(VisibilityTimeout)).toBeGreaterThanOrEqual(6 * Number(Timeout));
      expect(Number(VisibilityTimeout) * Number(maxReceiveCount)).toBe(3_600);
    },
  );

  it('holds no secret, and no reference that would put one into it but the key of the log', () => {
    for (const { secret } of fixtureCompany().apps) expect(template().text).not.toContain(secret);
    const others = template().text.replaceAll(JSON.stringify(LOG_KEY), '');
    expect(others).not.toMatch(/\{\{resolve:/);
    expect(template().text).not.toMatch(/AWS_(SECRET_)?ACCESS_KEY|BEGIN [A-Z ]*PRIVATE KEY/);
    const suspicious = /secret|token|key|password/i;
    for (const { Environment } of Object.values(functions())) {
      const variables = (Environment as { Variables: Json }).Variables;
      const { LOG_KEY: _, ...rest } = variables;
      for (const [name, value] of Object.entries(rest)) {
        if (suspicious.test(name)) expect(value).toMatch(/^\/wecom-auth\/prod\/[a-z-]+$/);
      }
    }
  });

  it('runs every function on Node.js 24 and arm64, with its log kept for a month', () => {
    const count = { fixed: 10, public: 10, china: 14, provider: 18, given: 17 }[variant];
    expect(Object.keys(functions())).toHaveLength(count);
    for (const properties of Object.values(functions())) {
      expect(properties).toMatchObject({ Runtime: 'nodejs24.x', Architectures: ['arm64'] });
      // In the format JSON, Lambda's own lines are others than `npm run why` reads.
      expect(properties).not.toHaveProperty('LoggingConfig');
      expect(properties['Tags']).toEqual([
        { Key: 'service', Value: 'wecom-auth' },
        { Key: 'stage', Value: 'prod' },
      ]);
    }
    const groups = Object.values(ofType(template(), 'AWS::Logs::LogGroup'));
    expect(groups).toHaveLength(count + 1);
    for (const group of groups) expect(group).toMatchObject({ RetentionInDays: 30 });
  });

  it('has the two tables, encrypted, and does not lose the permissions', () => {
    const { CacheTable, PermissionTable, ...others } = ofType(template(), 'AWS::DynamoDB::Table');
    expect(others).toEqual({});
    for (const table of [CacheTable, PermissionTable]) {
      expect(table).toMatchObject({
        BillingMode: 'PAY_PER_REQUEST',
        SSESpecification: { SSEEnabled: true },
        TimeToLiveSpecification: { AttributeName: 'ttl', Enabled: true },
      });
    }
    expect(PermissionTable).toMatchObject({
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
    });
    expect(template().Resources['PermissionTable']).toMatchObject({
      DeletionPolicy: 'RetainExceptOnCreate',
      UpdateReplacePolicy: 'Retain',
    });
  });

  it('makes the protected table last, so that a first deployment that fails leaves none', () => {
    const { PermissionTable, ...others } = template().Resources;
    const before = [PermissionTable?.DependsOn ?? []].flat();
    const all = Object.keys(functions()).filter((id) => id !== 'DomainProofLambdaFunction');
    const mapping = Object.keys(ofType(template(), 'AWS::ApiGatewayV2::ApiMapping'));
    expect([...before].sort()).toEqual([...all, 'HttpApiStage', 'Dashboard', ...mapping].sort());
    // Nothing but an output refers to it.
    expect(JSON.stringify(others)).not.toMatch(/"PermissionTable[".]/);
  });

  it('publishes no version of a function, which would keep its network interfaces', () => {
    expect(Object.keys(ofType(template(), 'AWS::Lambda::Version'))).toEqual([]);
  });

  it('has every route of the code, and no other but the one for all the rest', () => {
    const proof = VARIANTS[variant]['domainProof'] ?? '';
    const keys = Object.values(ofType(template(), 'AWS::ApiGatewayV2::Route')).map((each) =>
      String(each['RouteKey']),
    );
    const wanted = routes
      .map((route) => route.replace('{proof}', proof))
      .filter((route) => proof !== '' || !route.includes('WW_verify'))
      .filter((route) => WITH_PROVIDER.includes(variant) || !route.includes(' /oauth2/'))
      .filter((route) => WITH_CONSOLE.includes(variant) || !/ (\/api)?\/admin\b/.test(route))
      .filter((route) => WITH_PROVIDER.includes(variant) || !route.includes('/admin/clients'));
    expect(keys.sort()).toEqual(['$default', ...wanted].sort());
  });

  it('throttles', () => {
    const [stage] = Object.values(ofType(template(), 'AWS::ApiGatewayV2::Stage'));
    expect(stage).toMatchObject({
      DefaultRouteSettings: { ThrottlingRateLimit: 100, ThrottlingBurstLimit: 200 },
    });
  });

  it('leaves CORS to the functions, which know the origins', () => {
    const [api = {}] = Object.values(ofType(template(), 'AWS::ApiGatewayV2::Api'));
    expect(api['CorsConfiguration']).toBeUndefined();
    for (const { Environment } of Object.values(functions())) {
      const variables = (Environment as { Variables: Json }).Variables;
      expect(variables['CORS_ORIGINS']).toBe('https://portal.example.com');
    }
  });

  it('logs each access without query, path, header or body, and findable by its x-request-id', () => {
    const [stage = {}] = Object.values(ofType(template(), 'AWS::ApiGatewayV2::Stage'));
    const format = String((stage['AccessLogSettings'] as Json)['Format']);
    const fields: Record<string, string> = JSON.parse(format);
    expect(fields['functionRequestId']).toBe('$context.integration.requestId');
    const allowed =
      /^\$context\.(requestTime|requestId|integration\.(requestId|status|latency|error)|identity\.sourceIp|routeKey|status|responseLatency|responseLength|error\.message|authorizer\.error)$/;
    for (const value of Object.values(fields)) expect(value).toMatch(allowed);
  });

  it('is for whichever partition it is deployed in', () => {
    const withoutParameters = template().text.replaceAll(/arn:aws(-cn)?:(acm|kms):[^"]*/g, '');
    expect(withoutParameters).not.toMatch(/arn:aws[:-]/);
    const hosts = withoutParameters.match(/[\w.]*amazonaws\.com[\w.]*/g) ?? [];
    expect([...new Set(hosts)].sort()).toEqual(
      ['apigateway.amazonaws.com', 'lambda.amazonaws.com'].sort(),
    );
  });

  it('gives every function the key of the log, which AWS makes and the template does not have', () => {
    for (const { Environment } of Object.values(functions())) {
      expect((Environment as { Variables: Json }).Variables['LOG_KEY']).toEqual(LOG_KEY);
    }
    expect(template().Resources['LogKey']).toMatchObject({
      Type: 'AWS::SecretsManager::Secret',
      Properties: { GenerateSecretString: { PasswordLength: 48, ExcludePunctuation: true } },
    });
    expect(template().Resources['LogKey']?.Properties).not.toHaveProperty('SecretString');
  });

  it('tells where the API is, and where alarms and permissions are', () => {
    expect(Object.keys(template().Outputs)).toEqual(
      expect.arrayContaining(['ApiUrl', 'AlarmTopicArn', 'PermissionTableName']),
    );
  });
});

describe('egress: public', () => {
  it('makes no network at all', () => {
    expect(templates.public.text).not.toMatch(/AWS::EC2|VpcConfig|ec2:|EgressIp/);
  });
});

describe.each(['fixed', 'given', 'provider', 'china'] as const)('egress: fixed, %s:', (variant) => {
  it('takes the functions that call WeCom inside, and no others', () => {
    const inside = Object.entries(ofType(templates[variant], 'AWS::Lambda::Function'))
      .filter(([, { VpcConfig }]) => VpcConfig !== undefined)
      .map(([id]) => id);
    expect(inside.sort()).toEqual(callersOf(variant));
  });

  it("lets Lambda attach the functions, and not the functions' own code", () => {
    const [allow, deny] = statements(templates[variant]).filter(
      ({ owner }) => owner === 'NetworkInterfacePolicy',
    );
    const { conditions: _, ...allowed } = allow ?? {};
    expect(deny).toMatchObject({ ...allowed, effect: 'Deny' });
    const { Roles } = templates[variant].Resources['NetworkInterfacePolicy']?.Properties ?? {};
    const roles = (Roles as Json[]).map(({ Ref }) => String(Ref));
    expect(roles.map((role) => role.replace('Role', 'LambdaFunction')).sort()).toEqual(
      callersOf(variant),
    );
    const denied = Object.values(deny?.conditions ?? {})
      .flatMap(Object.values)
      .flat();
    const names = denied.map((arn) => /function:wecom-auth-prod-(\w+)"/.exec(arn)?.[1] ?? '');
    const ids = names.map(
      (name) => `${name.charAt(0).toUpperCase()}${name.slice(1)}LambdaFunction`,
    );
    expect(ids.sort()).toEqual(callersOf(variant));
  });

  it('moves no function inside before the way out exists', () => {
    for (const id of callersOf(variant)) {
      expect(templates[variant].Resources[id]?.DependsOn).toEqual(
        expect.arrayContaining([
          'PrivateRoute',
          'PrivateSubnetARoutes',
          'PrivateSubnetBRoutes',
          'DynamoDbEndpoint',
        ]),
      );
    }
    expect(templates[variant].Resources['PrivateRoute']?.Properties['NatGatewayId']).toEqual({
      Ref: 'NatGateway',
    });
  });
});

describe('egress: fixed', () => {
  it('lets them out by one Elastic IP, which it prints and keeps', () => {
    const { Resources, Outputs } = templates.fixed;
    expect(Outputs['EgressIp']?.Value).toEqual({ Ref: 'EgressAddress' });
    expect(Resources['EgressAddress']).toMatchObject({
      Type: 'AWS::EC2::EIP',
      DeletionPolicy: 'RetainExceptOnCreate',
      UpdateReplacePolicy: 'Retain',
    });
    expect(Resources['NatGateway']?.Properties).toMatchObject({
      AllocationId: { 'Fn::GetAtt': ['EgressAddress', 'AllocationId'] },
    });
    expect(Resources['PrivateRoute']?.Properties).toMatchObject({
      DestinationCidrBlock: '0.0.0.0/0',
      NatGatewayId: { Ref: 'NatGateway' },
    });
    expect(Object.keys(ofType(templates.fixed, 'AWS::EC2::Subnet'))).toEqual([
      'PrivateSubnetA',
      'PrivateSubnetB',
      'PublicSubnet',
    ]);
  });

  it('reaches DynamoDB without the NAT gateway, and lets nobody in', () => {
    const { Resources } = templates.fixed;
    expect(Resources['DynamoDbEndpoint']?.Properties).toMatchObject({
      VpcEndpointType: 'Gateway',
      RouteTableIds: [{ Ref: 'PrivateRouteTable' }],
    });
    const group = Resources['FunctionSecurityGroup']?.Properties ?? {};
    expect(group['SecurityGroupIngress']).toBeUndefined();
    expect(group['SecurityGroupEgress']).toMatchObject([{ FromPort: 443, ToPort: 443 }]);
  });

  it('on the way back lets Lambda remove its interfaces before the policy is deleted', () => {
    // CloudFormation deletes in the reverse order, and a subnet or group only without interfaces.
    for (const id of ['FunctionSecurityGroup', 'PrivateSubnetA', 'PrivateSubnetB']) {
      expect(templates.fixed.Resources[id]?.DependsOn).toEqual(['NetworkInterfacePolicy']);
    }
    // A role that named the policy would lose it first, when it is updated.
    for (const role of Object.values(ofType(templates.fixed, 'AWS::IAM::Role'))) {
      expect(JSON.stringify(role)).not.toContain('NetworkInterfacePolicy');
    }
  });
});

describe('egress: fixed, with an address that exists', () => {
  const { egressAllocationId, egressIp } = VARIANTS.given;

  it('uses it, shows it, and makes none', () => {
    const { Resources, Outputs } = templates.given;
    expect(ofType(templates.given, 'AWS::EC2::EIP')).toEqual({});
    expect(Resources['NatGateway']?.Properties).toMatchObject({ AllocationId: egressAllocationId });
    expect(Outputs['EgressIp']?.Value).toBe(egressIp);
  });
});

describe('the same stage in two regions of an account', () => {
  it.each(variants)('has no name that is global in the account, %s', (variant) => {
    const { Dashboard } = ofType(templates[variant], 'AWS::CloudWatch::Dashboard');
    expect(Dashboard?.['DashboardName']).toEqual({ 'Fn::Sub': `wecom-auth-prod-\${AWS::Region}` });
    // IAM's names and those of buckets are global: CloudFormation makes them up.
    for (const { Type, Properties = {} } of Object.values(templates[variant].Resources)) {
      if (!/^AWS::(IAM|S3)::/.test(Type)) continue;
      for (const name of ['RoleName', 'ManagedPolicyName', 'BucketName']) {
        expect(Properties[name], `${Type} ${name}`).toBeUndefined();
      }
    }
  });
});

describe('what a stage can ask for', () => {
  it('gives each function its memory', () => {
    const sizes = (variant: Variant) =>
      new Set(
        Object.values(ofType(templates[variant], 'AWS::Lambda::Function')).map(
          (each) => each['MemorySize'],
        ),
      );
    expect(sizes('fixed')).toEqual(new Set([512]));
    expect(sizes('china')).toEqual(new Set([1024]));
  });

  it('lets the functions that read parameters decrypt with a key of its own, and nothing else', () => {
    expect(templates.fixed.text).not.toContain('kms:');
    const { parameterKeyArn } = VARIANTS.given;
    const decrypting = statements(templates.given).filter(({ actions }) =>
      actions.some((action) => action.startsWith('kms:')),
    );
    expect(decrypting).toMatchObject([
      {
        owner: 'ParameterKeyPolicy',
        effect: 'Allow',
        actions: ['kms:Decrypt'],
        resources: [parameterKeyArn],
        conditions: {
          StringEquals: { 'kms:ViaService': [expect.stringContaining('ssm.')] },
          StringLike: {
            'kms:EncryptionContext:PARAMETER_ARN': [
              expect.stringMatching(/:parameter\/wecom-auth\/prod\/\*/),
            ],
          },
        },
      },
    ]);
    const { Roles } = templates.given.Resources['ParameterKeyPolicy']?.Properties ?? {};
    const readers = statements(templates.given)
      .filter(({ actions }) => actions.includes('ssm:GetParameter'))
      .map(({ owner }) => owner);
    expect((Roles as Json[]).map(({ Ref }) => String(Ref)).sort()).toEqual(readers.sort());
  });

  it('has the OpenID provider, or nothing of it', () => {
    const { Resources, text } = templates.provider;
    expect(Object.keys(Resources)).toEqual(expect.arrayContaining(PROVIDER));
    expect(text).toContain('"OPENID_PROVIDER":"true","PROVIDER_SESSION_SECONDS":"43200"');
    // The others have no domain of their own, or do without the provider.
    for (const variant of ['fixed', 'public', 'china'] as const) {
      expect(templates[variant].text).toContain('"OPENID_PROVIDER":"false"');
      expect(templates[variant].text).not.toMatch(/OpenidRole|OpenidToken|oauth2|-openid\b/);
    }
  });

  it('has the console, or nothing of it', () => {
    expect(Object.keys(templates.china.Resources)).toEqual(expect.arrayContaining(CONSOLE));
    expect(templates.china.text).not.toMatch(/AdminClients|adminClients/);
    for (const variant of ['fixed', 'public'] as const) {
      expect(templates[variant].text).not.toMatch(
        /Admin(Directory|Permissions|Clients)|ConsoleAlarm/,
      );
    }
  });

  it('counts the throttled requests of each function that calls WeCom', () => {
    for (const variant of variants) {
      const { ThrottlesAlarm = {} } = ofType(templates[variant], 'AWS::CloudWatch::Alarm');
      const metrics = ThrottlesAlarm['Metrics'] as { Id: string; Expression?: string }[];
      const [sum, ...counted] = metrics;
      const refs = JSON.stringify(counted).matchAll(/"Ref":"(\w+)"/g);
      expect(Array.from(refs, ([, id]) => id).sort()).toEqual(callersOf(variant));
      const filled = counted.map(({ Id }) => `FILL(${Id}, 0)`);
      expect(sum?.Expression?.split(' + ')).toEqual(filled);
    }
  });

  it('has as many metrics of alarms as docs/cost.md counts', () => {
    const countOf = (variant: Variant) =>
      Object.values(ofType(templates[variant], 'AWS::CloudWatch::Alarm')).reduce((sum, alarm) => {
        const metrics = alarm['Metrics'] as { MetricStat?: unknown }[] | undefined;
        return sum + (metrics?.filter(({ MetricStat }) => MetricStat !== undefined).length ?? 1);
      }, 0);
    const cost = readFileSync('docs/cost.md', 'utf8');
    const [, own] = /(\d+) alarm metrics, about/.exec(cost) ?? [];
    const [, ofProvider] = /The OpenID provider adds (\d+) alarm metrics/.exec(cost) ?? [];
    expect(countOf('public')).toBe(Number(own));
    const [, ofConsole] = /The console adds (\d+) alarm metrics/.exec(cost) ?? [];
    expect(countOf('given')).toBe(Number(own) + Number(ofProvider) + Number(ofConsole));
    // The two alarms of an event bus.
    expect(countOf('provider')).toBe(countOf('given') + 2);
  });

  it("shows in the dashboard's last lines the logs of all functions that sign-in and verify need", () => {
    for (const variant of variants) {
      const { DashboardBody } =
        ofType(templates[variant], 'AWS::CloudWatch::Dashboard')['Dashboard'] ?? {};
      const body = JSON.stringify(DashboardBody);
      // Beside the callers: authorize and jwks.
      const count = callersOf(variant).length + 2 + (WITH_BUS.includes(variant) ? 1 : 0);
      expect(body.match(/SOURCE '/g)).toHaveLength(count);
    }
  });

  it("shows in the dashboard's graph of Lambda the functions that call WeCom", () => {
    for (const variant of variants) {
      const { DashboardBody } =
        ofType(templates[variant], 'AWS::CloudWatch::Dashboard')['Dashboard'] ?? {};
      const body = String((DashboardBody as Json)['Fn::Sub']);
      const shown = body.matchAll(/"Throttles", "(?:FunctionName|\.)", "\$\{(\w+)\}"/g);
      expect(Array.from(shown, ([, id]) => id).sort()).toEqual(callersOf(variant));
    }
  });

  it('protects the permission table unless told not to', () => {
    const protectedIn = (variant: Variant) =>
      String(
        ofType(templates[variant], 'AWS::DynamoDB::Table')['PermissionTable']?.[
          'DeletionProtectionEnabled'
        ],
      );
    expect(protectedIn('fixed')).toBe('true');
    expect(protectedIn('china')).toBe('false');
  });

  it('traces with X-Ray', () => {
    const modes = (variant: Variant) =>
      Object.values(ofType(templates[variant], 'AWS::Lambda::Function')).map(
        ({ TracingConfig }) => (TracingConfig as Json | undefined)?.['Mode'],
      );
    expect(new Set(modes('china'))).toEqual(new Set(['Active']));
    expect(new Set(modes('fixed'))).toEqual(new Set([undefined]));
    expect(templates.fixed.text).not.toContain('xray:');
    for (const role of Object.values(ofType(templates.china, 'AWS::IAM::Role'))) {
      expect(role['ManagedPolicyArns']).toContainEqual({ Ref: 'XrayPolicy' });
    }
  });

  it('bounds the instances of the functions that call WeCom', () => {
    const bounded = (variant: Variant) =>
      Object.entries(ofType(templates[variant], 'AWS::Lambda::Function'))
        .filter(([, each]) => each['ReservedConcurrentExecutions'] !== undefined)
        .map(([id]) => id)
        .sort();
    expect(bounded('china')).toEqual(callersOf('china'));
    expect(bounded('fixed')).toEqual([]);
  });

  it("asks API Gateway's IAM authorizer who may ask verify", () => {
    const authorization = (variant: Variant) =>
      Object.values(ofType(templates[variant], 'AWS::ApiGatewayV2::Route'))
        .filter((each) => each['AuthorizationType'] === 'AWS_IAM')
        .map((each) => each['RouteKey']);
    expect(authorization('china')).toEqual(['GET /api/wecom/verify/{userId}']);
    expect(authorization('fixed')).toEqual([]);
  });

  it('has a domain of its own, which sessions name as their issuer', () => {
    const { Resources, Outputs } = templates.china;
    expect(Resources['ApiDomain']?.Properties).toMatchObject({ DomainName: 'signin.mycompany.cn' });
    expect(Outputs['ApiUrl']?.Value).toBe('https://signin.mycompany.cn');
    expect(Outputs['DomainTarget']).toBeDefined();
    expect(templates.china.text).toContain('"SESSION_ISSUER":"https://signin.mycompany.cn"');
    expect(templates.fixed.text).not.toContain('AWS::ApiGatewayV2::DomainName');
  });

  it('has no other name beside its own domain', () => {
    const disabled = (variant: Variant) =>
      Object.values(ofType(templates[variant], 'AWS::ApiGatewayV2::Api')).map(
        (api) => api['DisableExecuteApiEndpoint'],
      );
    expect(disabled('china')).toEqual([true]);
    expect(disabled('fixed')).toEqual([false]);
  });

  it('sends alarms to an address', () => {
    const topic = (variant: Variant) => ofType(templates[variant], 'AWS::SNS::Topic')['AlarmTopic'];
    expect(topic('china')?.['Subscription']).toEqual([
      { Protocol: 'email', Endpoint: 'operator@mycompany.cn' },
    ]);
    expect(topic('fixed')?.['Subscription']).toEqual([]);
  });
});
