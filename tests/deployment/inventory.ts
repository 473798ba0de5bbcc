/** What inventory.py prints: AWS's own answers, as far as the checks read them. */
export interface Inventory {
  readonly stack: Stack | null;
  readonly tables: Readonly<Record<string, Table>>;
  readonly functions: Readonly<Record<string, LambdaFunction>>;
  readonly roles: Readonly<Record<string, Role>>;
  readonly policies: readonly string[];
  /** Days that each log group keeps its lines. */
  readonly logGroups: Readonly<Record<string, number>>;
  readonly queues: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly topics: Readonly<Record<string, readonly Subscription[]>>;
  readonly apis: Readonly<Record<string, Api>>;
  readonly domains: Readonly<Record<string, { readonly mappings: readonly { ApiId: string }[] }>>;
  readonly network: Network;
  readonly alarms: Readonly<Record<string, { readonly AlarmActions: readonly string[] }>>;
  readonly dashboards: readonly string[];
  readonly secrets: readonly string[];
  readonly buckets: readonly string[];
}

export interface Stack {
  readonly status: string;
  readonly outputs: Readonly<Record<string, string>>;
  /** The physical id of each resource by its logical id. */
  readonly resources: Readonly<Record<string, string>>;
}

export interface Table {
  readonly BillingModeSummary: { readonly BillingMode: string };
  readonly SSEDescription?: { readonly Status: string };
  readonly DeletionProtectionEnabled: boolean;
  readonly ItemCount: number;
  readonly timeToLive: { readonly TimeToLiveStatus: string; readonly AttributeName?: string };
  readonly pointInTimeRecovery: string;
}

export interface LambdaFunction {
  readonly FunctionName: string;
  readonly Handler: string;
  readonly Runtime: string;
  readonly Architectures: readonly string[];
  readonly MemorySize: number;
  readonly Timeout: number;
  readonly Role: string;
  readonly Environment: { readonly Variables: Readonly<Record<string, string>> };
  readonly VpcConfig?: {
    readonly SubnetIds: readonly string[];
    readonly SecurityGroupIds: readonly string[];
  };
  /** The address of the package in AWS's bucket. */
  readonly code: string;
  readonly reservedConcurrency: number | null;
  readonly asynchronous: {
    readonly MaximumRetryAttempts: number;
    readonly DestinationConfig: { readonly OnFailure: { readonly Destination: string } };
  } | null;
  readonly policy: readonly { readonly Principal: { readonly Service: string } }[];
}

export interface Role {
  readonly arn: string;
  readonly trust: { readonly Statement: readonly { Principal: { Service: string } }[] };
  readonly inline: Readonly<Record<string, Policy>>;
  readonly attached: readonly string[];
}

export interface Policy {
  readonly Statement: readonly {
    readonly Effect: string;
    readonly Action: string | readonly string[];
    readonly Resource: string | readonly string[];
  }[];
}

interface Subscription {
  readonly Protocol: string;
  readonly Endpoint: string;
}

export interface Api {
  readonly ApiId: string;
  readonly DisableExecuteApiEndpoint: boolean;
  /** The ARN of the function of each route, by its key. */
  readonly routes: Readonly<Record<string, string>>;
  readonly stages: readonly {
    readonly StageName: string;
    readonly DefaultRouteSettings: Readonly<Record<string, unknown>>;
    readonly AccessLogSettings: { readonly DestinationArn: string };
  }[];
}

interface Network {
  readonly vpcs: readonly { readonly VpcId: string }[];
  readonly subnets: readonly { readonly SubnetId: string; readonly AvailabilityZone: string }[];
  readonly routeTables: readonly {
    readonly Routes: readonly { readonly NatGatewayId?: string; readonly GatewayId?: string }[];
  }[];
  readonly securityGroups: readonly {
    readonly GroupName: string;
    readonly GroupId: string;
    readonly IpPermissions: readonly unknown[];
    readonly IpPermissionsEgress: readonly { readonly FromPort?: number }[];
  }[];
  readonly gateways: readonly {
    readonly NatGatewayAddresses: readonly { readonly AllocationId: string }[];
  }[];
  readonly endpoints: readonly { readonly ServiceName: string }[];
  readonly addresses: readonly {
    readonly PublicIp: string;
    readonly AllocationId: string;
    readonly Tags?: readonly { readonly Key: string; readonly Value: string }[];
  }[];
}
