import { isDeepStrictEqual } from 'node:util';
import type { CachedDepartments } from '../directory/departments.ts';
import type { Invocation } from '../invocation.ts';
import { keepDepartmentPaths, readProfile } from '../openid/claims.ts';
import { departmentPaths } from '../openid/departmentPaths.ts';
import { readStoredPerson } from '../openid/storedPerson.ts';
import type { Tables } from './tables.ts';

/**
 * Stores the names of a person's groups for the claims, for clients that ask for them. If WeCom cannot
 * be asked, the last known names stay.
 *
 * @returns a function that throws StoreUnavailable
 */
export function createGroupPaths(tables: Tables, departments: () => CachedDepartments) {
  const { clock, configuration, cacheTable, permissionTable } = tables;
  return async (sub: string, invocation: Invocation): Promise<void> => {
    const app = configuration();
    const [{ groups }, profile] = await Promise.all([
      readStoredPerson(permissionTable(), app, sub, clock),
      readProfile(cacheTable(), app.corpId, sub),
    ]);
    if (!groups || !profile) return;
    const read = (id: number, each: Invocation) => departments().read(id, each);
    const known = profile.departmentPaths ?? {};
    const paths = await departmentPaths(groups.departments, read, invocation, clock.now(), known);
    if (isDeepStrictEqual(known, paths)) return;
    await keepDepartmentPaths(cacheTable(), app.corpId, sub, paths);
  };
}
