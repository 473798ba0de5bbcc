import type { Change, ChangeListener } from './change.ts';
import { findApp, findDepartment, findMember, findTag } from './find.ts';
import { subscriptions } from './subscriptions.ts';
import type { App, Company, Department, Member } from './types.ts';

interface TagChange {
  addUsers?: readonly string[];
  delUsers?: readonly string[];
  addParties?: readonly number[];
  delParties?: readonly number[];
}

/** What the company's administrator does; callbacks follow. Each throws, and changes nothing, for what cannot be. */
export interface Administrator {
  join(member: Member): void;
  /** Deleted from the company: user/get then says 60111. (Status 5 is a member who quit and was not deleted.) */
  leave(userid: string): void;
  /** Any field, also `status` (2 disables), `department` (moves) and `userid` (renames). */
  update(userid: string, fields: Partial<Member>): void;
  createDepartment(department: Department): void;
  updateDepartment(id: number, fields: Partial<Omit<Department, 'id'>>): void;
  deleteDepartment(id: number): void;
  tag(tagid: number, change: TagChange): void;
  /** Any field but its number: `visible`, `enabled`, `secret`, `trusted_domains`, `trusted_ips`, … */
  updateApp(agentid: number, fields: Partial<Omit<App, 'agentid'>>): void;
}

export function administrator(company: Company, listener: ChangeListener): Administrator {
  /** Runs a change, and adds whom it brought into or took out of an app's range. */
  function apply(mutate: () => Change | undefined): void {
    const before = subscriptions(company);
    const change = mutate();
    const changes = [...(change ? [change] : []), ...subscriptions(company).since(before)];
    if (changes.length > 0) listener(changes);
  }

  function checkDepartments(ids: readonly number[]): void {
    for (const id of ids) existing(findDepartment(company, id), `department ${id}`);
  }

  return {
    join(member) {
      if (findMember(company, member.userid))
        throw new Error(`${member.userid} is a member already`);
      checkDepartments([...member.department, member.main_department]);
      apply(() => {
        company.members.push(member);
        return { kind: 'create_user', member };
      });
    },

    leave(userid) {
      const member = existing(findMember(company, userid), `member ${userid}`);
      apply(() => {
        company.members.splice(company.members.indexOf(member), 1);
        for (const list of namingLists(company)) remove(list, member.userid);
        return { kind: 'delete_user', member };
      });
    },

    update(userid, fields) {
      const member = existing(findMember(company, userid), `member ${userid}`);
      const renamed = fields.userid ?? member.userid;
      const other = findMember(company, renamed);
      if (other !== undefined && other !== member)
        throw new Error(`${renamed} is a member already`);
      const moved = { ...member, ...fields };
      // A member who moves without a word on the main department gets the first of the new ones.
      if (!moved.department.includes(moved.main_department)) {
        moved.main_department = moved.department[0] ?? moved.main_department;
      }
      checkDepartments(moved.department);
      apply(() => {
        const before = structuredClone(member);
        for (const list of namingLists(company)) {
          const at = list.indexOf(member.userid);
          if (at >= 0) list[at] = renamed;
        }
        Object.assign(member, moved);
        return { kind: 'update_user', before, member };
      });
    },

    createDepartment(department) {
      if (findDepartment(company, department.id))
        throw new Error(`department ${department.id} exists`);
      checkDepartments([department.parentid]);
      apply(() => {
        company.departments.push(department);
        return { kind: 'create_party', department };
      });
    },

    updateDepartment(id, fields) {
      const department = existing(findDepartment(company, id), `department ${id}`);
      if (fields.parentid !== undefined && id !== 1) checkDepartments([fields.parentid]);
      apply(() => {
        const before = structuredClone(department);
        Object.assign(department, fields);
        return { kind: 'update_party', before, department };
      });
    },

    deleteDepartment(id) {
      const department = existing(findDepartment(company, id), `department ${id}`);
      const used =
        company.departments.some(({ parentid }) => parentid === id) ||
        company.members.some((member) => member.department.includes(id));
      if (used) throw new Error(`department ${id} has members or departments below it`);
      apply(() => {
        company.departments.splice(company.departments.indexOf(department), 1);
        const lists = [
          ...company.tags.map(({ partylist }) => partylist),
          ...company.apps.map(({ visible }) => visible.parties),
        ];
        for (const list of lists) remove(list, id);
        return { kind: 'delete_party', id };
      });
    },

    tag(tagid, { addUsers = [], delUsers = [], addParties = [], delParties = [] }) {
      const tag = existing(findTag(company, tagid), `tag ${tagid}`);
      for (const userid of addUsers) existing(findMember(company, userid), `member ${userid}`);
      checkDepartments(addParties);
      apply(() => {
        for (const userid of delUsers) remove(tag.userlist, userid);
        for (const id of delParties) remove(tag.partylist, id);
        tag.userlist.push(...addUsers.filter((userid) => !tag.userlist.includes(userid)));
        tag.partylist.push(...addParties.filter((id) => !tag.partylist.includes(id)));
        return { kind: 'update_tag', tagid, addUsers, delUsers, addParties, delParties };
      });
    },

    updateApp(agentid, fields) {
      const app = existing(findApp(company, agentid), `app ${agentid}`);
      apply(() => {
        Object.assign(app, fields);
        return undefined;
      });
    },
  };
}

/** Every list in the company that names members. */
function namingLists(company: Company): string[][] {
  return [
    ...company.tags.map(({ userlist }) => userlist),
    ...company.apps.map(({ visible }) => visible.users),
    ...company.departments.map(({ department_leader }) => department_leader),
    ...company.members.flatMap(({ direct_leader }) => (direct_leader ? [direct_leader] : [])),
  ];
}

function remove<T>(list: T[], value: T): void {
  const at = list.indexOf(value);
  if (at >= 0) list.splice(at, 1);
}

function existing<T>(found: T | undefined, what: string): T {
  if (found === undefined) throw new Error(`there is no ${what}`);
  return found;
}
