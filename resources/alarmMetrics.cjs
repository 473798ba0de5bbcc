/*
 * The metrics of the alarms that count up to a number. Each costs 0.10 USD a month.
 *
 * Most have a data point only when something happens. Without one in a period a sum has none either, and
 * CloudWatch evaluates an older period in its place. So each is filled with zeros.
 */

const HOUR = 3600;
/** Of the alarms that look at how long something lasts. */
const HALF_HOUR = 1800;

/** One metric of an alarm. */
const metric = (Id, Namespace, MetricName, dimensions, Period, Stat = 'Sum') => ({
  Id,
  ReturnData: false,
  MetricStat: {
    Metric: {
      Namespace,
      MetricName,
      Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
    },
    Stat,
    Period,
  },
});

const own = (Id, name, dimensions, Period, Stat) =>
  metric(Id, 'WecomAuth', name, { stage: `\${sls:stage}`, ...dimensions }, Period, Stat);

const requests = (Id, name, fault, Period) =>
  own(Id, 'Requests', { function: name, fault }, Period);
/** Those that came to an end, not by the visitor's mistake. @param Stat `Sum`: the successful ones */
const signIns = (Id, name, Period, Stat) => own(Id, 'SignIns', { function: name }, Period, Stat);

const filled = (Id) => `FILL(${Id}, 0)`;
const sum = (ids) => ids.map(filled).join(' + ');

/** An alarm's expression and its metrics. */
const alarm = (Label, Expression, metrics) => [{ Id: 'result', Label, Expression }, ...metrics];

/** An alarm of one metric. */
const counted = (Label, one) => alarm(Label, filled(one.Id), [one]);

/**
 * The requests that failed because of WeCom, of the functions where they are at least a fifth. New
 * sign-ins are compared with new sign-ins: those who are signed in already need no WeCom.
 */
function wecom(hasProvider) {
  const compared = {
    getUserInfo: (Id) => signIns(Id, 'getUserInfo', HOUR, 'Sum'),
    verify: (Id) => requests(Id, 'verify', 'none', HOUR),
    ...(hasProvider && {
      openid: (Id) => signIns(Id, 'openid', HOUR, 'Sum'),
      openidToken: (Id) => requests(Id, 'openidToken', 'none', HOUR),
    }),
  };
  const each = Object.entries(compared);
  const terms = each.map(
    (_, at) => `IF(${filled(`f${at}`)} * 4 >= ${filled(`n${at}`)}, ${filled(`f${at}`)}, 0)`,
  );
  return alarm('Requests that failed because of WeCom', terms.join(' + '), [
    ...each.map(([name], at) => requests(`f${at}`, name, 'wecom', HOUR)),
    ...each.map(([, others], at) => others(`n${at}`)),
  ]);
}

/** The members whom a setting in WeCom's console keeps out, if they are a fifth of the sign-ins. */
function administrator(hasProvider) {
  const names = hasProvider ? ['getUserInfo', 'openid'] : ['getUserInfo'];
  const ids = names.map((_, at) => `s${at}`);
  return alarm(
    'Members whom a setting in the console keeps out',
    `IF(FILL(m, 0) * 4 >= ${sum(ids)}, FILL(m, 0), 0)`,
    [
      own('m', 'MembersKeptOut', {}, HOUR),
      ...names.map((name, at) => signIns(`s${at}`, name, HOUR, 'Sum')),
    ],
  );
}

const failures = (fault) => counted(`Failures by ${fault}`, own('m', 'Failures', { fault }, HOUR));

/** What a filter of the access log counts. */
const ofAccessLog = (label, name) =>
  counted(label, metric('m', `WecomAuth/\${sls:stage}`, name, {}, HOUR));

/** The crashes and timeouts of a function, which leave no line of ours. */
const errorsOf = (Id, name) =>
  metric(Id, 'AWS/Lambda', 'Errors', { FunctionName: { Ref: `${name}LambdaFunction` } }, HOUR);

function crashes(label, functions) {
  const ids = functions.map((_, at) => `e${at}`);
  return alarm(
    label,
    sum(ids),
    functions.map((name, at) => errorsOf(`e${at}`, name)),
  );
}

/** Requests that ended in a defect, and crashes and timeouts. */
function defects(functions) {
  const ids = functions.map((_, at) => `e${at}`);
  return alarm('Defects, crashes and timeouts', sum(['d', ...ids]), [
    own('d', 'Failures', { fault: 'wecom-auth' }, HOUR),
    ...functions.map((name, at) => errorsOf(`e${at}`, name)),
  ]);
}

/**
 * How many tried to sign in while at most one in five came to an end, apart for front ends and for
 * programs. A sign-in that failed by somebody's fault but the visitor's came to an end here, because
 * another alarm counts it.
 */
function noSignIns(hasProvider) {
  const nobody = (tries, ended) => `IF(${filled(ended)} * 5 <= ${tries}, ${tries}, 0)`;
  const terms = [nobody(sum(['a0', 'a1', 'a2']), 's0')];
  const metrics = [
    requests('a0', 'authorize', 'none', HALF_HOUR),
    requests('a1', 'authorize', 'visitor', HALF_HOUR),
    requests('a2', 'getUserInfo', 'visitor', HALF_HOUR),
    signIns('s0', 'getUserInfo', HALF_HOUR, 'SampleCount'),
  ];
  if (hasProvider) {
    terms.push(nobody(sum(['b0', 'b1']), 's1'));
    metrics.push(
      own('b0', 'SignInsBegun', {}, HALF_HOUR),
      requests('b1', 'openid', 'visitor', HALF_HOUR),
      signIns('s1', 'openid', HALF_HOUR, 'SampleCount'),
    );
  }
  return alarm('Who tried to sign in while nearly nobody did', terms.join(' + '), metrics);
}

/**
 * The refused requests of programs, where they are at least a fifth; and the members who signed in, where
 * programs got tokens for at most one in five. A refused code counts as the visitor's, because anybody
 * can send one.
 */
function program() {
  const share = (refused, others) =>
    `IF(${filled(refused)} * 4 >= ${filled(others)}, ${filled(refused)}, 0)`;
  const withoutTokens = `IF(${filled('n1')} * 5 <= ${filled('m')}, ${filled('m')}, 0)`;
  const terms = [share('p0', 's1'), share('p1', 'n1'), withoutTokens];
  return alarm('Refused requests of programs, and members without tokens', terms.join(' + '), [
    requests('p0', 'openid', 'program', HALF_HOUR),
    signIns('s1', 'openid', HALF_HOUR, 'SampleCount'),
    requests('p1', 'openidToken', 'program', HALF_HOUR),
    requests('n1', 'openidToken', 'none', HALF_HOUR),
    signIns('m', 'openid', HALF_HOUR, 'Sum'),
  ]);
}

/** The refused requests of verify, where at most one in ten is answered. */
function verifyRefused() {
  return alarm('Refused requests of verify', 'IF(FILL(n, 0) * 10 <= FILL(r, 0), FILL(r, 0), 0)', [
    requests('r', 'verify', 'visitor', HALF_HOUR),
    requests('n', 'verify', 'none', HALF_HOUR),
  ]);
}

/** The throttled requests of some functions. */
function throttles(functions) {
  const ids = functions.map((_, at) => `m${at}`);
  return alarm(
    'Throttled requests of the functions that call WeCom',
    sum(ids),
    functions.map((name, at) =>
      metric(
        `m${at}`,
        'AWS/Lambda',
        'Throttles',
        { FunctionName: { Ref: `${name}LambdaFunction` } },
        300,
      ),
    ),
  );
}

/**
 * The metrics of each alarm by its name in resources/alarms.yml.
 *
 * @param hasProvider whether the stage has the OpenID provider
 * @param callers the functions that call WeCom, as CloudFormation's logical ids begin
 * @param consoleFunctions those of the console, in the same form
 */
exports.alarmMetrics = (hasProvider, callers, consoleFunctions) => ({
  wecom: wecom(hasProvider),
  administrator: administrator(hasProvider),
  operator: failures('operator'),
  aws: failures('aws'),
  defects: defects([
    ...['Authorize', 'GetUserInfo', 'Verify', 'Callback', 'Jssdk', 'Jwks', 'OpenidConfiguration'],
    ...(hasProvider ? ['Openid', 'OpenidToken'] : []),
  ]),
  noSignIns: noSignIns(hasProvider),
  program: program(),
  verifyRefused: verifyRefused(),
  serverErrors: counted(
    '5xx responses',
    metric('m', 'AWS/ApiGateway', '5xx', { ApiId: { Ref: 'HttpApi' }, Stage: '$default' }, HOUR),
  ),
  apiThrottles: ofAccessLog('Throttled requests', 'ThrottledRequests'),
  gatewayFailures: ofAccessLog('Requests without an answer of a function', 'GatewayFailures'),
  callbackKeys: counted(
    'Callbacks that cannot be decrypted',
    own('m', 'CallbackUndecryptable', {}, HOUR),
  ),
  throttles: throttles(callers),
  console: crashes('Crashes and timeouts of the console', consoleFunctions),
});
