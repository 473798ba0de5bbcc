import {
  DescribeContinuousBackupsCommand,
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  DynamoDBClient,
} from '@aws-sdk/client-dynamodb';
import { personalSettings } from '../deployment/awsClients.ts';
import { refusalRemedy } from '../deployment/awsRemedy.ts';
import { type Finding, failed, ok, unknown } from './finding.ts';
import type { Place } from './place.ts';
import { nameOf } from './stackChecks.ts';

const KEYS = { cache: 'pk', permissions: 'pk,sk' } as const;

/** Whether both tables are there with the right keys, their clean-up and the permissions' backup. */
export async function checkTables(place: Place): Promise<Finding[]> {
  const dynamoDb = new DynamoDBClient(personalSettings(place.region));
  return Promise.all(
    (['cache', 'permissions'] as const).map((name) => checkTable(dynamoDb, place, name)),
  );
}

async function checkTable(
  dynamoDb: DynamoDBClient,
  place: Place,
  name: keyof typeof KEYS,
): Promise<Finding> {
  const check = `table-${name}`;
  const TableName = place.table(name);
  const deploy = place.local
    ? { en: 'npm start -- --fresh', zh: 'npm start -- --fresh' }
    : {
        en: `npm run deploy -- --stage ${place.stage}`,
        zh: `npm run deploy -- --stage ${place.stage}`,
      };
  try {
    const { Table } = await dynamoDb.send(new DescribeTableCommand({ TableName }));
    const keys = (Table?.KeySchema ?? []).map(({ AttributeName }) => AttributeName).join();
    const problems: { en: string; zh: string }[] = [];
    if (Table?.TableStatus !== 'ACTIVE') {
      problems.push({ en: `is ${Table?.TableStatus}`, zh: `状态为 ${Table?.TableStatus}` });
    }
    if (keys !== KEYS[name]) problems.push({ en: `has the keys ${keys}`, zh: `键为 ${keys}` });
    // The embedded DynamoDB knows neither of them.
    if (!place.local) {
      if (!(await cleansUp(dynamoDb, TableName))) {
        problems.push({ en: 'has no TTL on ttl', zh: '未对 ttl 启用 TTL' });
      }
      if (name === 'permissions' && !(await isBackedUp(dynamoDb, TableName))) {
        problems.push({ en: 'has no point-in-time recovery', zh: '未启用时间点恢复' });
      }
    }
    if (problems.length === 0) return ok(check, TableName, TableName);
    const list = (language: 'en' | 'zh') => problems.map((each) => each[language]).join('; ');
    return failed(
      check,
      { en: `${TableName} ${list('en')}`, zh: `${TableName} ${list('zh')}` },
      deploy,
    );
  } catch (error) {
    const reason = nameOf(error);
    const permission = { en: 'dynamodb:DescribeTable', zh: 'dynamodb:DescribeTable' };
    if (reason === 'AccessDeniedException') {
      return unknown(
        check,
        `you may not look at ${TableName}`,
        `您没有查看 ${TableName} 的权限`,
        permission,
      );
    }
    const missing = place.local || reason === 'ResourceNotFoundException';
    const remedy = missing ? deploy : refusalRemedy(reason, permission);
    return failed(check, { en: `${TableName}: ${reason}`, zh: `${TableName}：${reason}` }, remedy);
  }
}

async function cleansUp(dynamoDb: DynamoDBClient, TableName: string): Promise<boolean> {
  const command = new DescribeTimeToLiveCommand({ TableName });
  const { AttributeName, TimeToLiveStatus = '' } =
    (await dynamoDb.send(command)).TimeToLiveDescription ?? {};
  return AttributeName === 'ttl' && TimeToLiveStatus.startsWith('ENABL');
}

async function isBackedUp(dynamoDb: DynamoDBClient, TableName: string): Promise<boolean> {
  const command = new DescribeContinuousBackupsCommand({ TableName });
  const { PointInTimeRecoveryDescription: recovery } =
    (await dynamoDb.send(command)).ContinuousBackupsDescription ?? {};
  return recovery?.PointInTimeRecoveryStatus === 'ENABLED';
}
