import { departmentsBelow, findTag } from './find.ts';
import type { App, Company, Member } from './types.ts';

/**
 * Departments inside an app's visible range: those listed, those of listed tags, and all below them.
 * The contacts-sync secret sees everything (document 90208). That a tag's department brings its
 * sub-departments along is unverified.
 */
export function visibleDepartments(company: Company, app: App): Set<number> {
  if (app.kind === 'contacts-sync') return new Set(company.departments.map(({ id }) => id));
  const listed = [
    ...app.visible.parties,
    ...app.visible.tags.flatMap((tagid) => findTag(company, tagid)?.partylist ?? []),
  ];
  return new Set(listed.flatMap((id) => departmentsBelow(company, id)).map(({ id }) => id));
}

/** Whether the member is in the app's visible range: by name, by tag, or through any department. */
export function isVisible(company: Company, app: App, member: Member): boolean {
  if (app.kind === 'contacts-sync') return true;
  const named = [
    ...app.visible.users,
    ...app.visible.tags.flatMap((tagid) => findTag(company, tagid)?.userlist ?? []),
  ];
  if (named.some((userid) => userid.toLowerCase() === member.userid.toLowerCase())) return true;
  const departments = visibleDepartments(company, app);
  return member.department.some((id) => departments.has(id));
}

/** Apps made before this instant still read sensitive fields from user/get (document 90196). */
const SENSITIVE_FIELDS_CUTOFF = Date.parse('2022-06-20T20:00:00+08:00');

export function readsSensitiveFields(app: App): boolean {
  return app.kind === 'app' && Date.parse(app.created) < SENSITIVE_FIELDS_CUTOFF;
}
