import { fromEnv } from '@aws-sdk/credential-provider-env';

/**
 * Takes the place of `@aws-sdk/credential-provider-node` in the bundles (`alias` in serverless.yml):
 * Lambda has its credentials in the environment for as long as the instance lives, and the other
 * ways to get some, which the SDK would bring along, are 38 kB that every cold start would load.
 */
export const defaultProvider = fromEnv;
