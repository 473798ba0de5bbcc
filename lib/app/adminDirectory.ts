import { consoleGrant, historyLine } from '../administration/consoleJson.ts';
import { Absent } from '../administration/errors.ts';
import { writeGrantCsv } from '../administration/grantCsv.ts';
import { showSubject } from '../administration/grantJson.ts';
import { FORGOTTEN, readPair, readSubject } from '../administration/grantRequest.ts';
import { grantPage, historyPage, permissionsInUse } from '../administration/lists.ts';
import { explainMember } from '../administration/memberPermissions.ts';
import { DepartmentNames, MembersOfDepartments } from '../directory/departmentNames.ts';
import { InvalidRequest } from '../errors.ts';
import {
  type AdminRoute,
  answerAdmin,
  readDepartmentId,
  readOffset,
  readUserid,
} from '../http/adminRequests.ts';
import type { Answer } from '../http/answer.ts';
import type { HttpRequest } from '../http/request.ts';
import type { Invocation } from '../invocation.ts';
import { listClients } from '../openid/clients.ts';
import { ADMIN_CLIENTS, ADMIN_PERMISSIONS } from '../permissions/permissionName.ts';
import { getUser, isActive } from '../wecom/api/getUser.ts';
import { isGroupNotShown, isMemberNotShown } from '../wecom/errors.ts';
import { foldUserid } from '../wecom/userid.ts';
import { createAdmin } from './admin.ts';
import { once } from './base.ts';
import { createWecom } from './wecom.ts';

/** Members on one page: a department may have any number, and Lambda answers with 6 MB at most. */
const PAGE_MEMBERS = 5_000;

/**
 * For `adminDirectory`: what the console reads.
 *
 *   wecom ─► departments, members
 *   permissionTable ─► grants, history, explanations
 */
export function wireAdminDirectory(environment: NodeJS.ProcessEnv) {
  const { tables, access, corp, memberPermissions } = createAdmin(environment);
  const { clock, configuration, cacheTable } = tables;
  const wecom = once(() => createWecom(tables));
  const departments = once(
    () =>
      new DepartmentNames({ client: wecom(), table: cacheTable(), app: configuration(), clock }),
  );
  const members = once(() => new MembersOfDepartments({ client: wecom(), clock }));

  /** Those that applications need are in use too. */
  async function inUse() {
    const { table, corpId } = corp();
    const { clients } = configuration().openidProvider
      ? await listClients(table, corpId)
      : { clients: [] };
    return permissionsInUse(
      corp(),
      clients.map(({ permission }) => permission),
    );
  }

  const permissions = [ADMIN_PERMISSIONS];
  const routes: Record<string, AdminRoute> = {
    'GET /api/admin/me': {
      permissions: [ADMIN_CLIENTS, ADMIN_PERMISSIONS],
      work: async (_request, caller) => ({
        userid: caller.userid,
        permissions: caller.permissions,
        provider: configuration().openidProvider,
      }),
    },
    'GET /api/admin/departments': {
      permissions,
      work: async (_request, _caller, invocation) => ({
        departments: await departments().read(invocation),
      }),
    },
    'GET /api/admin/departments/{id}/members': {
      permissions,
      async work(request, _caller, invocation) {
        const id = readDepartmentId(request);
        const from = readOffset(request);
        const found = await members()
          .read(id, invocation)
          .catch((error: unknown) => {
            throw isGroupNotShown(error) ? new Absent('department') : error;
          });
        const to = from + PAGE_MEMBERS;
        return {
          members: found.members.slice(from, to),
          unreadable: found.unreadable,
          ...(to < found.members.length && { next: String(to) }),
        };
      },
    },
    'GET /api/admin/members/{userId}': {
      permissions,
      async work(request, _caller, invocation) {
        const user = await getUser(wecom(), readUserid(request), invocation).catch(
          (error: unknown) => {
            throw isMemberNotShown(error) ? new Absent('member') : error;
          },
        );
        const { userid, name, position, department } = user;
        return { userid, name, position, departments: department, active: isActive(user) };
      },
    },
    'GET /api/admin/members/{userId}/permissions': {
      permissions,
      async work(request, _caller, invocation) {
        const userid = readUserid(request);
        const { permissions: names, more } = await inUse();
        const { facts, status, decisions } = await explainMember(
          memberPermissions(),
          userid,
          names,
          invocation,
        );
        const now = clock.now();
        return {
          userid: foldUserid(userid),
          member: facts.member,
          status,
          pending: facts.pending,
          subjects: facts.subjects.map(showSubject),
          unreadable: facts.unreadable.map(showSubject),
          decisions: decisions.map(({ permission, decision, why, grants }) => ({
            permission,
            authorized: decision.authorized,
            reason: decision.reason,
            why,
            grants: grants.map(({ grant, verdict }) => ({ verdict, ...consoleGrant(grant, now) })),
          })),
          morePermissions: more,
        };
      },
    },
    'GET /api/admin/permissions': { permissions, work: inUse },
    'GET /api/admin/grants': {
      permissions,
      async work({ query }) {
        const { subject, permission, cursor } = query;
        if (subject !== undefined && permission !== undefined) {
          throw new InvalidRequest('subject 与 permission 不能同时使用');
        }
        const filter = {
          ...(subject !== undefined && { subject: readSubject(subject) }),
          ...(permission !== undefined && readPermission(permission)),
        };
        const { grants, next } = await grantPage(corp(), filter, cursor);
        const now = clock.now();
        return { grants: grants.map((grant) => consoleGrant(grant, now)), ...(next && { next }) };
      },
    },
    'GET /api/admin/grants/csv': {
      permissions,
      async work({ query: { cursor } }) {
        const { grants, next } = await grantPage(corp(), {}, cursor);
        const csv = writeGrantCsv(grants, clock.now(), { head: cursor === undefined });
        return { csv, ...(next && { next }) };
      },
    },
    'GET /api/admin/history': {
      permissions,
      async work({ query: { subject, cursor } }) {
        const key = subject === undefined ? undefined : readAudited(subject);
        const { lines, next } = await historyPage(corp(), key, cursor);
        return { history: lines.map(historyLine), ...(next && { next }) };
      },
    },
  };

  return {
    answer: (request: HttpRequest, invocation: Invocation): Promise<Answer> =>
      answerAdmin(routes, access, request, invocation),
  };
}

/** A name or `*`. @throws InvalidInput */
function readPermission(text: string) {
  const { permission } = readPair('everyone', text);
  return { permission };
}

/** @throws InvalidInput */
function readAudited(text: string): string {
  return text === FORGOTTEN ? FORGOTTEN : readSubject(text);
}
