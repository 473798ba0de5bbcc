import {
  DescribeContinuousBackupsCommand,
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  DynamoDBClient,
} from '@aws-sdk/client-dynamodb';
import type { Bilingual } from '../../lib/bilingual.ts';
import { personalSettings } from '../deployment/awsClients.ts';
import { refusalRemedy } from '../deployment/awsRemedy.ts';
import { same } from '../language.ts';
import { type Finding, failed, ok, unknown } from './finding.ts';
import { nameOf } from './stackChecks.ts';
import type { Target } from './target.ts';

const KEYS = { cache: 'pk', permissions: 'pk,sk' } as const;

/** Checks both tables: their keys, TTL, and the permission table's point-in-time recovery. */
export async function checkTables(target: Target): Promise<Finding[]> {
  const dynamoDb = new DynamoDBClient(personalSettings(target.region));
  return Promise.all(
    (['cache', 'permissions'] as const).map((name) => checkTable(dynamoDb, target, name)),
  );
}

async function checkTable(
  dynamoDb: DynamoDBClient,
  target: Target,
  name: keyof typeof KEYS,
): Promise<Finding> {
  const check = `table-${name}`;
  const TableName = target.table(name);
  const deploy = same(
    target.local ? 'npm start -- --fresh' : `npm run deploy -- --stage ${target.stage}`,
  );
  try {
    const { Table } = await dynamoDb.send(new DescribeTableCommand({ TableName }));
    const keys = (Table?.KeySchema ?? []).map(({ AttributeName }) => AttributeName).join();
    const problems: Bilingual[] = [];
    if (Table?.TableStatus !== 'ACTIVE') {
      problems.push({ en: `is ${Table?.TableStatus}`, zh: `状态为 ${Table?.TableStatus}` });
    }
    if (keys !== KEYS[name]) problems.push({ en: `has the keys ${keys}`, zh: `键为 ${keys}` });
    // The embedded DynamoDB has neither of these.
    if (!target.local) {
      if (!(await hasTtl(dynamoDb, TableName))) {
        problems.push({ en: 'has no TTL on ttl', zh: '未对 ttl 启用 TTL' });
      }
      if (name === 'permissions' && !(await hasRecovery(dynamoDb, TableName))) {
        problems.push({ en: 'has no point-in-time recovery', zh: '未启用时间点恢复' });
      }
    }
    if (problems.length === 0) return ok(check, same(TableName));
    const list = (language: keyof Bilingual) => problems.map((each) => each[language]).join('; ');
    return failed(
      check,
      { en: `${TableName} ${list('en')}`, zh: `${TableName} ${list('zh')}` },
      deploy,
    );
  } catch (error) {
    const reason = nameOf(error);
    const permission = same('dynamodb:DescribeTable');
    if (reason === 'AccessDeniedException') {
      return unknown(
        check,
        { en: `you may not describe ${TableName}`, zh: `你没有查看 ${TableName} 的权限` },
        permission,
      );
    }
    const missing = target.local || reason === 'ResourceNotFoundException';
    const remedy = missing ? deploy : refusalRemedy(reason, permission);
    return failed(check, { en: `${TableName}: ${reason}`, zh: `${TableName}：${reason}` }, remedy);
  }
}

async function hasTtl(dynamoDb: DynamoDBClient, TableName: string): Promise<boolean> {
  const command = new DescribeTimeToLiveCommand({ TableName });
  const { AttributeName, TimeToLiveStatus = '' } =
    (await dynamoDb.send(command)).TimeToLiveDescription ?? {};
  return AttributeName === 'ttl' && TimeToLiveStatus.startsWith('ENABL');
}

async function hasRecovery(dynamoDb: DynamoDBClient, TableName: string): Promise<boolean> {
  const command = new DescribeContinuousBackupsCommand({ TableName });
  const { PointInTimeRecoveryDescription: recovery } =
    (await dynamoDb.send(command)).ContinuousBackupsDescription ?? {};
  return recovery?.PointInTimeRecoveryStatus === 'ENABLED';
}
