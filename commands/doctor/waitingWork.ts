import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Bilingual } from '../../lib/bilingual.ts';
import type { Item } from '../../lib/dynamodb/item.ts';
import { isText } from '../../lib/dynamodb/item.ts';
import { WecomAuthError } from '../../lib/errors.ts';
import { readChange } from '../../lib/permissions/personChange.ts';
import { corpPrefix, isPending, PENDING, signInPartition } from '../../lib/tableKeys.ts';
import { scan } from '../administration/scan.ts';
import { personalSettings } from '../deployment/awsClients.ts';
import { refusalRemedy } from '../deployment/awsRemedy.ts';
import { hasProvider } from '../deployment/openidProvider.ts';
import { type Finding, failed, ok, unknown, warning } from './finding.ts';
import type { Target } from './target.ts';

/** By then AWS has run the work three times. */
const STUCK_MS = 10 * 60_000;

/**
 * Checks whether work is left that its function could not do: on the grants of members who left or
 * were renamed, and telling applications of sign-outs. The tables show it, also after the dead letters
 * are gone.
 *
 * @param now milliseconds since the epoch
 */
export async function checkWaitingWork(target: Target, now: number): Promise<Finding[]> {
  const checks = ['person-changes', ...(hasProvider(target.parameters) ? ['sign-outs'] : [])];
  let items: Item[];
  try {
    items = await waitingItems(target);
  } catch (error) {
    if (!(error instanceof WecomAuthError)) throw error;
    const reason = String(error.details['reason'] ?? error.code);
    const what = {
      en: `the permission table could not be read: ${reason}`,
      zh: `无法读取权限表：${reason}`,
    };
    const permission = {
      en: `You need dynamodb:Scan on ${target.table('permissions')}.`,
      zh: `你需要 ${target.table('permissions')} 的 dynamodb:Scan 权限。`,
    };
    return checks.map((check) => unknown(check, what, refusalRemedy(reason, permission)));
  }
  const findings = [personChanges(items.filter(isPending), target, now)];
  if (checks.length > 1) {
    findings.push(
      signOuts(
        items.filter((item) => !isPending(item)),
        target,
        now,
      ),
    );
  }
  return findings;
}

/** Pending work, and sign-ins of which somebody tried to tell the client. */
async function waitingItems({ region, corpId, table }: Target): Promise<Item[]> {
  const dynamoDb = new DynamoDBClient(personalSettings(region));
  const filter = {
    expression:
      '(begins_with(pk, :corp) AND begins_with(sk, :pending)) OR (begins_with(pk, :signIns) AND attribute_exists(toldBy))',
    values: {
      ':corp': corpPrefix(corpId),
      ':pending': PENDING,
      ':signIns': signInPartition(corpId, ''),
    },
  };
  const items: Item[] = [];
  for await (const item of scan(dynamoDb, table('permissions'), filter)) items.push(item);
  return items;
}

function personChanges(pending: readonly Item[], target: Target, now: number): Finding {
  const stuck = pending.filter((item) => readChange(item).notedAt < now - STUCK_MS);
  const members = new Set(stuck.map(({ pk }) => pk)).size;
  if (members === 0) {
    return ok('person-changes', { en: 'no work on grants is left', zh: '没有遗留的授权处理' });
  }
  return failed(
    'person-changes',
    {
      en: `Work on the grants of ${members} members is not done. They are refused until it is.`,
      zh: `${members} 名成员的授权尚待处理，处理完之前一律不允许。`,
    },
    remedy(target, 'permissions -- settle', 'person-changes'),
  );
}

function signOuts(tried: readonly Item[], target: Target, now: number): Finding {
  const isBefore = (time: unknown, limitMs: number) => Number(time) * 1_000 < limitMs;
  const stuck = tried.filter(
    ({ toldUntil, expiresAt }) => isBefore(toldUntil, now - STUCK_MS) && !isBefore(expiresAt, now),
  );
  if (stuck.length === 0) {
    return ok('sign-outs', {
      en: 'every application was told of sign-outs',
      zh: '各应用均已得知退出',
    });
  }
  const clients = [...new Set(stuck.map(({ clientId }) => (isText(clientId) ? clientId : '?')))];
  const [count, names] = [stuck.length, clients.sort()];
  return warning(
    'sign-outs',
    {
      en: `${count} sign-outs of which ${names.join(', ')} were not told`,
      zh: `${names.join('、')} 未得知 ${count} 次退出`,
    },
    remedy(target, 'sessions -- list', 'sign-outs'),
  );
}

function remedy({ stage, local }: Target, command: string, anchor: string): Bilingual {
  const run = `npm run ${command}${local ? '' : ` --stage ${stage}`}`;
  return {
    en: `${run}, and docs/operations.md#${anchor}`,
    zh: `${run}，并参见 docs/zh-CN/operations.md#${anchor}`,
  };
}
