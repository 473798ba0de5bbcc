import {
  type AttributeValue,
  BatchWriteItemCommand,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb';
import { encode, type Item } from '../../lib/dynamodb/item.ts';
import { type Grant, grantItem } from '../../lib/permissions/grant.ts';
import { directoryKey, membershipKey } from '../../lib/tableKeys.ts';

/** The one app that the bench acts for. */
export const APP = { corpId: 'ww0a1b2c3d4e5f6a7b', agentId: '1000002' } as const;

/** How large a company is. */
export interface Size {
  readonly grants: number;
  readonly members: number;
}

const DEPARTMENTS = 1_000;
/** Departments below one another, the own one included. */
const DEPTH = 5;
const TAGS = 50;

/*
 * An invented company. Of its grants one half are members' own, four in ten of departments, one in
 * ten of tags; one in fifty denies. Every member is in one department at the fifth level, and
 * carries one tag.
 */

/** Items of the permission table: the directory record, memberships and grants. */
export function* companyItems({ grants, members }: Size, now: number): Generator<Item> {
  const tags = Array.from({ length: TAGS }, (_, at) => [`tag:${at + 1}`, true] as const);
  yield { ...directoryKey(APP.corpId), version: 1, namings: TAGS, ...Object.fromEntries(tags) };
  for (let at = 0; at < members; at++) yield membershipItem(at, now);
  for (let at = 0; at < grants; at++) yield grantItem(APP.corpId, grantAt(at, members, now));
}

export const userid = (at: number) => `member${at}`;

function membershipItem(at: number, now: number): Item {
  const own = (at % DEPARTMENTS) + 1;
  const upward = Array.from({ length: DEPTH }, (_, level) => Math.max(1, own >> (2 * level)));
  const departments = [...new Set(upward)];
  return {
    ...membershipKey(APP, userid(at)),
    state: 'active',
    why: 'status 1',
    departments: [own],
    readAt: now,
    groups: { of: [own], departments, tags: [(at % TAGS) + 1], version: 1, workedOutAt: now },
    revision: 1,
  };
}

function grantAt(at: number, members: number, now: number): Grant {
  const turn = Math.floor(at / 10);
  const kind = at % 10;
  const subject =
    kind < 5
      ? `member#${userid((turn * 5 + kind) % members)}`
      : kind < 9
        ? `department#${((turn * 4 + kind) % DEPARTMENTS) + 1}`
        : `tag#${(turn % TAGS) + 1}`;
  const permission = at % 7 === 0 ? 'access' : `app${at % 997}:use`;
  const effect = at % 50 === 0 ? 'deny' : 'allow';
  return { subject, permission, effect, by: 'bench', at: now };
}

const BATCH = 25;
const AT_ONCE = 8;

/** Writes items, and says how many are written. */
export async function write(
  client: DynamoDBClient,
  table: string,
  items: Iterable<Item>,
): Promise<number> {
  const iterator = items[Symbol.iterator]();
  let written = 0;

  async function worker(): Promise<void> {
    for (;;) {
      const batch = new Map<string, Item>();
      while (batch.size < BATCH) {
        const { value, done } = iterator.next();
        if (done) break;
        batch.set(`${value['pk']} ${value['sk']}`, value);
      }
      if (batch.size === 0) return;
      const requests = [...batch.values()].map((item) => ({
        PutRequest: { Item: encode(item) as Record<string, AttributeValue> },
      }));
      await client.send(new BatchWriteItemCommand({ RequestItems: { [table]: requests } }));
      written += batch.size;
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return written;
}
