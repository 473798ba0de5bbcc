const { alarmMetrics } = require('./alarmMetrics.cjs');

const file = (name, part = '') => `\${file(./resources/${name})${part}}`;

const functionArn = (name) => ({ 'Fn::Sub': `\${self:custom.arns.function}-${name}` });

const uncapitalized = (name) => `${name.charAt(0).toLowerCase()}${name.slice(1)}`;

const logsOf = (names) =>
  names.map((name) => `SOURCE '/aws/lambda/\${self:service}-\${sls:stage}-${name}' | `).join('');

/** Lines of the dashboard's graph of Lambda, after another function's. */
const lambdaMetricsOf = (names) =>
  names
    .flatMap((name) => {
      const ofFunction = `"\${${name.charAt(0).toUpperCase()}${name.slice(1)}LambdaFunction}"`;
      return [
        `, [".", "Throttles", ".", ${ofFunction}, { "stat": "Sum", "label": "${name} throttled" }]`,
        `, [".", "Errors", ".", ".", { "stat": "Sum", "label": "${name} crashed" }]`,
      ];
    })
    .join('');

/** Of `npm start`, or of this machine's stack for `serverless invoke local`. */
const LOCAL_EVENT_QUEUE = `\${env:EVENT_QUEUE, self:custom.localStack.eventQueue}`;

/**
 * Values that depend on a stage's parameters and need more than a variable. Unlike CloudFormation's
 * conditions, they leave the unused half out of the template.
 */
module.exports = async ({ resolveVariable }) => {
  const param = (name) => resolveVariable(`param:${name}`);
  const isTraced = String(await param('xray')) === 'true';
  const domainName = await param('domainName');
  const domainProof = await param('domainProof');
  const alarmEmail = await param('alarmEmail');
  const reservedConcurrency = Number(await param('reservedConcurrency'));
  const verifyAccess = await param('verifyAccess');
  const egress = await param('egress');
  const egressAllocationId = await param('egressAllocationId');
  const parameterKeyArn = await param('parameterKeyArn');
  const openidProvider = String(await param('openidProvider'));
  const hasProvider = openidProvider === 'auto' ? Boolean(domainName) : openidProvider === 'true';
  const adminConsole = String(await param('adminConsole'));
  const hasConsole = adminConsole === 'auto' ? Boolean(domainName) : adminConsole === 'true';
  const hasClientsConsole = hasConsole && hasProvider;
  /** Those of the console that call WeCom. */
  const consoleCallers = [
    ...(hasConsole ? ['AdminDirectory', 'AdminPermissions'] : []),
    ...(hasClientsConsole ? ['AdminClients'] : []),
  ];
  const consoleFunctions = [...(hasConsole ? ['AdminPage'] : []), ...consoleCallers];
  const consoleNames = consoleCallers.map(uncapitalized);
  /** The functions that call WeCom, as CloudFormation's logical ids begin. */
  const callers = ['GetUserInfo', 'Verify', 'Callback', 'Jssdk'];
  if (hasProvider) callers.push('Openid', 'OpenidToken', 'SignOuts');
  callers.push(...consoleCallers);

  const isLocal = (await param('environment')) === 'local';
  const hasEvents = Boolean(await param('eventBus'));
  /** All but domainProof, as CloudFormation's logical ids begin. */
  const functions = [
    ...['Authorize', 'PersonChanges', 'Jwks', 'OpenidConfiguration', 'NotFound'],
    ...callers,
    ...(hasConsole ? ['AdminPage'] : []),
    ...(hasEvents ? ['PublishEvents'] : []),
  ];
  /** The functions that read a SecureString, as CloudFormation's logical ids begin. */
  const parameterReaders = [...callers, 'Jwks'];
  /** The functions that send events, as CloudFormation's logical ids begin. */
  const senders = ['GetUserInfo', 'Callback', 'PersonChanges'];
  if (hasProvider) senders.push('Openid');
  if (hasConsole) senders.push('AdminPermissions');

  const xrayPolicy = isTraced ? [{ Ref: 'XrayPolicy' }] : [];
  return {
    // Without a custom domain the API has the name that AWS assigns.
    apiUrl: domainName ? `https://${domainName}` : file('httpApi.yml', ':url'),
    verifyRoute: {
      method: 'GET',
      path: '/api/wecom/verify/{userId}',
      ...(verifyAccess === 'iam' && { authorizer: { type: 'aws_iam' } }),
    },
    // An environment variable is a string.
    corsOrigins: [await param('corsOrigins')].flat().join(' '),
    domainProofEvents: domainProof ? [{ httpApi: `GET /WW_verify_${domainProof}.txt` }] : [],
    hasProvider: String(hasProvider),
    openid: {
      functions: hasProvider ? file('openid.yml') : {},
      roles: hasProvider ? file('roles.yml', ':openid') : {},
      extensions: hasProvider ? file('egress.yml', `:${egress}.openid`) : {},
      // Of the dashboard's query, which fails where it names a log that is not there.
      logs: hasProvider ? logsOf(['openid', 'openidToken', 'signOuts']) : '',
      lambdaMetrics: hasProvider ? lambdaMetricsOf(['openid', 'openidToken', 'signOuts']) : '',
      signOuts: hasProvider ? file('signOuts.yml') : {},
      programAlarm: hasProvider ? file('programAlarm.yml') : {},
      // Of the dashboard's list.
      alarms: hasProvider
        ? ['Program', 'SignOuts', 'SignOutNotHandedOver']
            .map((name) => `, "\${${name}Alarm.Arn}"`)
            .join('')
        : '',
      /** What callback invokes. */
      invoked: [functionArn('personChanges'), ...(hasProvider ? [functionArn('signOuts')] : [])],
    },
    hasConsole: String(hasConsole),
    console: {
      functions: hasConsole ? file('console.yml', ':functions') : {},
      clients: hasClientsConsole ? file('console.yml', ':clients') : {},
      roles: hasConsole ? file('roles.yml', ':console') : {},
      clientsRole: hasClientsConsole ? file('roles.yml', ':consoleClients') : {},
      extensions: hasConsole ? file('egress.yml', `:${egress}.console`) : {},
      clientsExtension: hasClientsConsole ? file('egress.yml', `:${egress}.consoleClients`) : {},
      resources: hasConsole ? file('console.yml', ':resources') : {},
      // Of the dashboard.
      logs: logsOf(consoleNames),
      lambdaMetrics: lambdaMetricsOf(consoleNames),
      alarms: hasConsole ? `, "\${ConsoleAlarm.Arn}"` : '',
    },
    events: {
      functions: hasEvents ? file('events.yml', ':functions') : {},
      resources: hasEvents ? file('events.yml', ':resources') : {},
      // Of the functions that send events.
      environment: hasEvents
        ? { EVENT_QUEUE: isLocal ? LOCAL_EVENT_QUEUE : { Ref: 'EventQueue' } }
        : {},
      senders: senders.map((name) => ({ Ref: `${name}Role` })),
      // Of the dashboard.
      alarms: hasEvents ? `, "\${EventsAlarm.Arn}", "\${EventNotSentAlarm.Arn}"` : '',
      logs: hasEvents ? logsOf(['publishEvents']) : '',
    },
    callers: {
      roles: callers.map((name) => ({ Ref: `${name}Role` })),
      functionArns: callers.map((name) => functionArn(uncapitalized(name))),
    },
    alarmMetrics: alarmMetrics(hasProvider, callers, consoleFunctions),
    // A value of the command line is a string, which the framework would refuse.
    memorySize: Number(await param('memorySize')),
    reservedConcurrency: reservedConcurrency > 0 ? reservedConcurrency : null,
    egress: {
      address:
        egress === 'public' ? {} : file('egress.yml', egressAllocationId ? ':given' : ':own'),
      allocationId: egressAllocationId || { 'Fn::GetAtt': ['EgressAddress', 'AllocationId'] },
    },
    beforePermissionTable: [
      ...functions.map((name) => `${name}LambdaFunction`),
      'HttpApiStage',
      // It names every alarm, so they come before the table too.
      'Dashboard',
      ...(domainName ? ['ApiDomainMapping'] : []),
    ],
    parameterKey: parameterKeyArn ? file('parameterKey.yml') : {},
    parameterReaders: parameterReaders.map((name) => ({ Ref: `${name}Role` })),
    alarmSubscription: alarmEmail ? [{ Protocol: 'email', Endpoint: alarmEmail }] : [],
    // Attached to the roles. A policy that lists its roles itself is not here.
    policies: { callers: xrayPolicy, others: xrayPolicy },
    // With a custom domain the API is reached by that name only.
    disableDefaultEndpoint: Boolean(domainName),
    domain: domainName ? file('domain.yml') : {},
    xray: isTraced ? file('xray.yml') : {},
  };
};
