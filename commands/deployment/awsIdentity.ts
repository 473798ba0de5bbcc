import type { AwsOptions } from '../../lib/aws/awsJson.ts';

/** For a person, whose stage may be on the other side of the world. */
export const patience = { connectMilliseconds: 5_000, milliseconds: 10_000 };

/** The same, as the SDK's clients want to be told. */
export const requestHandler = {
  connectionTimeout: patience.connectMilliseconds,
  requestTimeout: patience.milliseconds,
  throwOnRequestTimeout: true,
};

/**
 * Whose requests to AWS these are, and where to: as AWS's own tools find out, by environment, profile,
 * SSO and more; and how long to wait. A function has all of it in its environment and needs none of this.
 *
 * @param region in place of the environment's or the profile's
 * @throws what the SDK throws where neither names a region
 */
export async function awsIdentity(
  region?: string,
): Promise<Required<Pick<AwsOptions, 'region' | 'credentials' | keyof typeof patience>>> {
  const { STSClient } = await import('@aws-sdk/client-sts');
  const { config } = new STSClient(region === undefined ? {} : { region });
  return { region: await config.region(), credentials: config.credentials, ...patience };
}

/** The ARN of whoever asks, as AWS sees it. @throws what the SDK throws where AWS does not say */
export async function callerArn(region?: string): Promise<string | undefined> {
  const { GetCallerIdentityCommand, STSClient } = await import('@aws-sdk/client-sts');
  const client = new STSClient({ ...(region && { region }), requestHandler });
  const identity = client.send(new GetCallerIdentityCommand());
  return (await identity.finally(() => client.destroy())).Arn;
}
