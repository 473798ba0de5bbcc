import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { nameDeniedDepartment, nameTag } from '../../../lib/directory/directoryRecord.ts';
import { WecomAuthError } from '../../../lib/errors.ts';
import { grantItem } from '../../../lib/permissions/grant.ts';
import type { WecomAnswer } from '../../../lib/wecom/client.ts';
import { newDirectoryInstance } from '../../harness/directory.ts';
import { createInvocation } from '../../harness/invocation.ts';
import { createManualClock } from '../../harness/manualClock.ts';
import { startTables, type Tables } from '../../harness/tables.ts';

const clock = createManualClock();
let tables: Tables;
let corps = 0;

beforeAll(async () => {
  tables = await startTables();
  return tables.close;
});

/** What WeCom answers about a member who is refused in one of three ways. */
const answers = (): Record<string, WecomAnswer> => ({
  'user/get': { userid: 'lisi', status: 1, department: [3] },
  'department/list': {
    department: [
      { id: 1, parentid: 0 },
      { id: 2, parentid: 1 },
      { id: 3, parentid: 2 },
    ],
  },
  'department/get': { department: { id: 3, parentid: 2 } },
  'tag/get': { userlist: [{ userid: 'lisi' }], partylist: [] },
});

const DISABLED = { 'user/get': { userid: 'lisi', status: 2, department: [3] } };
const isId = (value: unknown) => /^[1-9]\d*$/.test(String(value)) && !Array.isArray(value);

/**
 * A field, the grant that refuses by what stands in it, and which values say something else that
 * can be read: those may well allow.
 */
const PLACES: readonly {
  readonly path: readonly (string | number)[];
  readonly denied?: 'department#2' | 'tag#7';
  readonly terms?: Record<string, WecomAnswer>;
  readonly readable: (value: unknown) => boolean;
}[] = [
  {
    path: ['user/get', 'status'],
    terms: DISABLED,
    readable: (value) => String(value) === '1' && !Array.isArray(value),
  },
  { path: ['user/get', 'userid'], terms: DISABLED, readable: () => false },
  {
    path: ['user/get', 'department'],
    denied: 'department#2',
    readable: (value) => Array.isArray(value) && value.every(isId),
  },
  { path: ['user/get', 'department', 0], denied: 'department#2', readable: isId },
  { path: ['department/list', 'department'], denied: 'department#2', readable: () => false },
  { path: ['department/list', 'department', 2], denied: 'department#2', readable: () => false },
  {
    path: ['department/list', 'department', 2, 'id'],
    denied: 'department#2',
    readable: () => false,
  },
  {
    path: ['department/list', 'department', 2, 'parentid'],
    denied: 'department#2',
    readable: (value) => value === 0 || value === '0' || isId(value),
  },
  {
    path: ['tag/get', 'userlist'],
    denied: 'tag#7',
    readable: (value) => Array.isArray(value) && value.length === 0,
  },
  { path: ['tag/get', 'userlist', 0], denied: 'tag#7', readable: () => false },
  {
    path: ['tag/get', 'userlist', 0, 'userid'],
    denied: 'tag#7',
    readable: (value) => typeof value === 'string' && /^[\w/.@-]+$/.test(value),
  },
];

async function verdict(terms: Record<string, WecomAnswer>, denied?: string): Promise<boolean> {
  const app = { corpId: `corp${corps++}`, agentId: '1' };
  const { permissions } = tables;
  await nameTag(permissions, app.corpId, 7);
  await nameDeniedDepartment(permissions, app.corpId, 2);
  const about = { permission: 'access', by: 'test', at: 0 };
  await permissions.put(grantItem(app.corpId, { ...about, subject: 'everyone', effect: 'allow' }));
  if (denied) {
    await permissions.put(grantItem(app.corpId, { ...about, subject: denied, effect: 'deny' }));
  }
  const { verify } = newDirectoryInstance({
    tables,
    app,
    clock,
    client: async ({ api }) => terms[api] ?? {},
  });
  const invocation = createInvocation();
  const decision = await verify('lisi', 'access', invocation);
  await invocation.settled();
  return decision.authorized;
}

/** The answers with one field of one of them replaced. */
function replaced(
  terms: Record<string, WecomAnswer>,
  path: readonly (string | number)[],
  value: unknown,
): Record<string, WecomAnswer> {
  const copy = structuredClone(terms);
  let at = copy as Record<string | number, unknown>;
  for (const step of path.slice(0, -1)) at = at[step] as Record<string | number, unknown>;
  at[path.at(-1) ?? ''] = value;
  return copy;
}

describe('whatever one field of an answer of WeCom becomes', () => {
  it('the member is allowed where nothing is denied, and refused by each of the denials', async () => {
    expect(await verdict(answers())).toBe(true);
    for (const { denied, terms } of PLACES) {
      expect(await verdict({ ...answers(), ...terms }, denied)).toBe(false);
    }
  });

  it('a refusal becomes an allowance only by a value that can be read', async () => {
    const odd = fc.oneof(
      fc.jsonValue(),
      fc.constantFrom(null, '', '2', ['2'], [[3]], { id: 3 }, 1.5, -1, true, '03', ' 1', 'x'),
    );
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...PLACES), odd, async (place, value) => {
        fc.pre(!place.readable(value));
        const terms = replaced({ ...answers(), ...place.terms }, place.path, value);
        const authorized = await verdict(terms, place.denied).catch((error: unknown) => {
          if (!(error instanceof WecomAuthError)) throw error;
          return false;
        });
        expect(authorized).toBe(false);
      }),
      { numRuns: 150 },
    );
  });
});
