import { type AwsOptions, type AwsService, createAwsJson } from '../aws/awsJson.ts';
import { ConfigurationError, ParameterUnavailable } from '../errors.ts';
import type { FetchParameter } from './parameter.ts';

const SSM: AwsService = {
  name: 'ssm',
  target: 'AmazonSSM',
  version: '1.1',
  // A parameter is at most 8 kB.
  bodyBytes: 64 * 1024,
};

/** What is answered to GetParameter, as far as anything here looks at it. */
interface GetParameterAnswer {
  readonly Parameter?: {
    readonly Value?: string;
    readonly Version?: number;
    /** Seconds since the epoch. */
    readonly LastModifiedDate?: number;
  };
}

/** SSM Parameter Store. Making it sends nothing. */
export function createSsm(options: AwsOptions): FetchParameter {
  const ask = createAwsJson(SSM, options);

  return async function fetchParameter(name) {
    const { output, refusal } = await ask('GetParameter', { Name: name, WithDecryption: true });
    if (refusal !== undefined) throw failed(name, refusal);
    const { Parameter } = output as GetParameterAnswer;
    // A line end that came along with a file or a paste is no part of any secret or key.
    const value = Parameter?.Value?.trim() ?? '';
    if (value === '') {
      throw new ConfigurationError('A parameter is empty in SSM', {
        parameter: name,
        advice: `Put a value into ${name} in SSM Parameter Store.`,
      });
    }
    const written = new Date((Parameter?.LastModifiedDate ?? 0) * 1_000).toISOString();
    const version = String(Parameter?.Version ?? 0).padStart(9, '0');
    return { value, revision: `${written}#${version}` };
  };
}

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
