import type { KoaContextWithOIDC, RefreshToken } from 'oidc-provider';
import { describe, expect, it } from 'vitest';
import type { Table } from '../../../lib/dynamodb/table.ts';
import { Accounts } from '../../../lib/openid/account.ts';
import { createInvocation } from '../../harness/invocation.ts';
import { createManualClock } from '../../harness/manualClock.ts';

const GROUPS = { departments: [2], tags: [] };

describe('a refresh', () => {
  it.each([
    ['asks WeCom for two seconds if a stored membership can serve', GROUPS, 2_000],
    ['asks WeCom as long as the request lasts if none can', undefined, 15_000],
  ])('%s', async (_what, groups, askingMs) => {
    const clock = createManualClock();
    const deadlines: number[] = [];
    const accounts = new Accounts({
      corpId: 'ww1',
      cacheTable: {} as Table,
      permissionTable: {} as Table,
      members: {
        find: async () => ({
          person: { userid: 'lisi', signedOutAt: 0 },
          ...(groups && { groups }),
        }),
        async decide(_userid, _permission, { deadline }) {
          deadlines.push(deadline);
          return 'permitted';
        },
      },
      signOut: () => undefined,
      invocationOf: () => createInvocation(clock.time + 15_000),
      storeDepartmentPaths: async () => undefined,
      clock,
    });
    const context = { oidc: { client: { permission: 'access' } } } as unknown as KoaContextWithOIDC;
    await accounts.find(context, 'lisi', { kind: 'RefreshToken' } as RefreshToken);
    expect(deadlines).toEqual([clock.time + askingMs]);
  });
});
