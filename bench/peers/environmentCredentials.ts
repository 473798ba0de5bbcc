/**
 * Lambda's credentials, in the peers' bundles in place of `@aws-sdk/credential-provider-node`: all
 * the ways to get credentials that a function has no use for would cost them 36 kB at every cold
 * start, and this comparison grants them what we know. The name is the SDK's.
 */
export const defaultProvider = () => async () => ({
  accessKeyId: process.env['AWS_ACCESS_KEY_ID'] ?? '',
  secretAccessKey: process.env['AWS_SECRET_ACCESS_KEY'] ?? '',
});
