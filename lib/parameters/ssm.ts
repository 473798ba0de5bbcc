import {
  GetParameterCommand,
  type GetParameterCommandOutput,
  SSMClient,
} from '@aws-sdk/client-ssm';
import { clientSettings, FUNCTION_LIMITS, refusalOf } from '../awsClient.ts';
import type { Clock } from '../clock.ts';
import { ConfigurationError, ParameterUnavailable } from '../errors.ts';
import type { FetchParameter } from './parameter.ts';

/** The functions' client of SSM. Making it sends nothing. */
export function createSsmClient(clock: Clock): SSMClient {
  return new SSMClient(clientSettings(FUNCTION_LIMITS, clock));
}

/** Reads parameters from SSM, decrypted. A revision is the time of the write, with the version. */
export function createSsm(client: SSMClient): FetchParameter {
  return async function fetchParameter(name) {
    let answer: GetParameterCommandOutput;
    try {
      answer = await client.send(new GetParameterCommand({ Name: name, WithDecryption: true }));
    } catch (error) {
      throw failed(name, await refusalOf(error, client));
    }
    const { Value, Version, LastModifiedDate } = answer.Parameter ?? {};
    // Without them a new value could not be told from the one before.
    if (Value === undefined || Version === undefined || LastModifiedDate === undefined) {
      throw failed(name, 'unknown format');
    }
    // A line end comes from a file or the clipboard. No secret or key has one.
    const value = Value.trim();
    if (value === '') {
      throw new ConfigurationError('A parameter is empty in SSM', {
        parameter: name,
        advice: `Put a value into ${name} in SSM Parameter Store.`,
      });
    }
    const version = String(Version).padStart(9, '0');
    return { value, revision: `${LastModifiedDate.toISOString()}#${version}` };
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
