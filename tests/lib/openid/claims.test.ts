import { beforeAll, describe, expect, it } from 'vitest';
import { StoreUnavailable } from '../../../lib/errors.ts';
import {
  claimsOf,
  keepDepartmentPaths,
  keepProfile,
  type Profile,
  readProfile,
} from '../../../lib/openid/claims.ts';
import { departmentPaths } from '../../../lib/openid/departmentPaths.ts';
import { createInvocation } from '../../harness/invocation.ts';
import { createManualClock } from '../../harness/manualClock.ts';
import { APP, startTables, type Tables } from '../../harness/tables.ts';

const PROFILE: Profile = {
  userid: 'ZhangSan',
  name: '张三',
  companyEmail: '',
  mobile: '',
  department: '技术部',
  position: '工程师',
};
const NO_GROUPS = { departments: [], tags: [] };
const CLIENT = { emailDomain: undefined, groupPaths: false };

describe('the e-mail of a person', () => {
  it.each([
    [
      'the company’s address is verified',
      { companyEmail: 'zhang@corp.cn' },
      CLIENT,
      'zhang@corp.cn',
      true,
    ],
    ['without one there is neither claim', {}, CLIENT, undefined, undefined],
    [
      'a client may get the userid at its domain, unverified',
      { companyEmail: 'zhang@corp.cn' },
      { ...CLIENT, emailDomain: 'corp.cn' },
      'zhangsan@corp.cn',
      undefined,
    ],
  ])('%s', (_what, profile, client, email, verified) => {
    const { claims } = claimsOf('zhangsan', { ...PROFILE, ...profile }, NO_GROUPS, client);
    expect(claims['email']).toBe(email);
    expect(claims['email_verified']).toBe(verified);
    // `false` would make relying parties refuse the person.
    expect(Object.values(claims)).not.toContain(false);
  });
});

describe('the groups of a person', () => {
  it('are always a list, of department and tag ids', () => {
    const groups = { departments: [6, 2, 1], tags: [7] };
    expect(claimsOf('zhangsan', PROFILE, groups, CLIENT).claims['groups']).toEqual([
      'department:6',
      'department:2',
      'department:1',
      'tag:7',
    ]);
    expect(claimsOf('zhangsan', PROFILE, NO_GROUPS, CLIENT).claims['groups']).toEqual([]);
  });

  it('are full paths for a client that asks, and ids where there is no path', () => {
    const profile = { ...PROFILE, departmentPaths: { '6': '云帆/技术部', '1': '云帆' } };
    const groups = { departments: [6, 2, 1], tags: [7] };
    const client = { ...CLIENT, groupPaths: true };
    expect(claimsOf('zhangsan', profile, groups, client).claims['groups']).toEqual([
      '云帆/技术部',
      'department:2',
      '云帆',
      'tag:7',
    ]);
    expect(claimsOf('zhangsan', profile, groups, CLIENT).claims['groups']).not.toContain('云帆');
  });

  it('are at most 100, and the number left out is returned', () => {
    const groups = { departments: Array.from({ length: 300 }, (_, at) => at + 1), tags: [] };
    const { claims, omittedGroups } = claimsOf('zhangsan', PROFILE, groups, CLIENT);
    expect(claims['groups']).toHaveLength(100);
    expect(omittedGroups).toBe(200);
  });

  it('are at most 4 kB', () => {
    const departments = Array.from({ length: 90 }, (_, at) => at + 1);
    const paths = Object.fromEntries(departments.map((id) => [id, '部'.repeat(60)]));
    const { claims, omittedGroups } = claimsOf(
      'zhangsan',
      { ...PROFILE, departmentPaths: paths },
      { departments, tags: [] },
      { ...CLIENT, groupPaths: true },
    );
    expect(Buffer.byteLength(JSON.stringify(claims['groups']))).toBeLessThanOrEqual(4_096);
    expect(omittedGroups).toBeGreaterThan(0);
  });
});

it('claims that WeCom gives nothing for are absent, never empty', () => {
  const bare = { ...PROFILE, name: '', department: '', position: '' };
  expect(claimsOf('zhangsan', bare, NO_GROUPS, CLIENT).claims).toEqual({
    sub: 'zhangsan',
    preferred_username: 'ZhangSan',
    groups: [],
  });
});

describe('a kept profile', () => {
  let tables: Tables;
  const clock = createManualClock();
  beforeAll(async () => {
    tables = await startTables();
    return tables.close;
  });
  const lifetime = { clock, providerSessionSeconds: 43_200 };
  const keep = (profile: Profile) => keepProfile(tables.cache, APP.corpId, 'z', profile, lifetime);

  it('keeps the last known e-mail and mobile where a QR sign-in gives none', async () => {
    await keep({ ...PROFILE, companyEmail: 'zhang@corp.cn', mobile: '13800138000' });
    await keep({ ...PROFILE, name: '张三丰', position: '' });
    expect(await readProfile(tables.cache, APP.corpId, 'z')).toEqual({
      ...PROFILE,
      name: '张三丰',
      position: '',
      companyEmail: 'zhang@corp.cn',
      mobile: '13800138000',
    });
  });

  it('takes paths of departments without losing what a sign-in keeps meanwhile', async () => {
    const paths = { '2': '技术部' };
    await keepDepartmentPaths(tables.cache, APP.corpId, 'z', paths);
    await keep({ ...PROFILE, name: '张三', companyEmail: 'zhang@corp.cn' });
    expect(await readProfile(tables.cache, APP.corpId, 'z')).toMatchObject({
      name: '张三',
      departmentPaths: paths,
    });
  });

  it('is not begun by paths of departments', async () => {
    await keepDepartmentPaths(tables.cache, APP.corpId, 'nobody', { '2': '技术部' });
    expect(await readProfile(tables.cache, APP.corpId, 'nobody')).toBeUndefined();
  });
});

describe('the path of a department', () => {
  const names: Record<number, { name: string; parentId?: number; hidden?: boolean }> = {
    1: { name: '云帆', parentId: 0 },
    2: { name: '技术部', parentId: 1 },
    6: { name: '后端', parentId: 2 },
    8: { name: '外包', parentId: 9 },
    9: { name: '', hidden: true },
    11: { name: '甲', parentId: 12 },
    12: { name: '乙', parentId: 11 },
  };
  const paths = (ids: readonly number[]) =>
    departmentPaths(ids, async (id) => names[id] ?? { name: '' }, createInvocation(), 0);

  it('is its name and those above, with each of these', async () => {
    expect(await paths([6])).toEqual({ 6: '云帆/技术部/后端', 2: '云帆/技术部', 1: '云帆' });
  });

  it('begins at the top of what the app sees', async () => {
    expect(await paths([8])).toEqual({ 8: '外包' });
  });

  it('ends where departments form a circle', async () => {
    expect(Object.keys(await paths([11]))).toEqual(['11', '12']);
  });

  it('is the last known one while a department cannot be read, and only then', async () => {
    const read = async (id: number) => {
      if (id === 6) throw new StoreUnavailable('The table does not answer');
      return { name: '', hidden: true };
    };
    const known = { '6': '云帆/技术部/后端', '2': '云帆/技术部', '8': '外包' };
    const found = await departmentPaths([6, 2], read, createInvocation(), 0, known);
    expect(found).toEqual({ '6': '云帆/技术部/后端' });
  });
});
