import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Department } from './api.ts';
import { say } from './language.ts';

/** The departments that WeCom shows, and the members' names that the page has met. */
export interface Company {
  readonly departments: ReadonlyMap<number, Department>;
  /** The ids below each department, and the top ones below 0. */
  readonly below: ReadonlyMap<number, readonly number[]>;
  /** By folded userid. */
  readonly names: Map<string, string>;
}

export function createCompany(list: readonly Department[]): Company {
  const departments = new Map(list.map((each) => [each.id, each]));
  const below = new Map<number, number[]>();
  for (const { id, parentId = 0 } of list) {
    // A department whose parent the app does not see is a top one.
    const above = departments.has(parentId) && parentId !== id ? parentId : 0;
    const siblings = below.get(above);
    if (siblings) siblings.push(id);
    else below.set(above, [id]);
  }
  return { departments, below, names: new Map() };
}

export const CompanyContext = createContext<Company>(createCompany([]));

export function useCompany(): Company {
  return useContext(CompanyContext);
}

/** The name, or the id where WeCom withholds the name. */
export function departmentName({ departments }: Company, id: number): string {
  return departments.get(id)?.name || say({ zh: `部门 ${id}`, en: `Department ${id}` });
}

/** The names of a department and all above it, the top one first. */
export function departmentPath(company: Company, id: number): string {
  const names: string[] = [];
  const seen = new Set<number>();
  for (let at = company.departments.get(id); at && !seen.has(at.id); ) {
    seen.add(at.id);
    names.unshift(departmentName(company, at.id));
    at = company.departments.get(at.parentId ?? 0);
  }
  return names.join(' / ');
}

export function rememberNames(
  company: Company,
  members: readonly { userid: string; name: string }[],
) {
  for (const { userid, name } of members) {
    if (name) company.names.set(userid.toLowerCase(), name);
  }
}
