import { personalSettings } from './awsClients.ts';

export interface Stack {
  readonly status: string;
  readonly outputs: Readonly<Record<string, string>>;
}

export const stackName = (stage: string) => `wecom-auth-${stage}`;

/**
 * The stage's stack.
 *
 * @param region in place of the environment's or the profile's
 * @throws what the SDK throws when there is none, or it may not be looked at
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
