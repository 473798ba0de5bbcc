import { ConfigurationError } from '../errors.ts';

/** What a request to AWS is signed with. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/**
 * The credentials of a Lambda function: in its environment for as long as the instance lives. A
 * person's come from profiles, SSO and more; see commands/deployment/awsIdentity.ts.
 *
 * @throws ConfigurationError
 */
export async function environmentCredentials(): Promise<Credentials> {
  const {
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_SESSION_TOKEN: sessionToken,
  } = process.env;
  if (!accessKeyId || !secretAccessKey) {
    throw new ConfigurationError('There are no AWS credentials in the environment', {
      advice: 'Lambda sets them; elsewhere set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.',
    });
  }
  return { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) };
}
