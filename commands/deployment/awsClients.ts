import { type ClientLimits, clientSettings } from '../../lib/awsClient.ts';
import { systemClock } from '../../lib/clock.ts';

/** A person waits longer than a function, and the stage may be on another continent. */
const PATIENCE: ClientLimits = { connectMs: 5_000, answerMs: 10_000 };

/**
 * The settings of every AWS client in the commands. The SDK finds credentials and region as AWS's own
 * tools do: from the environment, the profile, SSO and so on.
 *
 * @param region overrides the region of the environment or the profile
 */
export function personalSettings(region?: string) {
  return { ...clientSettings(PATIENCE, systemClock), ...(region !== undefined && { region }) };
}

/** @returns the ARN of the caller's AWS identity. @throws the SDK's error */
export async function callerArn(region?: string): Promise<string | undefined> {
  const { GetCallerIdentityCommand, STSClient } = await import('@aws-sdk/client-sts');
  const client = new STSClient(personalSettings(region));
  const identity = client.send(new GetCallerIdentityCommand());
  return (await identity.finally(() => client.destroy())).Arn;
}

/** The name of an error of the SDK, or the code of a connection's error. */
export function nameOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // Connection errors have a code instead of a name of their own.
  return 'code' in error && error.name === 'Error' ? String(error.code) : error.name;
}
