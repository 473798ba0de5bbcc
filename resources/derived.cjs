const file = (name, part = '') => `\${file(./resources/${name})${part}}`;

/**
 * What a stage has because of a parameter and cannot be had by putting the parameter in its place:
 * CloudFormation's own conditions would leave the unused half in the template.
 */
module.exports = async ({ resolveVariable }) => {
  const param = (name) => resolveVariable(`param:${name}`);
  const tracing = String(await param('xray')) === 'true';
  const domainName = await param('domainName');
  const domainProof = await param('domainProof');
  const alarmEmail = await param('alarmEmail');
  const reservedConcurrency = Number(await param('reservedConcurrency'));
  const verifyAccess = await param('verifyAccess');

  const xrayPolicy = tracing ? [{ Ref: 'XrayPolicy' }] : [];
  return {
    // Without a domain of its own the API is called what AWS calls it.
    apiUrl: domainName ? `https://${domainName}` : file('httpApi.yml', ':url'),
    verifyRoute: {
      method: 'GET',
      path: '/api/wecom/verify/{userId}',
      ...(verifyAccess === 'iam' && { authorizer: { type: 'aws_iam' } }),
    },
    // An environment variable is a text.
    corsOrigins: [await param('corsOrigins')].flat().join(' '),
    domainProofEvents: domainProof ? [{ httpApi: `GET /WW_verify_${domainProof}.txt` }] : [],
    reservedConcurrency: reservedConcurrency > 0 ? reservedConcurrency : null,
    alarmSubscription: alarmEmail ? [{ Protocol: 'email', Endpoint: alarmEmail }] : [],
    // Beside what each role grants. A policy that names its roles itself is not among them.
    policies: { callers: xrayPolicy, others: xrayPolicy },
    // With a domain of its own the API has no other name.
    disableDefaultEndpoint: Boolean(domainName),
    domain: domainName ? file('domain.yml') : {},
    xray: tracing ? file('xray.yml') : {},
  };
};
