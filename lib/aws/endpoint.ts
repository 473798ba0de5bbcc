/**
 * Where a service is asked: where the environment says, by AWS's own variables; else in the region,
 * in either partition.
 *
 * @returns an origin, perhaps with a path
 */
export function awsEndpoint(service: 'dynamodb' | 'ssm', region: string): string {
  const configured =
    process.env[`AWS_ENDPOINT_URL_${service.toUpperCase()}`] || process.env['AWS_ENDPOINT_URL'];
  if (configured) return configured;
  return `https://${service}.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`;
}
