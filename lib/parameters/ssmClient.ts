/**
 * What is needed of SSM's client, as a file of its own: `import()` it to load the client when a
 * parameter is needed, `import` it to load the client while the function starts up.
 */
export { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
