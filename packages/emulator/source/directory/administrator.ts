import type { Change, ChangeListener } from './change.ts';
import type { Directory, Range } from './directory.ts';
import { existing, Impossible } from './impossible.ts';
import type { App, Department, LiveMember, Member, Tag } from './types.ts';

interface TagChange {
  addUsers?: readonly string[];
  delUsers?: readonly string[];
  addParties?: readonly number[];
  delParties?: readonly number[];
}

/**
 * Changes the company as its administrator does; the emulator pushes the events. Each method throws, and
 * changes nothing, if the change is not possible.
 */
export interface Administrator {
  /** Adds a member. The given object is copied. */
  join(member: LiveMember): void;
  /**
   * Brings a member back who left while this emulator runs: with the fields they had, status 1 unless
   * `fields` has another, and without the tags and other lists that named them.
   */
  rejoin(userid: string, fields?: Partial<Member>): void;
  /** Deletes from the company: user/get then says 60111. (Status 5 is a member who quit and was not deleted.) */
  leave(userid: string): void;
  /** Any field, also `status` (2 disables), `department` (moves) and `userid` (renames). */
  update(userid: string, fields: Partial<Member>): void;
  createDepartment(department: Department): void;
  updateDepartment(id: number, fields: Partial<Omit<Department, 'id'>>): void;
  deleteDepartment(id: number): void;
  /** Tags someone or something, or takes the tag away. */
  tag(tagid: number, change: TagChange): void;
  createTag(tag: Tag): void;
  renameTag(tagid: number, tagname: string): void;
  deleteTag(tagid: number): void;
  /** Any field but its number: `visible`, `enabled`, `secret`, `trusted_domains`, `trusted_ips`, … */
  updateApp(agentid: number, fields: Partial<Omit<App, 'agentid'>>): void;
}

const LEAVERS_KEPT = 100_000;

/**
 * @param listener gets the changes for which WeCom pushes events
 * @param left members who left, by folded userid; changed here
 * @param onChanged called after every change
 */
export function administrator(
  directory: Directory,
  listener: ChangeListener,
  left: Map<string, Member> = new Map(),
  onChanged: () => void = () => undefined,
): Administrator {
  const { company } = directory;

  /**
   * Makes a change, and reports it with the members who entered or left the visible range of an app.
   *
   * @param members who change themselves, or are named in a list that changes. Who is moved by a range that
   *   has become another one is found from the two ranges.
   */
  function apply(
    members: readonly Member[],
    mutate: () => Change | undefined,
    apps: readonly App[] = company.apps,
  ): void {
    const themselves = new Set(members);
    const watched = apps
      .filter(({ kind }) => kind === 'app')
      .map((app) => {
        return {
          app,
          range: directory.rangeOf(app),
          before: membersOfApp(directory, app, members),
        };
      });
    const change = mutate();
    const changes: Change[] = change ? [change] : [];
    for (const { app, range, before } of watched) {
      addEvents(changes, app, differences(before, membersOfApp(directory, app, members)));
      addEvents(changes, app, movedByRange(directory, range, directory.rangeOf(app), themselves));
    }
    if (changes.length > 0) listener(changes);
    onChanged();
  }

  function checkDepartments(ids: readonly number[]): void {
    for (const id of ids) existing(directory.department(id), 'department', id);
  }

  function add(member: Member): void {
    if (directory.member(member.userid)) throw taken(member.userid);
    checkDepartments([...member.department, member.main_department]);
    apply([member], () => {
      directory.addMember(member);
      left.delete(member.userid.toLowerCase());
      return { kind: 'create_user', member };
    });
  }

  return {
    join: (member) => add(structuredClone(member) as Member),

    rejoin(userid, fields = {}) {
      if (directory.member(userid)) throw taken(userid);
      const earlier = left.get(userid.toLowerCase());
      if (earlier === undefined) {
        throw new Impossible(
          `${userid} has not left; a new member needs a name and a department`,
          `${userid} 没有离开过；新成员需要姓名和部门`,
        );
      }
      add(withMainDepartment({ ...earlier, status: 1, ...fields }));
    },

    leave(userid) {
      const member = existing(directory.member(userid), 'member', userid);
      apply([member], () => {
        directory.removeMember(member);
        left.set(member.userid.toLowerCase(), member);
        const [oldest] = left.keys();
        if (left.size > LEAVERS_KEPT && oldest !== undefined) left.delete(oldest);
        return { kind: 'delete_user', member };
      });
    },

    update(userid, fields) {
      const member = existing(directory.member(userid), 'member', userid);
      const renamed = fields.userid ?? member.userid;
      const other = directory.member(renamed);
      if (other !== undefined && other !== member) throw taken(renamed);
      const { department, main_department } = withMainDepartment({ ...member, ...fields });
      checkDepartments(department);
      apply([member], () => {
        const before = structuredClone(member);
        directory.changeMember(member, {
          ...aligned(before, department),
          ...fields,
          main_department,
        });
        for (const visitor of company.visitors) {
          if (visitor.kind === 'customer' && visitor.follower === before.userid)
            visitor.follower = renamed;
        }
        return { kind: 'update_user', before, member };
      });
    },

    createDepartment(department) {
      if (directory.department(department.id))
        throw new Impossible(`department ${department.id} exists`, `部门 ${department.id} 已存在`);
      checkDepartments([department.parentid]);
      apply([], () => {
        directory.addDepartment(department);
        return { kind: 'create_party', department };
      });
    },

    updateDepartment(id, fields) {
      const department = existing(directory.department(id), 'department', id);
      if (fields.parentid !== undefined && id !== 1) checkDepartments([fields.parentid]);
      if (directory.departmentsBelow(id).some((each) => each.id === fields.parentid))
        throw new Impossible(
          `department ${id} cannot be below itself`,
          `部门 ${id} 不能移到自己之下`,
        );
      apply([], () => {
        const before = structuredClone(department);
        directory.changeDepartment(department, fields);
        return { kind: 'update_party', before, department };
      });
    },

    deleteDepartment(id) {
      const department = existing(directory.department(id), 'department', id);
      if (directory.departmentsBelow(id).length > 1 || directory.membersOf(id).size > 0)
        throw new Impossible(
          `department ${id} has members or departments below it`,
          `部门 ${id} 还有成员或下级部门`,
        );
      apply([], () => {
        directory.removeDepartment(department);
        return { kind: 'delete_party', id };
      });
    },

    tag(tagid, { addUsers = [], delUsers = [], addParties = [], delParties = [] }) {
      const tag = existing(directory.tag(tagid), 'tag', tagid);
      for (const userid of addUsers) existing(directory.member(userid), 'member', userid);
      checkDepartments(addParties);
      const opens = company.apps.filter(({ visible }) => visible.tags.includes(tagid));
      const named = [...addUsers, ...delUsers].flatMap((userid) => directory.member(userid) ?? []);
      const change = () => {
        directory.changeTag(
          tag,
          { users: addUsers, parties: addParties },
          { users: delUsers, parties: delParties },
        );
        return { kind: 'update_tag', tagid, addUsers, delUsers, addParties, delParties } as const;
      };
      apply(named, change, opens);
    },

    createTag(tag) {
      if (directory.tag(tag.tagid))
        throw new Impossible(`tag ${tag.tagid} exists`, `标签 ${tag.tagid} 已存在`);
      for (const userid of tag.userlist) existing(directory.member(userid), 'member', userid);
      checkDepartments(tag.partylist);
      // A range may name a tag that does not exist yet.
      const opens = company.apps.filter(({ visible }) => visible.tags.includes(tag.tagid));
      const change = () => {
        directory.addTag(structuredClone(tag));
        return undefined;
      };
      apply([], change, opens);
    },

    renameTag(tagid, tagname) {
      const tag = existing(directory.tag(tagid), 'tag', tagid);
      apply([], () => {
        tag.tagname = tagname;
        return undefined;
      });
    },

    deleteTag(tagid) {
      const tag = existing(directory.tag(tagid), 'tag', tagid);
      const opens = company.apps.filter(({ visible }) => visible.tags.includes(tagid));
      const change = () => {
        directory.removeTag(tag);
        return undefined;
      };
      apply([], change, opens);
    },

    updateApp(agentid, fields) {
      const app = existing(directory.app(agentid), 'app', agentid);
      const change = () => {
        directory.changeApp(app, fields);
        return undefined;
      };
      apply([], change, [app]);
    },
  };
}

/**
 * Which of these count as members of the app: in the company, active, and in its visible range. Entering and
 * leaving that set is what subscribe and unsubscribe tell of: a changed range, joining, leaving, being
 * disabled (document 90240). By object, so that a new userid is not taken for a new member.
 */
function membersOfApp(
  directory: Directory,
  app: App,
  members: readonly Member[],
): ReadonlySet<Member> {
  const counted = new Set<Member>();
  for (const member of members) {
    const isActive = directory.member(member.userid) === member && member.status === 1;
    if (isActive && directory.isVisible(app, member)) counted.add(member);
  }
  return counted;
}

interface Moves {
  exits: readonly Member[];
  entries: readonly Member[];
}

function differences(before: ReadonlySet<Member>, after: ReadonlySet<Member>): Moves {
  return {
    exits: [...before].filter((member) => !after.has(member)),
    entries: [...after].filter((member) => !before.has(member)),
  };
}

/**
 * The active members who are inside one of two ranges alone. Only what differs between the ranges is looked
 * through, so that a change takes as long as it moves members.
 *
 * @param except members who are not looked at
 */
function movedByRange(
  directory: Directory,
  before: Range,
  after: Range,
  except: ReadonlySet<Member>,
): Moves {
  const exits: Member[] = [];
  const entries: Member[] = [];
  if (before === after) return { exits, entries };
  const lost = difference(directory, before, after);
  const gained = difference(directory, after, before);
  const isMeant = (member: Member) => member.status === 1 && !except.has(member);
  for (const member of membersOf(directory, lost)) {
    if (isMeant(member) && !directory.isInside(after, member)) exits.push(member);
  }
  for (const member of membersOf(directory, gained)) {
    // By a list that is gone they were inside too, although no index has it any more.
    const wasInside = lost.named.has(member) || directory.isInside(before, member);
    if (isMeant(member) && !wasInside) entries.push(member);
  }
  return { exits, entries };
}

interface Difference {
  departments: ReadonlySet<number>;
  named: ReadonlySet<Member>;
}

/** What is in the range and not in the other one. */
function difference(directory: Directory, range: Range, other: Range): Difference {
  const lists = [...range.lists].filter((list) => !other.lists.has(list));
  return {
    departments: new Set([...range.departments].filter((id) => !other.departments.has(id))),
    named: new Set(lists.flatMap((list) => list.flatMap((each) => directory.member(each) ?? []))),
  };
}

/** Each member once. */
function* membersOf(
  directory: Directory,
  { departments, named }: Difference,
): Generator<Member, void> {
  yield* directory.membersIn(departments);
  for (const member of named) {
    if (!member.department.some((id) => departments.has(id))) yield member;
  }
}

function addEvents(changes: Change[], { agentid }: App, { exits, entries }: Moves): void {
  for (const { userid } of exits) changes.push({ kind: 'unsubscribe', agentid, userid });
  for (const { userid } of entries) changes.push({ kind: 'subscribe', agentid, userid });
}

/** A member who moves without a word on the main department gets the first of the new ones. */
function withMainDepartment(member: Member): Member {
  const { department, main_department } = member;
  return department.includes(main_department)
    ? member
    : { ...member, main_department: department[0] ?? main_department };
}

/** What runs parallel to the departments, for these: it goes with the ones that stay. */
function aligned(member: Member, department: readonly number[]): Partial<Member> {
  const moved = (values: readonly number[]) =>
    department.map((id) => values[member.department.indexOf(id)] ?? 0);
  const { order, is_leader_in_dept } = member;
  return {
    ...(order && { order: moved(order) }),
    ...(is_leader_in_dept && { is_leader_in_dept: moved(is_leader_in_dept) }),
  };
}

function taken(userid: string): Impossible {
  return new Impossible(`${userid} is a member already`, `${userid} 已是企业成员`);
}
