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
    const { GetParameterCommand, SSMClient } = await import('./ssmClient.ts');
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
    const { Parameter } = await (await loaded)(name).catch((error: unknown) => {
      throw failed(name, error instanceof Error ? error.name : 'unknown');
    });
    // A line end that came along with a file or a paste is no part of any secret or key.
    const value = Parameter?.Value?.trim() ?? '';
    if (value === '') {
      throw new ConfigurationError('A parameter is empty in SSM', {
        parameter: name,
        advice: `Put a value into ${name} in SSM Parameter Store.`,
      });
    }
    const written = Parameter?.LastModifiedDate?.toISOString() ?? '';
    const version = String(Parameter?.Version ?? 0).padStart(9, '0');
    return { value, revision: `${written}#${version}` };
  };
}

/** By the error's name only: the SDK's messages quote roles and accounts. */
function failed(name: string, reason: string) {
  if (reason === 'ParameterNotFound') {
    return new ConfigurationError('A parameter is missing in SSM', {
      parameter: name,
      advice: `Create the SecureString ${name} in SSM Parameter Store.`,
    });
  }
  const denied = reason === 'AccessDeniedException' || reason.startsWith('KMS');
  return new ParameterUnavailable('SSM did not give a parameter', {
    parameter: name,
    reason,
    ...(denied && {
      advice: `Allow the function ssm:GetParameter on ${name}, and kms:Decrypt with its key.`,
    }),
  });
}
