import { clientSettings, type Patience } from '../../lib/awsClient.ts';
import { systemClock } from '../../lib/clock.ts';

/** Of a person, whose stage may be on the other side of the world. */
const PATIENCE: Patience = { connectMs: 5_000, answerMs: 10_000 };

/**
 * The settings of every client that a command makes. Who asks, and where, the SDK finds out as AWS's
 * own tools do: by environment, profile, SSO and more.
 *
 * @param region in place of the environment's or the profile's
 */
export function personalSettings(region?: string) {
  return { ...clientSettings(PATIENCE, systemClock), ...(region !== undefined && { region }) };
}

/** The ARN of whoever asks, as AWS sees it. @throws what the SDK throws where AWS does not say */
export async function callerArn(region?: string): Promise<string | undefined> {
  const { GetCallerIdentityCommand, STSClient } = await import('@aws-sdk/client-sts');
  const client = new STSClient(personalSettings(region));
  const identity = client.send(new GetCallerIdentityCommand());
  return (await identity.finally(() => client.destroy())).Arn;
}
