import { personalSettings } from './awsClients.ts';

export interface Stack {
  readonly status: string;
  readonly outputs: Readonly<Record<string, string>>;
}

export const stackName = (stage: string) => `wecom-auth-${stage}`;

/**
 * Reads the status and the outputs of the stage's stack.
 *
 * @param region overrides the region of the environment or the profile
 * @throws the SDK's error if the stack does not exist or the caller may not read it
 */
export async function describeStack(stage: string, region?: string): Promise<Stack> {
  const { CloudFormationClient, DescribeStacksCommand } = await import(
    '@aws-sdk/client-cloudformation'
  );
  const client = new CloudFormationClient(personalSettings(region));
  try {
    const { Stacks } = await client.send(
      new DescribeStacksCommand({ StackName: stackName(stage) }),
    );
    const [stack] = Stacks ?? [];
    const outputs = (stack?.Outputs ?? []).map(
      ({ OutputKey = '', OutputValue = '' }) => [OutputKey, OutputValue] as const,
    );
    return { status: stack?.StackStatus ?? '', outputs: Object.fromEntries(outputs) };
  } finally {
    client.destroy();
  }
}
