import fc from 'fast-check';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { nameDeniedDepartment, nameTag } from '../../../lib/directory/directoryRecord.ts';
import { type Membership, UNREADABLE_ANSWER } from '../../../lib/directory/membership.ts';
import type { Item, Value } from '../../../lib/dynamodb/item.ts';
import type { Table } from '../../../lib/dynamodb/table.ts';
import { StoreUnavailable, WecomAuthError } from '../../../lib/errors.ts';
import { grantItem } from '../../../lib/permissions/grant.ts';
import { GroupGrants } from '../../../lib/permissions/groupGrants.ts';
import { notePersonChange } from '../../../lib/permissions/personChange.ts';
import {
  gatherFacts,
  type MemberPermissionsParts,
  verifyMember,
} from '../../../lib/permissions/verify.ts';
import { type App, directoryKey, membershipKey, pendingKey } from '../../../lib/tableKeys.ts';
import { storeMembership } from '../../harness/directory.ts';
import { createInvocation, type TestInvocation } from '../../harness/invocation.ts';
import { createManualClock } from '../../harness/manualClock.ts';
import { startTables, type Tables } from '../../harness/tables.ts';

const clock = createManualClock();

let tables: Tables;
let app: App;
let corps = 0;
let invocation: TestInvocation;
/** The membership after WeCom was asked; if absent, the stored one. */
let renewed: Membership | undefined;

beforeAll(async () => {
  tables = await startTables();
  return tables.close;
});

beforeEach(() => {
  app = { corpId: `corp${corps++}`, agentId: '1' };
  invocation = createInvocation();
  renewed = undefined;
});

/** A fresh instance. */
function newParts(table: Table = tables.permissions): MemberPermissionsParts {
  const groupGrants = new GroupGrants({ table, corpId: app.corpId, clock });
  return { table, app, groupGrants, renew: async (_, stored) => renewed ?? stored, clock };
}

const gather = (userid: string) => gatherFacts(newParts(), userid, 'access', invocation);
const verify = (permission = 'access') => verifyMember(newParts(), 'lisi', permission, invocation);

/** Stores so many items of 100 kB: eleven of them are more than a page. */
async function fill(subject: string, count: number): Promise<void> {
  const pk = `${app.corpId}#${subject}`;
  const terms = { effect: 'allow', by: 'test', at: 0, note: 'n'.repeat(100_000) };
  for (let at = 0; at < count; at++) {
    await tables.permissions.put({ pk, sk: `grant#${String(at).padStart(4, '0')}`, ...terms });
  }
  await tables.permissions.put({ pk, sk: 'grant#access', ...terms });
}

async function grant(subject: string, effect: 'allow' | 'deny', permission = 'access') {
  await tables.permissions.put(
    grantItem(app.corpId, { subject, permission, effect, by: 'test', at: 0 }),
  );
}

describe('the facts', () => {
  it('hold the grants for the permission, however many others there are', async () => {
    await fill('member#many', 25);
    expect((await gather('many')).grants).toMatchObject([{ permission: 'access' }]);
  });

  it("hold the member's own grants for the permission and for *, and the membership beside them", async () => {
    await storeMembership(tables, app, 'owner', { departments: [1], at: clock.now() });
    await grant('member#owner', 'allow', '*');
    await grant('member#owner', 'deny');
    await grant('member#owner', 'allow', 'other');
    const facts = await gather('owner');
    expect(facts.member).toBe('active');
    expect(facts.grants.map(({ permission }) => permission).sort()).toEqual(['*', 'access']);
  });

  it('are an error if the partition has more than ten pages', async () => {
    await fill('member#toomany', 110);
    await expect(gather('toomany')).rejects.toThrow(StoreUnavailable);
  });

  it('say that work is pending also if its item cannot be read', async () => {
    expect(await gather('renamed')).toMatchObject({ pending: false });
    await tables.permissions.put({ ...pendingKey(app.corpId, 'Renamed', '1'), odd: true });
    expect(await gather('renamed')).toMatchObject({ pending: true });
  });

  it('say of the former userid of a rename, and of no other, that the person is being renamed', async () => {
    const event = { kind: 'renamed', id: '1', userid: 'Former', newUserid: 'new' } as const;
    await notePersonChange(tables.permissions, app.corpId, { ...event, createdAt: 0 }, clock.now());
    expect(await gather('FORMER')).toMatchObject({ pending: true, isBeingRenamed: true });
    expect(await gather('new')).toMatchObject({ pending: true, isBeingRenamed: false });
  });

  it('are those of everyone if nothing is known about the member', async () => {
    expect(await gather('stranger')).toEqual({
      membership: undefined,
      member: 'unknown',
      pending: false,
      isBeingRenamed: false,
      subjects: ['member#stranger', 'everyone'],
      unreadable: [],
      tooManyUnreadable: false,
      grants: [],
    });
  });

  it('take one request on a warm instance', async () => {
    await storeMembership(tables, app, 'lisi', {
      departments: [6, 2, 1],
      tags: [7],
      at: clock.now(),
    });
    const parts = newParts();
    await verifyMember(parts, 'lisi', 'access', invocation);
    tables.front.requests.length = 0;
    await verifyMember(parts, 'lisi', 'access', invocation);
    expect(tables.front.requests).toEqual(['Query wecom-auth-local-permissions']);
  });
});

describe('the root department', () => {
  it('denied, refuses a member whose departments WeCom withholds', async () => {
    await storeMembership(tables, app, 'lisi', { departments: [], at: clock.now() });
    await grant('everyone', 'allow');
    expect(await verify()).toMatchObject({ authorized: true });
    await grant('department#1', 'deny');
    expect(await verify()).toMatchObject({ authorized: false, reason: 'denied' });
  });
});

describe('a group that could not be read', () => {
  beforeEach(async () => {
    await nameTag(tables.permissions, app.corpId, 7);
    await nameTag(tables.permissions, app.corpId, 8);
    await nameDeniedDepartment(tables.permissions, app.corpId, 9);
    await grant('everyone', 'allow');
    await storeMembership(tables, app, 'lisi', {
      departments: [6, 1],
      at: clock.now(),
      groups: { otherTags: [8], unknownTags: [7], version: 2 },
    });
  });

  const withoutAncestors = () =>
    storeMembership(tables, app, 'lisi', {
      departments: [6, 1],
      at: clock.now(),
      groups: { otherTags: [7, 8], ancestorsKnown: false, version: 2 },
    });

  it.each(['access', '*'])(
    'refuses if a denial of %s names it, with a line in the log',
    async (permission) => {
      await grant('tag#7', 'deny', permission);
      expect(await verify()).toMatchObject({
        authorized: false,
        reason: 'group-unreadable',
        grant: { subject: 'tag#7' },
      });
      expect(invocation.lines).toContainEqual(
        expect.objectContaining({ group: 'tag#7', reason: 'group-unreadable', fault: 'wecom' }),
      );
    },
  );

  it('does not decide if the denial is of another permission, or the group could be read', async () => {
    await grant('tag#7', 'deny', 'other');
    await grant('tag#8', 'deny');
    await grant('department#9', 'deny');
    expect(await verify()).toMatchObject({ authorized: true });
  });

  it('does not allow', async () => {
    await grant('tag#7', 'allow', 'report:read');
    expect(await verify('report:read')).toMatchObject({ authorized: false, reason: 'no-grant' });
    await grant('department#6', 'allow', 'report:read');
    expect(await verify('report:read')).toMatchObject({ authorized: true });
  });

  it('is not the reason if another denial applies', async () => {
    await grant('tag#7', 'deny');
    await grant('department#6', 'deny');
    expect(await verify()).toMatchObject({ reason: 'denied', grant: { subject: 'department#6' } });
  });

  it('may be any denied department if the ancestors of the member are unknown', async () => {
    await withoutAncestors();
    expect(await verify()).toMatchObject({ authorized: true });
    await grant('department#9', 'deny');
    expect(await verify()).toMatchObject({
      reason: 'group-unreadable',
      grant: { subject: 'department#9' },
    });
    expect(await verify('other')).toMatchObject({ reason: 'no-grant' });
  });

  it('refuses if more departments are denied than can be checked', async () => {
    await withoutAncestors();
    await tables.permissions.update(directoryKey(app.corpId), {
      expression: 'ADD deniedDepartments :ids',
      values: { ':ids': new Set(Array.from({ length: 201 }, (_, at) => 1_000 + at)) },
    });
    tables.front.requests.length = 0;
    expect(await verify()).toEqual({
      authorized: false,
      reason: 'group-unreadable',
      fault: 'wecom',
    });
    expect(tables.front.requests.length).toBeLessThan(8);
  });

  it('may be a tag that a grant named after the groups were computed', async () => {
    await nameTag(tables.permissions, app.corpId, 10);
    await grant('tag#10', 'deny');
    expect(await verify()).toMatchObject({ reason: 'group-unreadable' });
  });
});

describe('a member about whom WeCom could not be asked', () => {
  it('is refused, and the log names WeCom as the reason', async () => {
    await grant('everyone', 'allow');
    expect(await verify()).toEqual({
      authorized: false,
      reason: 'unknown-member',
      fault: 'wecom',
    });
    expect(invocation.lines).toContainEqual(
      expect.objectContaining({ level: 'WARN', reason: 'unknown-member', fault: 'wecom' }),
    );
  });
});

describe('a member about whom the answer of WeCom cannot be read', () => {
  it('is refused, and the log says so', async () => {
    await grant('everyone', 'allow');
    const snapshot = { state: 'gone', why: UNREADABLE_ANSWER, departments: [] } as const;
    renewed = { snapshot: { ...snapshot, readAt: clock.now() } };
    expect(await verify()).toEqual({
      authorized: false,
      reason: 'member-unreadable',
      fault: 'wecom',
    });
    const refusal = invocation.lines.find(({ reason }) => reason === 'member-unreadable');
    expect(refusal).toMatchObject({ level: 'WARN', fault: 'wecom' });
    expect(refusal?.['message']).toMatch(/could not be read$/);
  });
});

describe('the directory record', () => {
  it.each(['version', 'namings', 'tags', 'deniedDepartments'])(
    'with a %s that cannot be read is an error, never an allowance',
    async (name) => {
      await storeMembership(tables, app, 'lisi', { departments: [6, 1], at: clock.now() });
      await grant('everyone', 'allow');
      for (const odd of ['x', [1], { a: 1 }, true]) {
        await tables.permissions.put({ ...directoryKey(app.corpId), [name]: odd });
        await expect(verify()).rejects.toThrow(StoreUnavailable);
      }
    },
  );
});

describe('with any value in one attribute of a stored item', () => {
  /** The table, with one attribute of one item replaced in what is read. */
  function damaged(pk: string, sk: string, name: string, value: Value): Table {
    const replace = (item: Item) =>
      item['pk'] === pk && item['sk'] === sk ? { ...item, [name]: value } : item;
    const { permissions } = tables;
    return {
      ...permissions,
      async query(partition, options) {
        const page = await permissions.query(partition, options);
        return { ...page, items: page.items.map(replace) };
      },
      batchGet: async (keys) => (await permissions.batchGet(keys)).map(replace),
    };
  }

  const anyValue: fc.Arbitrary<Value> = fc
    .jsonValue()
    .filter((value) => value !== null && !JSON.stringify(value).includes('null')) as never;

  it('a refusal does not become an allowance', async () => {
    await nameTag(tables.permissions, app.corpId, 7);
    await grant('everyone', 'allow');
    await grant('tag#7', 'deny');
    await storeMembership(tables, app, 'lisi', {
      departments: [6, 2, 1],
      tags: [7],
      at: clock.now(),
      groups: { version: 1 },
    });
    expect(await verify()).toMatchObject({ authorized: false, reason: 'denied' });

    const membership = membershipKey(app, 'lisi');
    const directory = directoryKey(app.corpId);
    const places = [
      ...[
        'state',
        'why',
        'departments',
        'readAt',
        'groups',
        'outdated',
        'revision',
        'claimedUntil',
      ].map((name) => [membership.pk, membership.sk, name] as const),
      ...['version', 'tags', 'namings', 'deniedDepartments'].map(
        (name) => [directory.pk, directory.sk, name] as const,
      ),
      ...['effect', 'until', 'by', 'at', 'note'].map(
        (name) => [`${app.corpId}#tag#7`, 'grant#access', name] as const,
      ),
    ];
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...places), anyValue, async ([pk, sk, name], value) => {
        // A readable end in the past is no damage: such a denial does not count.
        fc.pre(!(name === 'until' && typeof value === 'number'));
        const parts = newParts(damaged(pk, sk, name, value));
        const authorized = await verifyMember(parts, 'lisi', 'access', invocation).then(
          (decision) => decision.authorized,
          (error: unknown) => {
            if (!(error instanceof WecomAuthError)) throw error;
            return false;
          },
        );
        expect(authorized).toBe(false);
      }),
      { numRuns: 300 },
    );
  });
});
