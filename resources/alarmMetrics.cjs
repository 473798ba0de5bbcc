/*
 * The metrics of the alarms that add up several. Each costs 0.10 USD a month.
 *
 * A metric without a data point in a period has none in a sum either, and most of these have one only
 * when something happens. So each is filled with zeros.
 */

const PERIOD_SECONDS = 900;

/** One metric of an alarm, summed up. */
const metric = (Id, Namespace, MetricName, dimensions, Period = PERIOD_SECONDS) => ({
  Id,
  ReturnData: false,
  MetricStat: {
    Metric: {
      Namespace,
      MetricName,
      Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
    },
    Stat: 'Sum',
    Period,
  },
});

const requests = (Id, name, fault) =>
  metric(Id, 'WecomAuth', 'Requests', { stage: `\${sls:stage}`, function: name, fault });

/**
 * How many requests failed by this fault. A fault that a few requests always have counts only in
 * functions where at least one request in five has it (`share`); any other counts alone (`all`).
 *
 * @param fault of the metric `Requests`
 */
function faults(fault, { all = [], share = [] }) {
  const failed = (at) => `FILL(f${at}, 0)`;
  const names = [...all, ...share];
  const terms = names.map((name, at) =>
    all.includes(name) ? failed(at) : `IF(${failed(at)} * 4 >= FILL(n${at}, 0), ${failed(at)}, 0)`,
  );
  return [
    { Id: 'failed', Label: `Requests with the fault ${fault}`, Expression: terms.join(' + ') },
    ...names.map((name, at) => requests(`f${at}`, name, fault)),
    ...names.flatMap((name, at) =>
      share.includes(name) ? [requests(`n${at}`, name, 'none')] : [],
    ),
  ];
}

/** The throttled requests of some functions. @param names as CloudFormation's logical ids begin */
function throttles(names) {
  return [
    {
      Id: 'throttles',
      Label: 'Throttled requests of the functions that call WeCom',
      Expression: names.map((_, at) => `FILL(m${at}, 0)`).join(' + '),
    },
    ...names.map((name, at) =>
      metric(
        `m${at}`,
        'AWS/Lambda',
        'Throttles',
        { FunctionName: { Ref: `${name}LambdaFunction` } },
        300,
      ),
    ),
  ];
}

/**
 * The metrics of each alarm by its name in resources/alarms.yml.
 *
 * The requests of `callback` without a stored key have the fault operator, and those of a program with
 * a wrong secret at `openidToken` too. Anyone can send both, so the alarm leaves them out: a 5xx of
 * these functions is in the alarm server-errors.
 *
 * @param hasProvider whether the stage has the OpenID provider
 * @param callers the functions that call WeCom, as CloudFormation's logical ids begin
 */
exports.alarmMetrics = (hasProvider, callers) => {
  const provider = (...names) => (hasProvider ? names : []);
  return {
    wecom: faults('wecom', {
      share: ['getUserInfo', 'verify', ...provider('openid', 'openidToken')],
    }),
    administrator: faults('administrator', { share: ['getUserInfo', ...provider('openid')] }),
    operator: faults('operator', {
      all: ['authorize', 'getUserInfo', 'verify', 'jwks'],
      share: provider('openid'),
    }),
    aws: faults('aws', {
      all: [
        ...['authorize', 'getUserInfo', 'verify', 'callback', 'jwks'],
        ...provider('openid', 'openidToken'),
      ],
    }),
    throttles: throttles(callers),
  };
};
