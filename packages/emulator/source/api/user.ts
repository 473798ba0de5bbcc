import { Refusal } from '../wire/errcodes.ts';
import { contactEndpoint } from './contactEndpoint.ts';
import { readableDepartment } from './department.ts';
import type { AppEndpoint, Endpoint } from './endpoint.ts';
import { type MemberObject, memberObject, substituted } from './memberObject.ts';
import { invisible, nobody } from './rules.ts';

/** 1 to 64 of these, the first alphanumeric (document 90195). */
const USERID = /^[0-9A-Za-z][0-9A-Za-z_\-@.]{0,63}$/;

/** GET user/get (document 90196). */
export const userGet = contactEndpoint({
  path: 'user/get',
  document: 90196,
  empty: { department: [], order: [], is_leader_in_dept: [], direct_leader: [] },
  details: true,
  answer(emulator, { query, otherMember }, app) {
    const { directory } = emulator;
    const userid = query.get('userid') ?? '';
    if (userid === '') throw new Refusal(41009);
    if (!USERID.test(userid)) throw new Refusal(40003);
    const member = directory.member(userid);
    if (member === undefined) throw new Refusal(60111, nobody(userid));
    if (!directory.isVisible(app, member)) {
      throw new Refusal(emulator.behaviour.invisibleMemberErrcode, invisible(userid, app));
    }
    return memberObject(emulator, app, substituted(directory, member, otherMember));
  },
});

/** GET user/simplelist (document 90200). */
export const userSimplelist = departmentMembers(
  'user/simplelist',
  90200,
  ({ userid, name, department }) => ({ userid, name, department }),
);

/** GET user/list (document 90201). */
export const userList = departmentMembers('user/list', 90201, (member) => member);

/** The visible members of one department; those of departments below it if `fetch_child` is followed. */
function departmentMembers(
  path: string,
  document: number,
  shown: (member: MemberObject) => object,
): AppEndpoint {
  return contactEndpoint({
    path,
    document,
    empty: { userlist: [] },
    details: true,
    answer(emulator, { query }, app) {
      const { directory, behaviour } = emulator;
      const id = readableDepartment(emulator, app, query.get('department_id') ?? '');
      const isDeep = query.get('fetch_child') === '1' && behaviour.fetchChild === 'followed';
      const userlist = [...(isDeep ? directory.membersBelow(id) : directory.membersOf(id))]
        .filter((member) => directory.isVisible(app, member))
        .map((member) => shown(memberObject(emulator, app, member)));
      return { userlist };
    },
  });
}

/** POST user/list_id (document 96067): contacts-sync only, one row per membership. */
export const userListId: Endpoint = {
  path: 'user/list_id',
  document: 96067,
  method: 'POST',
  token: true,
  only: 'contacts-sync',
  empty: { dept_user: [] },
  bareInvalidToken: true,
  answer({ company }, { body }) {
    const limit = body['limit'] ?? 10_000;
    const cursor = body['cursor'] ?? '';
    if (!Number.isInteger(limit) || Number(limit) < 1 || Number(limit) > 10_000) {
      throw new Refusal(40058);
    }
    // The cursor's form is WeCom's own affair; here it is the row to go on from.
    const from = cursor === '' ? 0 : Number(cursor);
    if (!Number.isInteger(from) || from < 0) throw new Refusal(40058);
    const rows = company.members.flatMap(({ userid, department }) =>
      department.map((id) => ({ userid, department: id })),
    );
    const end = from + Number(limit);
    return { dept_user: rows.slice(from, end), next_cursor: end < rows.length ? String(end) : '' };
  },
};
