import {
  DescribeParametersCommand,
  GetParameterCommand,
  PutParameterCommand,
  SSMClient,
} from '@aws-sdk/client-ssm';
import { EXIT, ExitError } from '../administration/exit.ts';
import { timeOf } from '../administration/serviceClock.ts';
import { localPort } from '../administration/stage.ts';
import { personalSettings } from './awsClients.ts';
import { LOCAL_CREDENTIALS, localEndpoint } from './localStack.ts';
import { readStage, type StageParameters } from './stageFile.ts';

/** A SecureString of a stage that an operator's command reads and writes. */
export interface StageParameter {
  readonly name: string;
  read(): Promise<{ value: string; version: number } | undefined>;
  /**
   * @param seen the version that the new value is based on; nothing if the parameter did not exist
   * @throws ExitError if someone else wrote the parameter since
   */
  write(value: string, seen: number | undefined): Promise<void>;
  /** SSM's time by its latest response; see `timeOf`. */
  time(): number | undefined;
}

/**
 * The parameter `/wecom-auth/<stage>/<name>`: of the running local stack for the stage `local`, else on
 * AWS with the caller's own credentials.
 *
 * @param region overrides the region of the stage's file
 * @param keyArn the KMS key that encrypts what is written; '' for AWS's own. Default: the stage's
 */
export function stageParameter(
  stage: string,
  name: string,
  region?: string,
  keyArn = parameterKey(readStage(stage)),
): StageParameter {
  const Name = `/wecom-auth/${stage}/${name}`;
  const stageRegion = region ?? readStage(stage)?.['region'];
  const client = new SSMClient(
    stage === 'local' ? local() : personalSettings(stageRegion ? String(stageRegion) : undefined),
  );
  return {
    name: Name,
    time: timeOf(client),

    async read() {
      try {
        const { Parameter } = await client.send(
          new GetParameterCommand({ Name, WithDecryption: true }),
        );
        return { value: Parameter?.Value ?? '', version: Parameter?.Version ?? 0 };
      } catch (error) {
        if (error instanceof Error && error.name === 'ParameterNotFound') return undefined;
        throw error;
      }
    },

    async write(Value, seen) {
      const { Version } = await client.send(
        new PutParameterCommand({
          Name,
          Value,
          Type: 'SecureString',
          ...(keyArn !== '' && { KeyId: keyArn }),
          // Standard up to 4 kB; larger values become advanced parameters.
          Tier: 'Intelligent-Tiering',
          Overwrite: seen !== undefined,
        }),
      );
      if (seen !== undefined && Version !== seen + 1) {
        throw new ExitError(EXIT.failed, {
          zh: `有人同时写入了 ${Name}。请先核对它的值，再继续。`,
          en: `Someone else wrote ${Name} at the same time. Check its value before you go on.`,
        });
      }
    },
  };
}

/** AWS's own key, with which every principal of the account may decrypt through SSM. */
export const AWS_KEY = 'alias/aws/ssm';

/** The ARN of the KMS key that the stage's parameters are encrypted with; '' for AWS's own. */
export function parameterKey(parameters: StageParameters | undefined): string {
  return String(parameters?.['parameterKeyArn'] ?? '');
}

/**
 * The keys that the stage's SecureStrings are encrypted with, as they were given, by the parameters' full
 * names. Needs ssm:DescribeParameters.
 */
export async function encryptionKeys(
  names: readonly string[],
  region: string,
): Promise<ReadonlyMap<string, string>> {
  const client = new SSMClient(personalSettings(region));
  const Values = [...names];
  const ParameterFilters = [{ Key: 'Name', Option: 'Equals', Values }];
  const command = new DescribeParametersCommand({ ParameterFilters });
  const { Parameters = [] } = await client.send(command).finally(() => client.destroy());
  return new Map(Parameters.map(({ Name = '', KeyId = '' }) => [Name, KeyId]));
}

function local() {
  return {
    ...personalSettings('local'),
    endpoint: process.env['AWS_ENDPOINT_URL_SSM'] || localEndpoint('ssm', localPort(process.env)),
    credentials: LOCAL_CREDENTIALS,
    maxAttempts: 1,
  };
}
