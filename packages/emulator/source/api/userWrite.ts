import type { Administrator } from '../directory/administrator.ts';
import type { Member } from '../directory/types.ts';
import { Refusal } from '../wire/errcodes.ts';
import { contactWrite } from './contactWrite.ts';
import { checkRoom, nextId } from './departmentWrite.ts';
import type { Emulator } from './endpoint.ts';
import { memberFields } from './memberFields.ts';
import { list, text, USERID, uint32 } from './parameters.ts';

const MAX_DEPARTMENTS = 100;
const MAX_DELETED = 200;
/** Where a new member without a department is put (document 90195). */
const PENDING = '其他（待设置部门）';

/**
 * POST user/create (document 90195). The member is not activated until they log in, or the administrator says
 * so. `external_profile`, `external_position`, `nickname` and `to_invite` have no effect here.
 */
export const userCreate = contactWrite(
  'user/create',
  90195,
  'POST',
  (emulator, { body }, _app, administrator) => {
    const userid = text(body['userid']);
    if (userid === '') throw new Refusal(41009);
    if (!USERID.test(userid)) throw new Refusal(40003);
    if (emulator.directory.member(userid) !== undefined) throw new Refusal(60102);
    if (body['name'] === undefined) throw new Refusal(60112);
    const ids = departmentsOf(body['department']) ?? [];
    checkDepartments(emulator, ids, emulator.behaviour.newMemberDepartment === 'refused');
    const fields = memberFields(emulator, body, ids);
    if (fields.mobile === undefined && fields.email === undefined) throw new Refusal(60129);
    const { department, created } = placed(emulator, administrator, ids);
    administrator.join({
      name: '',
      position: '',
      gender: '0',
      ...fields,
      userid,
      department,
      main_department: fields.main_department ?? department[0] ?? 1,
      status: body['enable'] === 0 ? 2 : 4,
    });
    return {
      errmsg: 'created',
      ...(created.length > 0 && { created_department_list: { department_info: created } }),
    };
  },
);

/**
 * POST user/update (document 90197): what is not given stays. A mobile or e-mail of an active member is
 * theirs to change, and ignored. 301036 for `new_userid`: no userid here was made by WeCom, and only those
 * can be changed.
 */
export const userUpdate = contactWrite(
  'user/update',
  90197,
  'POST',
  (emulator, { body }, _app, administrator) => {
    const userid = text(body['userid']);
    if (userid === '') throw new Refusal(41009);
    const member = emulator.directory.member(userid);
    if (member === undefined) throw new Refusal(60111);
    if (body['new_userid'] !== undefined) throw new Refusal(301036);
    const ids = departmentsOf(body['department']);
    if (ids !== undefined) checkDepartments(emulator, ids, true);
    const changes = memberFields(emulator, body, ids ?? member.department, member);
    const status = statusOf(body['enable'], member);
    administrator.update(userid, {
      ...changes,
      ...(ids !== undefined && { department: ids }),
      ...(status !== undefined && { status }),
    });
    return { errmsg: 'updated' };
  },
);

/** GET user/delete (document 90198). */
export const userDelete = contactWrite(
  'user/delete',
  90198,
  'GET',
  ({ directory }, { query }, _app, administrator) => {
    const userid = query.get('userid') ?? '';
    if (userid === '') throw new Refusal(41009);
    if (directory.member(userid) === undefined) throw new Refusal(60111);
    administrator.leave(userid);
    return { errmsg: 'deleted' };
  },
);

/** POST user/batchdelete (document 90199): nobody is deleted if one of them is unknown. */
export const userBatchdelete = contactWrite(
  'user/batchdelete',
  90199,
  'POST',
  ({ directory }, { body }, _app, administrator) => {
    const userids = list(body['useridlist']).map(text);
    if (userids.length === 0) throw new Refusal(40063);
    if (userids.length > MAX_DELETED) throw new Refusal(40032);
    const members = new Set(userids.map((userid) => directory.member(userid)));
    if (members.has(undefined)) throw new Refusal(40031);
    for (const member of members) administrator.leave(member?.userid ?? '');
    return { errmsg: 'deleted' };
  },
);

/** @returns nothing if there is none; 0 stands for none (document 90195) */
function departmentsOf(value: unknown): number[] | undefined {
  if (value === undefined) return undefined;
  // Numbers in an array, not a text (document 90313).
  if (!Array.isArray(value)) throw new Refusal(41019);
  const ids = value.map((id) => (typeof id === 'number' ? (uint32(id) ?? -1) : -1));
  if (ids.includes(-1)) throw new Refusal(41019);
  if (ids.length > MAX_DEPARTMENTS) throw new Refusal(60110);
  return [...new Set(ids.filter((id) => id !== 0))];
}

/** @param strict whether there must be a department, and each must exist */
function checkDepartments({ directory }: Emulator, ids: readonly number[], strict: boolean): void {
  if (strict && ids.length === 0) throw new Refusal(41019);
  for (const id of ids) {
    if (directory.department(id) !== undefined) checkRoom(directory, id);
    else if (strict) throw new Refusal(60123);
  }
}

/**
 * The departments of a new member. An unknown one is created below the department for members who have none
 * yet, with its number as the name (document 90195).
 */
function placed(
  { company, directory }: Emulator,
  administrator: Administrator,
  ids: readonly number[],
): { department: number[]; created: { name: string; id: number }[] } {
  const unknown = ids.filter((id) => directory.department(id) === undefined);
  if (ids.length > 0 && unknown.length === 0) return { department: [...ids], created: [] };
  let pending = directory.departmentsIn(1).find(({ name }) => name === PENDING)?.id;
  if (pending === undefined) {
    pending = nextId(company.departments);
    if (unknown.includes(pending)) pending = Math.max(...unknown) + 1;
    const department = { name: PENDING, department_leader: [], order: 0 };
    administrator.createDepartment({ ...department, id: pending, parentid: 1 });
  }
  const parentid = pending;
  const created = unknown.map((id) => ({ name: String(id), id }));
  for (const each of created) {
    administrator.createDepartment({ ...each, department_leader: [], order: 0, parentid });
  }
  return { department: ids.length > 0 ? [...ids] : [pending], created };
}

/** 0 disables; 1 enables whoever is disabled. */
function statusOf(enable: unknown, member: Member): Member['status'] | undefined {
  if (enable === undefined) return undefined;
  if (enable !== 0 && enable !== 1) throw new Refusal(40058);
  if (enable === 0) return 2;
  return member.status === 2 ? 1 : undefined;
}
