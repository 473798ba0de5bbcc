import { ConfigurationError } from './errors.ts';

/**
 * The credentials of a Lambda function, which are in its environment for as long as the instance
 * lives.
 *
 * In every bundle this stands in for `@aws-sdk/credential-provider-node` (`alias` in serverless.yml),
 * which brings profiles, SSO, STS, containers and EC2 with it, of no use there: 36 kB less to load at
 * every cold start, for the code it shares with DynamoDB's client is split off to be shared. What a
 * person runs by `node` keeps the SDK's own, profiles and all.
 *
 * The name is the SDK's.
 */
export const defaultProvider = () => async () => {
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
};
