import { type Directory, readsSensitiveFields } from '../directory/directory.ts';
import { type App, type Member, SENSITIVE_FIELDS } from '../directory/types.ts';
import type { Emulator } from './endpoint.ts';

export type MemberObject = Readonly<Record<string, unknown>>;

/** A member as user/get and user/list show them to this app (document 90196). */
export function memberObject(
  { directory, behaviour }: Emulator,
  app: App,
  member: Member,
): MemberObject {
  const seen = directory.visibleDepartments(app);
  // order and is_leader_in_dept run parallel to department, so all three are narrowed together.
  const places = member.department
    .map((id, at) => ({
      id,
      order: member.order?.[at] ?? 0,
      leads: member.is_leader_in_dept?.[at] ?? 0,
    }))
    .filter(({ id }) => behaviour.memberDepartments === 'all' || seen.has(id));
  return {
    userid: member.userid,
    name: member.name,
    department: places.map(({ id }) => id),
    order: places.map(({ order }) => order),
    position: member.position,
    status: member.status,
    is_leader_in_dept: places.map(({ leads }) => leads),
    direct_leader: member.direct_leader ?? [],
    main_department: member.main_department,
    telephone: member.telephone ?? '',
    alias: member.alias ?? '',
    english_name: member.english_name ?? '',
    extattr: { attrs: member.extattr ?? [] },
    ...(readsSensitiveFields(app) && sensitive(member)),
  };
}

/** Whom to answer about: the member, or whom the fault `other-member` puts in their place. */
export function substituted(directory: Directory, member: Member, other?: string): Member {
  if (other === undefined) return member;
  return directory.member(other) ?? { ...member, userid: other };
}

/** Apps from before 2022-06-20 20:00 keep these, with the older fields that old answers still show. */
function sensitive(member: Member): Record<string, unknown> {
  const shown = SENSITIVE_FIELDS.map((field) => [field, member[field] ?? '']);
  return {
    ...Object.fromEntries(shown),
    thumb_avatar: (member.avatar ?? '').replace(/\/0$/, '/100'),
    enable: member.status === 2 ? 0 : 1,
    hide_mobile: 0,
    isleader: member.is_leader_in_dept?.includes(1) ? 1 : 0,
  };
}
