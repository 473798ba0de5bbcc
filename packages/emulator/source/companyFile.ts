import { readFileSync } from 'node:fs';
import * as v from 'valibot';
import { parseDocument } from 'yaml';
import { defined } from './admin/defined.ts';
import { explained } from './admin/explained.ts';
import * as shapes from './admin/shapes.ts';
import { fixtureCompany } from './company.ts';
import { type Company, type Department, SENSITIVE_FIELDS } from './directory/types.ts';

/**
 * Reads a company from a JSON file, or a YAML 1.2 file whose name ends with `.yaml` or `.yml`. It needs `corpid`, `apps` (`agentid` and `secret`) and `members`
 * (`userid`, `name` and `department`). Without `departments` there is the root alone; an app without
 * `visible` sees everybody; the rest is as for a new member, department or app.
 *
 * @throws Error with a sentence for the user if the file cannot be read, or what is wrong in it
 */
export function readCompany(file: string): Company {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new Error(`${file} cannot be read: ${explained(error)}`);
  }
  try {
    return checked(withDefaults(v.parse(shapes.company, contentOf(file, text))));
  } catch (error) {
    throw new Error(`${file}: ${explained(error)}`);
  }
}

/** @throws Error with the line, for text that is neither JSON nor YAML without any doubt */
function contentOf(file: string, text: string): unknown {
  // Some editors begin a file with a byte order mark, which is not JSON.
  if (!/\.ya?ml$/i.test(file)) return JSON.parse(text.replace(/^\uFEFF/, ''));
  const document = parseDocument(text, { stringKeys: true });
  // A warning tells of a tag that is unknown: what it meant would be lost.
  const [problem] = [...document.errors, ...document.warnings];
  // The lines below the first quote the file, which holds secrets.
  if (problem !== undefined) throw new Error(problem.message.replace(/:?\n.*/s, ''));
  return document.toJS();
}

function withDefaults(given: v.InferOutput<typeof shapes.company>): Company {
  const { api_domain_ips, callback_ips } = fixtureCompany();
  const name = given.name ?? given.corpid;
  const departments = given.departments ?? [{ id: 1, name, parentid: 0 }];
  return {
    api_domain_ips,
    callback_ips,
    ...defined(given),
    name,
    departments: departments.map((each) => ({ department_leader: [], order: 0, ...defined(each) })),
    tags: given.tags,
    webhooks: given.webhooks,
    members: given.members.map((each) => ({
      main_department: each.department[0] ?? 1,
      position: '',
      status: 1,
      gender: '0',
      ...defined(each),
    })),
    visitors: given.visitors.map((each) => defined(each)) as Company['visitors'],
    apps: given.apps.map((each) => ({
      name: `${each.agentid}`,
      created: '2024-01-01T00:00:00+08:00',
      enabled: true,
      trusted_domains: [],
      web_login_domains: [],
      visible: { users: [], parties: [1], tags: [] },
      sensitive_fields: [...SENSITIVE_FIELDS],
      ...defined(each),
    })),
  };
}

/** What names something else must name what there is: a typing error would only be missing later. */
function checked(company: Company): Company {
  const { departments, members, tags, apps } = company;
  const departmentIds = unique(
    'department',
    departments.map(({ id }) => id),
  );
  const tagIds = unique(
    'tag',
    tags.map(({ tagid }) => tagid),
  );
  unique(
    'app',
    apps.map(({ agentid }) => agentid),
  );
  // A userid is unique regardless of case (document 90196).
  const userids = unique(
    'member',
    members.map(({ userid }) => userid.toLowerCase()),
  );
  const known = <Id>(kind: string, ids: ReadonlySet<Id>, named: readonly Id[], by: string) => {
    const missing = named.find((id) => !ids.has(id));
    if (missing !== undefined) throw new Error(`there is no ${kind} ${missing}, which ${by} names`);
  };
  const users = (named: readonly string[] = [], by: string) =>
    known(
      'member',
      userids,
      named.map((userid) => userid.toLowerCase()),
      by,
    );
  for (const { id, parentid, department_leader } of departments) {
    known('department', departmentIds, parentid === 0 ? [] : [parentid], `department ${id}`);
    users(department_leader, `department ${id}`);
  }
  checkTree(departments);
  for (const { userid, department, main_department, direct_leader } of members) {
    known('department', departmentIds, [...department, main_department], `member ${userid}`);
    users(direct_leader, `member ${userid}`);
  }
  for (const { tagid, userlist, partylist } of tags) {
    known('department', departmentIds, partylist, `tag ${tagid}`);
    users(userlist, `tag ${tagid}`);
  }
  for (const { agentid, visible } of apps) {
    known('department', departmentIds, visible.parties, `app ${agentid}`);
    known('tag', tagIds, visible.tags, `app ${agentid}`);
    users(visible.users, `app ${agentid}`);
  }
  return company;
}

/** Every department is below a root: of a circle, no app would see anything. */
function checkTree(departments: readonly Department[]): void {
  const parents = new Map(departments.map(({ id, parentid }) => [id, parentid]));
  const rooted = new Set([0]);
  for (const { id } of departments) {
    const path = new Set<number>();
    for (let at = id; !rooted.has(at); at = parents.get(at) ?? 0) {
      if (path.has(at)) throw new Error(`department ${at} is below itself`);
      path.add(at);
    }
    for (const each of path) rooted.add(each);
  }
}

function unique<Id>(kind: string, ids: readonly Id[]): ReadonlySet<Id> {
  const found = new Set<Id>();
  for (const id of ids) {
    if (found.has(id)) throw new Error(`there are two of ${kind} ${id}`);
    found.add(id);
  }
  return found;
}
