import type { App, Company, Department, Member, Tag } from './types.ts';

/** userid is unique regardless of case (document 90196). */
export function findMember(company: Company, userid: string): Member | undefined {
  const folded = userid.toLowerCase();
  return company.members.find((member) => member.userid.toLowerCase() === folded);
}

export function findDepartment(company: Company, id: number): Department | undefined {
  return company.departments.find((department) => department.id === id);
}

export function findTag(company: Company, tagid: number): Tag | undefined {
  return company.tags.find((tag) => tag.tagid === tagid);
}

export function findApp(company: Company, agentid: number): App | undefined {
  return company.apps.find((app) => app.agentid === agentid);
}

/** The first ordinary app of the fixture: what is meant where a caller names none. */
export function mainApp(company: Company): App {
  const app = company.apps.find(({ kind }) => kind === 'app');
  if (app === undefined) throw new Error('the company has no app');
  return app;
}

/** The department and everything below it. */
export function departmentsBelow(company: Company, id: number): Department[] {
  const top = findDepartment(company, id);
  if (top === undefined) return [];
  const found = [top];
  // `found` grows while it is walked; the includes() keeps a cycle in edited data from looping for ever.
  for (const parent of found) {
    for (const child of company.departments) {
      if (child.parentid === parent.id && !found.includes(child)) found.push(child);
    }
  }
  return found;
}
