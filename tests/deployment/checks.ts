import type { Inventory, LambdaFunction } from './inventory.ts';
import type { Results } from './results.ts';

/** The functions of a stage with the OpenID provider and the console. */
const FUNCTIONS = [
  'authorize',
  'getUserInfo',
  'verify',
  'callback',
  'jssdk',
  'personChanges',
  'jwks',
  'openidConfiguration',
  'domainProof',
  'notFound',
  'openid',
  'openidToken',
  'signOuts',
  'adminPage',
  'adminDirectory',
  'adminPermissions',
  'adminClients',
];
/** Those that call WeCom, and so leave AWS by the fixed address. */
const CALLERS = [
  'adminClients',
  'adminDirectory',
  'adminPermissions',
  'callback',
  'getUserInfo',
  'jssdk',
  'openid',
  'openidToken',
  'signOuts',
  'verify',
];
/** Those that an event reaches asynchronously, with the queue of what fails. */
const ASYNCHRONOUS: Record<string, string> = {
  personChanges: 'person-changes-dead-letters',
  signOuts: 'sign-outs-dead-letters',
};
const SERVICE = 'wecom-auth';

/** What a stage was deployed with. */
export interface Expected {
  readonly stage: string;
  readonly region: string;
  readonly domainName: string;
  readonly alarmEmail: string;
  readonly egress: 'public' | 'fixed';
  readonly requireState: boolean;
  readonly logRetentionDays: number;
  readonly throttleRate: number;
  readonly sessionSeconds: number;
}

/** Checks that all of a stage is there, as AWS's own client sees it. */
export function checkStage(results: Results, found: Inventory, expected: Expected): void {
  checkTables(results, found, expected);
  checkFunctions(results, found, expected);
  checkRoles(results, found, expected);
  checkApi(results, found, expected);
  checkRest(results, found, expected);
  checkNetwork(results, found, expected);
}

const nameIn = ({ stage }: Expected, name: string) => `${SERVICE}-${stage}-${name}`;

/** The functions of the stage by their short names. */
function functionsOf(found: Inventory, expected: Expected): [string, LambdaFunction][] {
  const prefix = nameIn(expected, '');
  return Object.entries(found.functions)
    .filter(([name]) => name.startsWith(prefix))
    .map(([name, each]) => [name.slice(prefix.length), each]);
}

function checkTables(results: Results, found: Inventory, expected: Expected): void {
  const shapeOf = (name: string) => {
    const table = found.tables[nameIn(expected, name)];
    return (
      table && {
        billing: table.BillingModeSummary.BillingMode,
        encryption: table.SSEDescription?.Status,
        timeToLive: [table.timeToLive.TimeToLiveStatus, table.timeToLive.AttributeName],
        pointInTimeRecovery: table.pointInTimeRecovery,
        deletionProtection: table.DeletionProtectionEnabled,
      }
    );
  };
  const both = {
    billing: 'PAY_PER_REQUEST',
    encryption: 'ENABLED',
    timeToLive: ['ENABLED', 'ttl'],
  };
  results.equal('the cache table: encryption, TTL, no backups', shapeOf('cache'), {
    ...both,
    pointInTimeRecovery: 'DISABLED',
    deletionProtection: false,
  });
  results.equal(
    'the permission table: encryption, TTL, backups, deletion protection',
    shapeOf('permissions'),
    { ...both, pointInTimeRecovery: 'ENABLED', deletionProtection: true },
  );
}

function checkFunctions(results: Results, found: Inventory, expected: Expected): void {
  const functions = functionsOf(found, expected);
  results.equal('the functions', functions.map(([name]) => name).sort(), [...FUNCTIONS].sort());
  results.none(
    'each has its package, runtime, memory and processor',
    functions
      .filter(
        ([name, each]) =>
          each.Handler !== `functions/${name}.handler` ||
          each.Runtime !== 'nodejs24.x' ||
          each.MemorySize !== 512 ||
          each.Architectures.join() !== 'arm64' ||
          !new URL(each.code).pathname.endsWith(`/${name}.zip`),
      )
      .map(([name]) => name),
  );
  results.none(
    'each has the role of its own name, which exists in the partition of China',
    functions
      .filter(([name, { Role }]) => {
        const role = Object.entries(found.roles).find(([, { arn }]) => arn === Role);
        const own = `${SERVICE}-${expected.stage}-${name.charAt(0).toUpperCase()}${name.slice(1)}Role-`;
        return !role?.[0].startsWith(own) || !Role.startsWith('arn:aws-cn:iam:');
      })
      .map(([name]) => name),
  );
  const variables: Record<string, string> = {
    STAGE: expected.stage,
    CACHE_TABLE: nameIn(expected, 'cache'),
    PERMISSION_TABLE: nameIn(expected, 'permissions'),
    WECOM_SECRET_PARAMETER: `/${SERVICE}/${expected.stage}/app-secret`,
    SESSION_KEYS_PARAMETER: `/${SERVICE}/${expected.stage}/session-keys`,
    SESSION_ISSUER: `https://${expected.domainName}`,
    SESSION_SECONDS: String(expected.sessionSeconds),
    OPENID_PROVIDER: 'true',
    REQUIRE_STATE: String(expected.requireState),
    PERSON_CHANGES_FUNCTION: nameIn(expected, 'personChanges'),
    SIGN_OUTS_FUNCTION: nameIn(expected, 'signOuts'),
  };
  results.none(
    'each has the variables of the stage',
    functions.flatMap(([name, { Environment }]) =>
      Object.entries(variables)
        .filter(([variable, value]) => Environment.Variables[variable] !== value)
        .map(([variable]) => `${variable} of ${name} is ${Environment.Variables[variable]}`),
    ),
  );
  results.equal(
    'what fails three times goes to a queue',
    Object.fromEntries(
      functions
        .filter(([, { asynchronous }]) => asynchronous !== null)
        .map(([name, { asynchronous }]) => [
          name,
          [
            asynchronous?.MaximumRetryAttempts,
            asynchronous?.DestinationConfig.OnFailure.Destination.split(':').at(-1),
          ],
        ]),
    ),
    Object.fromEntries(
      Object.entries(ASYNCHRONOUS).map(([name, queue]) => [name, [2, nameIn(expected, queue)]]),
    ),
  );
}

function checkRoles(results: Results, found: Inventory, expected: Expected): void {
  const roles = Object.entries(found.roles).filter(([name]) =>
    name.startsWith(nameIn(expected, '')),
  );
  results.equal('one role for each function', roles.length, FUNCTIONS.length);
  results.none(
    'Lambda alone may take them',
    roles
      .filter(([, { trust }]) =>
        trust.Statement.some(({ Principal }) => Principal.Service !== 'lambda.amazonaws.com'),
      )
      .map(([name]) => name),
  );
  results.none(
    'each names what it allows: the stage’s own, in the partition of China',
    roles.flatMap(([name, { inline }]) =>
      Object.values(inline)
        .flatMap(({ Statement }) => Statement.flatMap(({ Resource }) => [Resource].flat()))
        .filter(
          (arn) =>
            !arn.startsWith('arn:aws-cn:') ||
            !arn.includes(`${SERVICE}`) ||
            !arn.includes(expected.stage),
        )
        .map((arn) => `${arn} in ${name}`),
    ),
  );
  results.none(
    'each has a policy',
    roles.filter(([, { inline }]) => Object.keys(inline).length === 0).map(([name]) => name),
  );
}

function checkApi(results: Results, found: Inventory, expected: Expected): void {
  const api = found.apis[`${expected.stage}-${SERVICE}`];
  const routed = Object.values(api?.routes ?? {});
  results.none(
    'each route leads to a function that API Gateway may invoke',
    routed.filter((arn) => {
      const target = found.functions[arn.split(':').at(-1) ?? ''];
      const services = target?.policy.map(({ Principal }) => Principal.Service) ?? [];
      return !services.includes('apigateway.amazonaws.com');
    }),
  );
  results.equal(
    'the functions without a route',
    FUNCTIONS.filter((name) => !routed.some((arn) => arn.endsWith(`:${nameIn(expected, name)}`))),
    // domainProof has one if WeCom verifies the domain.
    ['personChanges', 'domainProof', 'signOuts'],
  );
  const [stage] = api?.stages ?? [];
  results.equal(
    'throttling, and a log of the requests',
    [
      stage?.StageName,
      stage?.DefaultRouteSettings['ThrottlingRateLimit'],
      stage?.DefaultRouteSettings['ThrottlingBurstLimit'],
      stage?.AccessLogSettings.DestinationArn.split(':').at(-1),
    ],
    ['$default', expected.throttleRate, 200, `/aws/http-api/${SERVICE}-${expected.stage}`],
  );
  results.equal(
    'the domain leads to the API, and AWS’s name does not',
    [
      found.domains[expected.domainName]?.mappings.map(({ ApiId }) => ApiId),
      api?.DisableExecuteApiEndpoint,
    ],
    [[api?.ApiId], true],
  );
}

function checkRest(results: Results, found: Inventory, expected: Expected): void {
  const stack = `${SERVICE}-${expected.stage}`;
  const groups = Object.entries(found.logGroups).filter(([name]) => isNameOf(expected.stage, name));
  results.equal(
    'a log group for each function and the API, with its retention',
    [groups.length, [...new Set(groups.map(([, days]) => days))]],
    [FUNCTIONS.length + 1, [expected.logRetentionDays]],
  );
  results.equal(
    'the queues, encrypted, for 14 days',
    Object.entries(found.queues)
      .filter(([name]) => name.startsWith(`${stack}-`))
      .map(([name, each]) => [name, each['SqsManagedSseEnabled'], each['MessageRetentionPeriod']])
      .sort(),
    Object.values(ASYNCHRONOUS).map((queue) => [nameIn(expected, queue), 'true', '1209600']),
  );
  const topics = Object.entries(found.topics).filter(([arn]) => arn.includes(`:${stack}-`));
  results.equal(
    'the topic of the alarms, with its subscriber',
    topics.map(([, subscriptions]) =>
      subscriptions.map(({ Protocol, Endpoint }) => [Protocol, Endpoint]),
    ),
    [[['email', expected.alarmEmail]]],
  );
  const alarms = Object.entries(found.alarms).filter(([name]) => name.startsWith(`${stack}-`));
  results.none(
    'each alarm tells the topic',
    alarms
      .filter(([, { AlarmActions }]) => AlarmActions.join() !== topics[0]?.[0])
      .map(([name]) => name),
  );
  results.equal(
    'there are alarms and a dashboard',
    [alarms.length > 0, found.dashboards.includes(`${stack}-${expected.region}`)],
    [true, true],
  );
  const outputs = found.stack?.outputs ?? {};
  const address = addressesOf(found, expected).map(({ PublicIp }) => PublicIp);
  results.equal(
    'the outputs',
    [
      outputs['ApiUrl'],
      outputs['PermissionTableName'],
      outputs['AlarmTopicArn'],
      outputs['EgressIp'],
    ],
    [
      `https://${expected.domainName}`,
      nameIn(expected, 'permissions'),
      topics[0]?.[0],
      expected.egress === 'fixed' ? address.at(-1) : undefined,
    ],
  );
  results.equal(
    'the output of the DNS record is in China',
    /\.execute-api\.cn-north-1\.amazonaws\.com\.cn$/.test(outputs['DomainTarget'] ?? ''),
    true,
  );
}

function checkNetwork(results: Results, found: Inventory, expected: Expected): void {
  const functions = functionsOf(found, expected);
  const inside = functions
    .filter(([, { VpcConfig }]) => (VpcConfig?.SubnetIds.length ?? 0) > 0)
    .map(([name]) => name)
    .sort();
  const attached = Object.entries(found.roles)
    .filter(([name, { attached }]) => name.startsWith(nameIn(expected, '')) && attached.length > 0)
    .map(([name]) => name.slice(nameIn(expected, '').length).split('Role-')[0]);
  if (expected.egress === 'public') {
    results.equal('no function is in a VPC, no role may attach one', [inside, attached], [[], []]);
    results.equal('no VPC and no NAT gateway', countOf(found), NO_NETWORK);
    return;
  }
  const { network } = found;
  results.equal('the functions that call WeCom are in the VPC, no other', inside, CALLERS);
  results.equal(
    'their roles may attach them, no other',
    attached.map((name) => `${name?.charAt(0).toLowerCase()}${name?.slice(1)}`).sort(),
    CALLERS,
  );
  const used = new Set(functions.flatMap(([, { VpcConfig }]) => VpcConfig?.SubnetIds ?? []));
  const zones = network.subnets
    .filter(({ SubnetId }) => used.has(SubnetId))
    .map(({ AvailabilityZone }) => AvailabilityZone);
  results.equal('in two zones of the region', zones.sort(), [
    `${expected.region}a`,
    `${expected.region}b`,
  ]);
  const groups = new Set(
    functions.flatMap(([, { VpcConfig }]) => VpcConfig?.SecurityGroupIds ?? []),
  );
  results.equal(
    'out by HTTPS alone, nothing in',
    network.securityGroups
      .filter(({ GroupId }) => groups.has(GroupId))
      .map(({ IpPermissions, IpPermissionsEgress }) => [
        IpPermissions.length,
        IpPermissionsEgress.map(({ FromPort }) => FromPort),
      ]),
    [[0, [443]]],
  );
  results.equal(
    'a NAT gateway with the stage’s address, and DynamoDB beside it',
    [
      network.gateways.flatMap((each) =>
        each.NatGatewayAddresses.map(({ AllocationId }) => AllocationId),
      ),
      network.endpoints.map(({ ServiceName }) => ServiceName),
    ],
    [
      [addressesOf(found, expected).at(-1)?.AllocationId],
      [`com.amazonaws.${expected.region}.dynamodb`],
    ],
  );
}

const NO_NETWORK = { vpcs: 0, subnets: 0, gateways: 0, endpoints: 0 };

function countOf({ network }: Inventory) {
  const { vpcs, subnets, gateways, endpoints } = network;
  return {
    vpcs: vpcs.length,
    subnets: subnets.length,
    gateways: gateways.length,
    endpoints: endpoints.length,
  };
}

/** The stage's Elastic IPs, in the order in which AWS lists them. */
export function addressesOf({ network }: Inventory, expected: Expected) {
  const name = nameIn(expected, 'egress');
  return network.addresses.filter(({ Tags = [] }) => Tags.some(({ Value }) => Value === name));
}

/** Checks that of a removed stage only what is kept on purpose is there. */
export function checkRemoved(results: Results, found: Inventory, expected: Expected): void {
  results.equal('the stack is gone', found.stack, null);
  const left = [
    ...Object.keys(found.tables),
    ...Object.keys(found.functions),
    ...Object.keys(found.roles),
    ...found.policies,
    ...Object.keys(found.logGroups),
    ...Object.keys(found.queues),
    ...Object.keys(found.topics),
    ...Object.keys(found.alarms),
    ...found.dashboards,
    ...found.secrets,
    ...found.buckets,
  ].filter((name) => isNameOf(expected.stage, name));
  results.equal('only the permission table is left', left, [nameIn(expected, 'permissions')]);
  results.equal(
    'no API, no domain, no network',
    [
      found.apis[`${expected.stage}-${SERVICE}`],
      found.domains[expected.domainName],
      countOf(found),
    ],
    [undefined, undefined, NO_NETWORK],
  );
}

/** @returns what belongs to a stage, of all that has a name */
export function ofStage(found: Inventory, { stage }: Expected) {
  const pick = (named: Readonly<Record<string, unknown>>) =>
    Object.fromEntries(Object.entries(named).filter(([name]) => isNameOf(stage, name)));
  const { tables, functions, roles, logGroups, queues, topics, alarms } = found;
  return {
    stack: found.stack,
    api: found.apis[`${stage}-${SERVICE}`],
    ...{ tables: pick(tables), functions: pick(functions), roles: pick(roles) },
    ...{ logGroups: pick(logGroups), queues: pick(queues), topics: pick(topics) },
    alarms: pick(alarms),
  };
}

/** The name of a resource, or its ARN. */
const isNameOf = (stage: string, name: string) =>
  new RegExp(`(^|[/:])${SERVICE}-${stage}(-|$)`).test(name);

/** @returns the paths of what differs between two inventories, without what changes by itself */
export function differences(before: unknown, after: unknown, path = ''): string[] {
  if (Object.is(before, after)) return [];
  const isObject = (value: unknown): value is Record<string, unknown> =>
    typeof value === 'object' && value !== null;
  if (!isObject(before) || !isObject(after)) return [path];
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names].flatMap((name) =>
    differences(before[name], after[name], path === '' ? name : `${path}/${name}`),
  );
}
