import {
  DescribeContinuousBackupsCommand,
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb';
import { createDynamoDb } from '../../lib/dynamodb/table.ts';
import { type Finding, failed, ok, unknown } from './finding.ts';
import type { Place } from './place.ts';
import { nameOf } from './stackChecks.ts';

const KEYS = { cache: 'pk', permissions: 'pk,sk' } as const;

/** Whether both tables are there with the right keys, their clean-up and the permissions' backup. */
export async function checkTables(place: Place): Promise<Finding[]> {
  const client = createDynamoDb();
  const found = await Promise.all(
    (['cache', 'permissions'] as const).map((name) => checkTable(client, place, name)),
  );
  client.destroy();
  return found;
}

async function checkTable(
  client: DynamoDBClient,
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
    const { Table } = await client.send(new DescribeTableCommand({ TableName }));
    const keys = (Table?.KeySchema ?? []).map(({ AttributeName }) => AttributeName).join();
    const problems: { en: string; zh: string }[] = [];
    if (Table?.TableStatus !== 'ACTIVE') {
      problems.push({ en: `is ${Table?.TableStatus}`, zh: `状态为 ${Table?.TableStatus}` });
    }
    if (keys !== KEYS[name]) problems.push({ en: `has the keys ${keys}`, zh: `键为 ${keys}` });
    // The embedded DynamoDB knows neither of them.
    if (!place.local) {
      if (!(await cleansUp(client, TableName))) {
        problems.push({ en: 'has no TTL on ttl', zh: '未对 ttl 启用 TTL' });
      }
      if (name === 'permissions' && !(await isBackedUp(client, TableName))) {
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
    if (reason === 'AccessDeniedException') {
      return unknown(check, `you may not look at ${TableName}`, `您没有查看 ${TableName} 的权限`, {
        en: 'dynamodb:DescribeTable',
        zh: 'dynamodb:DescribeTable',
      });
    }
    return failed(check, { en: `${TableName}: ${reason}`, zh: `${TableName}：${reason}` }, deploy);
  }
}

async function cleansUp(client: DynamoDBClient, TableName: string): Promise<boolean> {
  const { TimeToLiveDescription } = await client.send(new DescribeTimeToLiveCommand({ TableName }));
  return (
    TimeToLiveDescription?.AttributeName === 'ttl' &&
    /^ENABL/.test(TimeToLiveDescription.TimeToLiveStatus ?? '')
  );
}

async function isBackedUp(client: DynamoDBClient, TableName: string): Promise<boolean> {
  const { ContinuousBackupsDescription: backups } = await client.send(
    new DescribeContinuousBackupsCommand({ TableName }),
  );
  return backups?.PointInTimeRecoveryDescription?.PointInTimeRecoveryStatus === 'ENABLED';
}
