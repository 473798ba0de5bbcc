const file = (name, part = '') => `\${file(./resources/${name})${part}}`;

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
    reservedConcurrency: reservedConcurrency > 0 ? reservedConcurrency : null,
    alarmSubscription: alarmEmail ? [{ Protocol: 'email', Endpoint: alarmEmail }] : [],
    // Attached to the roles. A policy that lists its roles itself is not here.
    policies: { callers: xrayPolicy, others: xrayPolicy },
    // With a custom domain the API is reached by that name only.
    disableDefaultEndpoint: Boolean(domainName),
    domain: domainName ? file('domain.yml') : {},
    xray: isTraced ? file('xray.yml') : {},
  };
};
