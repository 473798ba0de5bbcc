import {
  DescribeContinuousBackupsCommand,
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  DynamoDBClient,
} from '@aws-sdk/client-dynamodb';
import type { Bilingual } from '../../lib/bilingual.ts';
import { LISTS } from '../../lib/tableKeys.ts';
import { nameOf, personalSettings } from '../deployment/awsClients.ts';
import { refusalRemedy } from '../deployment/awsRemedy.ts';
import { same } from '../language.ts';
import { type Finding, failed, ok, unknown, warning } from './finding.ts';
import type { Target } from './target.ts';

const KEYS = { cache: 'pk', permissions: 'pk,sk' } as const;

/**
 * Checks both tables: their keys and TTL, and the permission table's index, point-in-time recovery and
 * deletion protection. A deployment does not mend TTL and the last two: CloudFormation does not notice that
 * somebody switched them off.
 */
export async function checkTables(target: Target): Promise<Finding[]> {
  const dynamoDb = new DynamoDBClient(personalSettings(target.region));
  const findings = (['cache', 'permissions'] as const).map((name) =>
    checkTable(dynamoDb, target, name),
  );
  return (await Promise.all(findings)).flat();
}

/** What is wrong with a table, and what to do about it. */
interface Problem {
  readonly what: Bilingual;
  readonly remedy: Bilingual;
}

const statusRemedy = (isBeingMade: boolean): Bilingual =>
  isBeingMade
    ? {
        en: 'Wait until it is ACTIVE, and run the doctor again',
        zh: '等待状态变为 ACTIVE 后再次运行 doctor',
      }
    : {
        en: 'Look in the DynamoDB console why, and at the key that encrypts the table',
        zh: '在 DynamoDB 控制台查看原因，并检查加密该表的密钥',
      };

/** A new index of a table that has items is CREATING until all of them are in it. */
function indexProblem(status: string | undefined, deploy: string): Problem {
  if (status === undefined) {
    return {
      what: { en: `has no index ${LISTS}`, zh: `没有索引 ${LISTS}` },
      remedy: same(deploy),
    };
  }
  return {
    what: {
      en: `has the index ${LISTS}, which is ${status}`,
      zh: `的索引 ${LISTS} 状态为 ${status}`,
    },
    remedy: statusRemedy(true),
  };
}

async function checkTable(
  dynamoDb: DynamoDBClient,
  target: Target,
  name: keyof typeof KEYS,
): Promise<Finding[]> {
  const check = `table-${name}`;
  const TableName = target.table(name);
  const deploy = target.local
    ? 'npm start -- --fresh'
    : `npm run deploy -- --stage ${target.stage}`;
  const update = (command: string) =>
    `aws dynamodb ${command} --table-name ${TableName} --region ${target.region}`;
  try {
    const { Table } = await dynamoDb.send(new DescribeTableCommand({ TableName }));
    const keys = (Table?.KeySchema ?? []).map(({ AttributeName }) => AttributeName).join();
    const problems: Problem[] = [];
    const status = Table?.TableStatus;
    // A table that is UPDATING works.
    if (status !== 'ACTIVE' && status !== 'UPDATING') {
      problems.push({
        what: { en: `is ${status}`, zh: `状态为 ${status}` },
        remedy: statusRemedy(status === 'CREATING'),
      });
    }
    if (keys !== KEYS[name]) {
      problems.push({
        what: { en: `has the keys ${keys}`, zh: `键为 ${keys}` },
        remedy: same(deploy),
      });
    }
    const index = Table?.GlobalSecondaryIndexes?.find(({ IndexName }) => IndexName === LISTS);
    if (name === 'permissions' && index?.IndexStatus !== 'ACTIVE') {
      problems.push(indexProblem(index?.IndexStatus, deploy));
    }
    // The embedded DynamoDB has none of these.
    if (!target.local && !(await hasTtl(dynamoDb, TableName))) {
      problems.push({
        what: { en: 'has no TTL on ttl', zh: '未对 ttl 启用 TTL' },
        remedy: same(
          `${update('update-time-to-live')} --time-to-live-specification Enabled=true,AttributeName=ttl`,
        ),
      });
    }
    const isDurable = !target.local && name === 'permissions';
    if (isDurable && !(await hasRecovery(dynamoDb, TableName))) {
      problems.push({
        what: { en: 'has no point-in-time recovery', zh: '未启用时间点恢复' },
        remedy: same(
          `${update('update-continuous-backups')} --point-in-time-recovery-specification PointInTimeRecoveryEnabled=true`,
        ),
      });
    }
    const isProtected = Table?.DeletionProtectionEnabled === true;
    const isWanted = String(target.parameters['deletionProtection']) === 'true';
    if (isDurable && isWanted && !isProtected) {
      problems.push({
        what: { en: 'has no deletion protection', zh: '未启用删除保护' },
        remedy: same(`${update('update-table')} --deletion-protection-enabled`),
      });
    }
    const finding =
      problems.length === 0 ? ok(check, same(TableName)) : wrong(check, TableName, problems);
    return isDurable && !isWanted ? [finding, unprotected(target, TableName)] : [finding];
  } catch (error) {
    const reason = nameOf(error);
    const permission = same('dynamodb:DescribeTable');
    if (reason === 'AccessDeniedException') {
      const what = {
        en: `you may not describe ${TableName}`,
        zh: `你没有查看 ${TableName} 的权限`,
      };
      return [unknown(check, what, permission)];
    }
    const missing = target.local || reason === 'ResourceNotFoundException';
    const remedy = missing ? same(deploy) : refusalRemedy(reason, permission);
    return [
      failed(check, { en: `${TableName}: ${reason}`, zh: `${TableName}：${reason}` }, remedy),
    ];
  }
}

function wrong(check: string, TableName: string, problems: readonly Problem[]): Finding {
  const list = (language: keyof Bilingual) => problems.map(({ what }) => what[language]).join('; ');
  const remedies = (language: keyof Bilingual) =>
    [...new Set(problems.map(({ remedy }) => remedy[language]))].join('; ');
  return failed(
    check,
    { en: `${TableName} ${list('en')}`, zh: `${TableName} ${list('zh')}` },
    { en: remedies('en'), zh: remedies('zh') },
  );
}

/** The stage's file may switch deletion protection off, which is worth a reminder. */
function unprotected({ stage }: Target, TableName: string): Finding {
  return warning(
    'deletion-protection',
    {
      en: `anyone with dynamodb:DeleteTable can delete ${TableName}: deletionProtection is false`,
      zh: `拥有 dynamodb:DeleteTable 权限的人都能删除 ${TableName}：deletionProtection 为 false`,
    },
    {
      en: `Unless this is intended, remove deletionProtection from stages/${stage}.yml, and deploy.`,
      zh: `如非有意，请从 stages/${stage}.yml 删除 deletionProtection，然后重新部署。`,
    },
  );
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
