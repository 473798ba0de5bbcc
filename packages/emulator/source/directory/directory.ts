import type { App, Company, Department, Member, Tag } from './types.ts';

/** What an app may see: these departments, and whoever one of these lists names. */
export interface Range {
  departments: ReadonlySet<number>;
  lists: ReadonlySet<string[]>;
}

const INDEXED = ['userid', 'department', 'direct_leader'] as const;

/**
 * The company with the indexes that answer a question about one member, department or tag in the same time
 * for 15 members as for 100 000. The fields that `LiveCompany` marks as readonly change through the methods
 * below alone; everything else is read from the company at each call.
 */
export class Directory {
  readonly company: Company;
  /** By folded userid: a userid is unique regardless of case (document 90196). */
  readonly #members = new Map<string, Member>();
  readonly #membersOf = new Map<number, Set<Member>>();
  readonly #departments = new Map<number, Department>();
  readonly #children = new Map<number, Department[]>();
  readonly #tags = new Map<number, Tag>();
  readonly #apps = new Map<number, App>();
  /** By folded userid: the lists of tags, visible ranges, departments and members that name it. */
  readonly #naming = new Map<string, string[][]>();
  readonly #ranges = new Map<App, Range>();

  constructor(company: Company) {
    this.company = company;
    for (const member of company.members) this.#indexMember(member);
    for (const tag of company.tags) this.#tags.set(tag.tagid, tag);
    for (const app of company.apps) this.#apps.set(app.agentid, app);
    for (const { userlist } of company.tags) this.#indexList(userlist);
    for (const { visible } of company.apps) this.#indexList(visible.users);
    for (const { department_leader } of company.departments) this.#indexList(department_leader);
    this.#indexDepartments();
    // Now rather than during the first call or change.
    for (const app of company.apps) this.rangeOf(app);
  }

  member(userid: string): Member | undefined {
    return this.#members.get(userid.toLowerCase());
  }

  department(id: number): Department | undefined {
    return this.#departments.get(id);
  }

  tag(tagid: number): Tag | undefined {
    return this.#tags.get(tagid);
  }

  app(agentid: number): App | undefined {
    return this.#apps.get(agentid);
  }

  /** The department and everything below it, level by level. */
  departmentsBelow(id: number): Department[] {
    const top = this.#departments.get(id);
    if (top === undefined) return [];
    const found = new Set([top]);
    // The set grows while it is walked, and holds each department once: a cycle ends.
    for (const { id: parent } of found) {
      for (const child of this.#children.get(parent) ?? []) found.add(child);
    }
    return [...found];
  }

  /** The departments directly below one. */
  departmentsIn(id: number): readonly Department[] {
    return this.#children.get(id) ?? [];
  }

  /** The tags that name the member, not those that name one of their departments. */
  tagsNaming(userid: string): readonly Tag[] {
    const lists = new Set(this.#naming.get(userid.toLowerCase()) ?? []);
    return this.company.tags.filter(({ userlist }) => lists.has(userlist));
  }

  /** The members of one department, not of those below it. */
  membersOf(id: number): ReadonlySet<Member> {
    return this.#membersOf.get(id) ?? new Set();
  }

  /** The members of the department and of everything below it, each once. */
  membersBelow(id: number): Iterable<Member> {
    return this.membersIn(new Set(this.departmentsBelow(id).map((each) => each.id)));
  }

  /** The members of these departments, each once. */
  *membersIn(departments: ReadonlySet<number>): Iterable<Member> {
    for (const id of departments) {
      for (const member of this.membersOf(id)) {
        // A member of several comes with the first of their own.
        if (firstIn(departments, member.department) === id) yield member;
      }
    }
  }

  /**
   * Departments inside an app's visible range: those listed, those of listed tags, and all below them.
   * The contacts-sync secret sees everything (document 90208). That a tag's department brings its
   * sub-departments along is unverified.
   */
  visibleDepartments(app: App): ReadonlySet<number> {
    return this.rangeOf(app).departments;
  }

  /** Whether the member is in the app's visible range: through any department, by name, or by tag. */
  isVisible(app: App, member: Member): boolean {
    return app.kind === 'contacts-sync' || this.isInside(this.rangeOf(app), member);
  }

  /** What the app may see now. A change of it makes another object. */
  rangeOf(app: App): Range {
    const known = this.#ranges.get(app);
    if (known !== undefined) return known;
    const range = this.#workOutRange(app);
    this.#ranges.set(app, range);
    return range;
  }

  /** Whether the member is inside a range, which may be one of before the last change. */
  isInside({ departments, lists }: Range, member: Member): boolean {
    if (firstIn(departments, member.department) !== undefined) return true;
    if (lists.size === 0) return false;
    const naming = this.#naming.get(member.userid.toLowerCase()) ?? [];
    return naming.some((list) => lists.has(list));
  }

  addMember(member: Member): void {
    this.company.members.push(member);
    this.#indexMember(member);
  }

  /** Removes the member, and their name from every list. */
  removeMember(member: Member): void {
    const { members } = this.company;
    members.splice(members.indexOf(member), 1);
    this.#unindexMember(member);
    const folded = member.userid.toLowerCase();
    for (const list of this.#naming.get(folded) ?? []) removeName(list, member.userid);
    this.#naming.delete(folded);
  }

  /** Changes fields of the member; a new userid replaces the old one in every list. */
  changeMember(member: Member, fields: Partial<Member>): void {
    const before = member.userid;
    const isIndexed = INDEXED.some((name) => fields[name] !== undefined);
    if (isIndexed) this.#unindexMember(member);
    Object.assign(member, fields);
    if (isIndexed) this.#indexMember(member);
    if (member.userid === before) return;
    const folded = before.toLowerCase();
    const lists = this.#naming.get(folded) ?? [];
    this.#naming.delete(folded);
    for (const list of lists) {
      list[positionOf(list, before)] = member.userid;
      this.#nameIn(list, member.userid);
    }
  }

  addDepartment(department: Department): void {
    this.company.departments.push(department);
    this.#indexList(department.department_leader);
    this.#indexDepartments();
  }

  /** Removes the department, and its id from every tag and visible range. */
  removeDepartment(department: Department): void {
    const { departments, tags, apps } = this.company;
    departments.splice(departments.indexOf(department), 1);
    this.#unindexList(department.department_leader);
    const lists = [...tags.map((tag) => tag.partylist), ...apps.map((app) => app.visible.parties)];
    for (const list of lists) keepOnly(list, (id) => id !== department.id);
    this.#indexDepartments();
  }

  changeDepartment(department: Department, fields: Partial<Department>): void {
    this.#unindexList(department.department_leader);
    Object.assign(department, fields);
    this.#indexList(department.department_leader);
    if (fields.parentid !== undefined) this.#indexDepartments();
  }

  /** Adds whom and what the tag does not hold yet, after removing the others. */
  changeTag(
    tag: Tag,
    add: { users: readonly string[]; parties: readonly number[] },
    remove: { users: readonly string[]; parties: readonly number[] },
  ): void {
    const { userlist, partylist } = tag;
    const gone = remove.users.filter((userid) => this.#unnameIn(userlist, userid));
    if (gone.length > 0) removeNames(userlist, gone);
    keepOnly(partylist, (id) => !remove.parties.includes(id));
    for (const userid of add.users) if (this.#nameIn(userlist, userid)) userlist.push(userid);
    partylist.push(...add.parties.filter((id) => !partylist.includes(id)));
    if (add.parties.length + remove.parties.length > 0) this.#ranges.clear();
  }

  addTag(tag: Tag): void {
    this.company.tags.push(tag);
    this.#tags.set(tag.tagid, tag);
    this.#indexList(tag.userlist);
    this.#ranges.clear();
  }

  /** Removes the tag, and its id from every visible range. */
  removeTag(tag: Tag): void {
    const { tags, apps } = this.company;
    tags.splice(tags.indexOf(tag), 1);
    this.#tags.delete(tag.tagid);
    this.#unindexList(tag.userlist);
    for (const { visible } of apps) keepOnly(visible.tags, (tagid) => tagid !== tag.tagid);
    this.#ranges.clear();
  }

  changeApp(app: App, fields: Partial<App>): void {
    this.#unindexList(app.visible.users);
    Object.assign(app, fields);
    this.#indexList(app.visible.users);
    this.#ranges.clear();
  }

  #workOutRange({ kind, visible }: App): Range {
    if (kind === 'contacts-sync') {
      return { departments: new Set(this.#departments.keys()), lists: new Set() };
    }
    const tags = visible.tags.flatMap((tagid) => this.#tags.get(tagid) ?? []);
    const parties = [...visible.parties, ...tags.flatMap(({ partylist }) => partylist)];
    const below = parties.flatMap((id) => this.departmentsBelow(id));
    return {
      departments: new Set(below.map(({ id }) => id)),
      lists: new Set([visible.users, ...tags.map(({ userlist }) => userlist)]),
    };
  }

  #indexDepartments(): void {
    this.#departments.clear();
    this.#children.clear();
    this.#ranges.clear();
    for (const department of this.company.departments) {
      this.#departments.set(department.id, department);
      const siblings = this.#children.get(department.parentid);
      if (siblings === undefined) this.#children.set(department.parentid, [department]);
      else siblings.push(department);
    }
  }

  #indexMember(member: Member): void {
    this.#members.set(member.userid.toLowerCase(), member);
    for (const id of member.department) {
      const members = this.#membersOf.get(id);
      if (members === undefined) this.#membersOf.set(id, new Set([member]));
      else members.add(member);
    }
    if (member.direct_leader !== undefined) this.#indexList(member.direct_leader);
  }

  #unindexMember(member: Member): void {
    this.#members.delete(member.userid.toLowerCase());
    for (const id of member.department) this.#membersOf.get(id)?.delete(member);
    if (member.direct_leader !== undefined) this.#unindexList(member.direct_leader);
  }

  /** A list names each member once: the company of a user may have it otherwise. */
  #indexList(list: string[]): void {
    keepOnly(list, (userid) => this.#nameIn(list, userid));
  }

  #unindexList(list: string[]): void {
    for (const userid of list) this.#unnameIn(list, userid);
  }

  /** @returns whether the list named the member */
  #unnameIn(list: string[], userid: string): boolean {
    const lists = this.#naming.get(userid.toLowerCase()) ?? [];
    const at = lists.indexOf(list);
    if (at >= 0) lists.splice(at, 1);
    return at >= 0;
  }

  /** @returns whether the list did not name the member before */
  #nameIn(list: string[], userid: string): boolean {
    const folded = userid.toLowerCase();
    const lists = this.#naming.get(folded);
    if (lists === undefined) this.#naming.set(folded, [list]);
    else if (lists.includes(list)) return false;
    else lists.push(list);
    return true;
  }
}

/** The first of these ids that is in the set. A loop, because it runs for each of 100 000 members. */
function firstIn(set: ReadonlySet<number>, ids: readonly number[]): number | undefined {
  for (const id of ids) if (set.has(id)) return id;
  return undefined;
}

function positionOf(list: readonly string[], userid: string): number {
  // Nearly always written alike, and found much faster than folded.
  const exact = list.indexOf(userid);
  if (exact >= 0) return exact;
  const folded = userid.toLowerCase();
  return list.findIndex((each) => each.toLowerCase() === folded);
}

function removeName(list: string[], userid: string): void {
  const at = positionOf(list, userid);
  if (at >= 0) list.splice(at, 1);
}

/** @param userids different ones, each of which the list names once */
function removeNames(list: string[], userids: readonly string[]): void {
  const remaining = list.length - userids.length;
  const exact = new Set(userids);
  keepOnly(list, (userid) => !exact.has(userid));
  if (list.length === remaining) return;
  const folded = new Set(userids.map((userid) => userid.toLowerCase()));
  keepOnly(list, (userid) => !folded.has(userid.toLowerCase()));
}

/** Filters in place: the indexes know a list by its identity. */
function keepOnly<T>(list: T[], isKept: (item: T) => boolean): void {
  let kept = 0;
  for (const item of list) {
    if (isKept(item)) {
      list[kept] = item;
      kept += 1;
    }
  }
  list.length = kept;
}

/** The first ordinary app of the company: what is meant where a caller names none. */
export function mainApp(company: Company): App {
  const app = company.apps.find(({ kind }) => kind === 'app');
  if (app === undefined) throw new Error('the company has no app');
  return app;
}

/** Apps made before this instant still read sensitive fields from user/get (document 90196). */
const SENSITIVE_FIELDS_CUTOFF = Date.parse('2022-06-20T20:00:00+08:00');

export function readsSensitiveFields(app: App): boolean {
  return app.kind === 'app' && Date.parse(app.created) < SENSITIVE_FIELDS_CUTOFF;
}
