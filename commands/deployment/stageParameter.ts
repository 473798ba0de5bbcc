import { GetParameterCommand, PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { personalSettings } from './awsClients.ts';
import { LOCAL_CREDENTIALS, LOCAL_PORT, localEndpoint } from './localStack.ts';
import { readStage } from './stageFile.ts';

/** A SecureString of a stage, as an operator's command reads and writes it. */
export interface StageParameter {
  readonly name: string;
  read(): Promise<{ value: string; version: number } | undefined>;
  /**
   * @param seen the version that the new value was made from; nothing when there was none
   * @throws Error when somebody else wrote meanwhile
   */
  write(value: string, seen: number | undefined): Promise<void>;
}

/**
 * The parameter `/wecom-auth/<stage>/<name>`. The stage `local` is the running local stack; the
 * others are on AWS, with the caller's own credentials.
 *
 * @param region where it is not the one of the stage's file
 */
export function stageParameter(stage: string, name: string, region?: string): StageParameter {
  const Name = `/wecom-auth/${stage}/${name}`;
  const place = region ?? readStage(stage)?.['region'];
  const client = new SSMClient(
    stage === 'local' ? local() : personalSettings(place ? String(place) : undefined),
  );
  return {
    name: Name,

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
          // Standard up to 4 kB; what needs more becomes an advanced parameter by itself.
          Tier: 'Intelligent-Tiering',
          Overwrite: seen !== undefined,
        }),
      );
      if (seen !== undefined && Version !== seen + 1) {
        throw new Error(
          `Somebody else wrote ${Name} at the same time: look at it before going on.`,
        );
      }
    },
  };
}

function local() {
  const port = Number(process.env['PORT'] ?? LOCAL_PORT);
  return {
    ...personalSettings('local'),
    endpoint: process.env['AWS_ENDPOINT_URL_SSM'] ?? localEndpoint('ssm', port),
    credentials: LOCAL_CREDENTIALS,
    maxAttempts: 1,
  };
}
