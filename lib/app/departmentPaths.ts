import { isDeepStrictEqual } from 'node:util';
import type { CachedDepartments } from '../directory/departments.ts';
import type { Invocation } from '../invocation.ts';
import { keepDepartmentPaths, readProfile } from '../openid/claims.ts';
import { departmentPaths } from '../openid/departmentPaths.ts';
import { readStoredPerson } from '../openid/storedPerson.ts';
import type { Tables } from './tables.ts';

/**
 * Makes the function that stores the paths of a person's departments in their profile, for clients whose
 * `groups` claim has them. If WeCom cannot be asked, the last known paths stay.
 *
 * @returns a function that throws StoreUnavailable
 */
export function createStoreDepartmentPaths(tables: Tables, departments: () => CachedDepartments) {
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
