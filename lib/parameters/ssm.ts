import { ConfigurationError, ParameterUnavailable } from '../errors.ts';
import type { FetchParameter } from './parameter.ts';

/**
 * SSM Parameter Store. Its client is loaded when a parameter is really needed: an instance that
 * finds the access_token in DynamoDB never pays for it.
 *
 * One retry and short limits, not the SDK's defaults (three attempts, no time-out): a reader holds
 * the token's lease meanwhile, and a remembered value can serve.
 */
export function createSsm(): FetchParameter {
  const load = async () => {
    const { GetParameterCommand, SSMClient } = await import('@aws-sdk/client-ssm');
    const client = new SSMClient({
      maxAttempts: 2,
      requestHandler: {
        connectionTimeout: 500,
        requestTimeout: 1_000,
        throwOnRequestTimeout: true,
      },
    });
    return (name: string) =>
      client.send(new GetParameterCommand({ Name: name, WithDecryption: true }));
  };
  let loaded: ReturnType<typeof load> | undefined;

  return async function fetchParameter(name) {
    loaded ??= load();
    try {
      const { Parameter } = await (await loaded)(name);
      const written = Parameter?.LastModifiedDate?.toISOString() ?? '';
      const version = String(Parameter?.Version ?? 0).padStart(9, '0');
      return { value: Parameter?.Value ?? '', revision: `${written}#${version}` };
    } catch (error) {
      const reason = error instanceof Error ? error.name : 'unknown';
      if (reason === 'ParameterNotFound') {
        throw new ConfigurationError('A parameter is missing in SSM', {
          parameter: name,
          advice: `Create the SecureString ${name} in SSM Parameter Store.`,
        });
      }
      throw new ParameterUnavailable('SSM did not give a parameter', { parameter: name, reason });
    }
  };
}
