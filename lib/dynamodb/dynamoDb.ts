import { type AwsOptions, type AwsService, createAwsJson } from '../aws/awsJson.ts';
import { StoreUnavailable } from '../errors.ts';
import type { Attributes } from './item.ts';

/** What is answered to a reading, as far as anything here looks at it. */
export interface Readings {
  GetItem: { readonly Item?: Attributes };
  Query: ItemsPage;
  Scan: ItemsPage;
  BatchGetItem: {
    readonly Responses?: Readonly<Record<string, readonly Attributes[]>>;
    readonly UnprocessedKeys?: object;
  };
  DescribeTable: {
    readonly Table: {
      readonly TableStatus: string;
      readonly KeySchema: readonly { readonly AttributeName: string }[];
    };
  };
  DescribeTimeToLive: {
    readonly TimeToLiveDescription: {
      readonly AttributeName?: string;
      readonly TimeToLiveStatus: string;
    };
  };
  DescribeContinuousBackups: {
    readonly ContinuousBackupsDescription: {
      readonly PointInTimeRecoveryDescription: { readonly PointInTimeRecoveryStatus: string };
    };
  };
}

interface ItemsPage {
  readonly Items?: readonly Attributes[];
  readonly LastEvaluatedKey?: Attributes;
}

/** One account's DynamoDB in one region. */
export interface DynamoDb {
  /** @throws StoreUnavailable, ConfigurationError where there are no credentials or no region */
  read<Operation extends keyof Readings>(
    operation: Operation,
    input: object,
  ): Promise<Readings[Operation]>;

  /**
   * @returns false where its condition failed: an answer, not an error
   * @throws StoreUnavailable when it is not known whether it was written; otherwise as `read`
   */
  write(operation: 'PutItem' | 'UpdateItem' | 'DeleteItem', input: object): Promise<boolean>;
}

const DYNAMODB: AwsService = {
  name: 'dynamodb',
  target: 'DynamoDB_20120810',
  version: '1.0',
  // At most 16 MB of items (DynamoDB's own limit of a batch), and what JSON adds to them.
  bodyBytes: 32 * 1024 * 1024,
};

/** Making it sends nothing. */
export function createDynamoDb(options: AwsOptions): DynamoDb {
  const ask = createAwsJson(DYNAMODB, options);

  return {
    async read<Operation extends keyof Readings>(operation: Operation, input: object) {
      const { output, refusal } = await ask(operation, input);
      if (output === undefined) throw unavailable(refusal);
      return output as Readings[Operation];
    },

    async write(operation, input) {
      const { refusal } = await ask(operation, input);
      if (refusal === undefined) return true;
      if (refusal === 'ConditionalCheckFailedException') return false;
      throw unavailable(refusal);
    },
  };
}

function unavailable(reason: string): StoreUnavailable {
  return new StoreUnavailable('DynamoDB did not answer, or refused', { reason });
}
