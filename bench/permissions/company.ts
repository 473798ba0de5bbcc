import {
  type AttributeValue,
  BatchWriteItemCommand,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb';
import { encode, type Item } from '../../lib/dynamodb/item.ts';
import { type Grant, grantItem } from '../../lib/permissions/grant.ts';
import { directoryKey, membershipKey } from '../../lib/tableKeys.ts';
import type { WecomClient } from '../../lib/wecom/client.ts';

/** The app of the benchmark. */
export const APP = { corpId: 'ww0a1b2c3d4e5f6a7b', agentId: '1000002' } as const;

/** How large a company is. */
export interface Size {
  readonly grants: number;
  readonly members: number;
  readonly departments: number;
  /** Each has a grant. The first one has every member, the others a hundred. */
  readonly tags: number;
}

/** Members in WeCom of whom nothing is stored, for the first `verify` about a member. */
export const NEWCOMERS = 10_000;
const TAG_MEMBERS = 100;

/*
 * An invented company. Of its grants one half are members' own, four in ten of departments, one in
 * ten of tags; one in fifty denies. Every member is in one department. Four departments are below
 * each one, so 5 000 of them are seven levels deep.
 */

/** Items of the permission table: the directory record, memberships and grants. */
export function* companyItems(size: Size, now: number): Generator<Item> {
  const { grants, members } = size;
  const tags = new Set(tagIds(size));
  const denied = new Set(departmentIds(size).filter((id) => id % 10 === 0));
  const named = { tags, ...(denied.size > 0 && { deniedDepartments: denied }) };
  yield { ...directoryKey(APP.corpId), version: 1, namings: tags.size, ...named };
  for (let at = 0; at < members; at++) yield membershipItem(at, size, now);
  for (let at = 0; at < grants; at++) yield grantItem(APP.corpId, grantAt(at, size, now));
}

export const userid = (at: number) => `member${at}`;
const parentOf = (id: number) => (id === 1 ? 0 : Math.max(1, id >> 2));
const departmentOf = (at: number, { departments }: Size) => (at % departments) + 1;
const tagIds = ({ tags }: Size) => Array.from({ length: tags }, (_, at) => at + 1);
const departmentIds = ({ departments }: Size) =>
  Array.from({ length: departments }, (_, at) => at + 1);

function membershipItem(at: number, size: Size, now: number): Item {
  const own = departmentOf(at, size);
  const departments = [own];
  for (let id = parentOf(own); id > 0; id = parentOf(id)) departments.push(id);
  const carried = (id: number) => id === 1 || Math.floor(at / TAG_MEMBERS) === id;
  return {
    ...membershipKey(APP, userid(at)),
    state: 'active',
    why: 'status 1',
    departments: [own],
    readAt: now,
    groups: {
      of: [own],
      departments,
      ancestorsKnown: true,
      tags: tagIds(size).filter(carried),
      otherTags: tagIds(size).filter((id) => !carried(id)),
      unknownTags: [],
      version: 1,
      workedOutAt: now,
    },
    revision: 1,
  };
}

/** WeCom with this company, in this process, because its time is not measured. */
export function companyWecom(size: Size): WecomClient {
  const parents = departmentIds(size).map((id) => ({ id, parentid: parentOf(id) }));
  return async ({ api, query }) => {
    switch (api) {
      case 'user/get': {
        const at = Number(String(query['userid']).slice('member'.length));
        return { userid: query['userid'], status: 1, department: [departmentOf(at, size)] };
      }
      case 'department/list':
        return { department: parents };
      case 'tag/get': {
        const id = Number(query['tagid']);
        const count = id === 1 ? size.members : Math.min(size.members, TAG_MEMBERS);
        const first = id === 1 ? 0 : id * TAG_MEMBERS;
        return {
          userlist: Array.from({ length: count }, (_, at) => ({ userid: userid(first + at) })),
          partylist: [],
        };
      }
      default:
        throw new Error(`${api} is not part of the bench`);
    }
  };
}

function grantAt(at: number, size: Size, now: number): Grant {
  const { members, departments, tags } = size;
  const turn = Math.floor(at / 10);
  const kind = at % 10;
  const subject =
    kind < 5
      ? `member#${userid((turn * 5 + kind) % members)}`
      : kind < 9
        ? `department#${((turn * 4 + kind) % departments) + 1}`
        : `tag#${(turn % tags) + 1}`;
  const permission = at % 7 === 0 ? 'access' : `app${at % 997}:use`;
  const effect = at % 50 === 0 ? 'deny' : 'allow';
  return { subject, permission, effect, by: 'bench', at: now };
}

const BATCH = 25;
const AT_ONCE = 8;

/** Writes items. @returns how many */
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
