import { fromEnv } from '@aws-sdk/credential-provider-env';

/**
 * Replaces `@aws-sdk/credential-provider-node` in the bundles (`alias` in serverless.yml). Lambda's
 * environment holds credentials for the life of the instance. The SDK's other providers are 38 kB
 * that every cold start would load.
 */
export const defaultProvider = fromEnv;
