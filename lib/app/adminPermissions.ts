import type { Administrator } from '../administration/access.ts';
import {
  type ConsoleGrantsParts,
  makeChanges,
  preview,
  readChanges,
  versionOf,
} from '../administration/consoleGrants.ts';
import { consoleGrant } from '../administration/consoleJson.ts';
import { readGrantCsv } from '../administration/grantCsv.ts';
import { showSubject, termsJson } from '../administration/grantJson.ts';
import { Reach } from '../administration/reach.ts';
import { formatUntil } from '../administration/until.ts';
import { DepartmentNames, MembersOfDepartments } from '../directory/departmentNames.ts';
import { InvalidRequest } from '../errors.ts';
import {
  type AdminRoute,
  answerAdmin,
  MAX_CSV_LINES,
  readChangeBody,
  readCsvBody,
  readPreviewBody,
} from '../http/adminRequests.ts';
import type { Answer } from '../http/answer.ts';
import type { HttpRequest } from '../http/request.ts';
import type { Invocation } from '../invocation.ts';
import type { RecordedLine } from '../permissions/audit.ts';
import { createGrantStore } from '../permissions/grantStore.ts';
import { ADMIN_PERMISSIONS } from '../permissions/permissionName.ts';
import { createAdmin } from './admin.ts';
import { lazy, once } from './base.ts';
import { createWecom } from './wecom.ts';

/**
 * For `adminPermissions`: previews and changes of grants.
 *
 *   permissionTable ─► GrantStore ─► preview, makeChanges ─► events
 *   wecom ─► Reach ───────────────────┘
 */
export function wireAdminPermissions(environment: NodeJS.ProcessEnv) {
  const { tables, access, memberPermissions } = createAdmin(environment);
  const { clock, configuration, cacheTable, permissionTable } = tables;

  const directory = once(() => {
    const client = createWecom(tables);
    const departments = new DepartmentNames({
      client,
      table: cacheTable(),
      app: configuration(),
      clock,
    });
    return { client, departments, members: new MembersOfDepartments({ client, clock }) };
  });

  const send = lazy(async () => {
    const [{ createEvents }, { grantChanged }] = await Promise.all([
      import('./events.ts'),
      import('../events/grantChanged.ts'),
    ]);
    const { origin, send } = createEvents(tables, String(configuration().eventQueue));
    return async (change: RecordedLine) => send([grantChanged(origin, change)]);
  });

  function partsFor(
    { userid }: Administrator,
    onChange?: (change: RecordedLine) => Promise<void>,
  ): ConsoleGrantsParts {
    const { corpId } = configuration();
    const who = async () => `wecom:${userid}`;
    const store = createGrantStore(permissionTable(), corpId, who, clock, onChange);
    return { store, permissions: memberPermissions(), verify: access.verify };
  }

  const permissions = [ADMIN_PERMISSIONS];
  const routes: Record<string, AdminRoute> = {
    'POST /api/admin/grants/csv': {
      permissions,
      async work(request) {
        const { csv } = readCsvBody(request);
        // Before it is read: a file of nothing but wrong lines would take seconds.
        if (lineCount(csv) > MAX_CSV_LINES) {
          throw new InvalidRequest('行数过多', [
            {
              zh: `一次最多 ${MAX_CSV_LINES} 行，请拆分文件`,
              en: `At most ${MAX_CSV_LINES} lines at once: split the file`,
            },
          ]);
        }
        const { requests, problems } = readGrantCsv(csv, clock.now());
        return {
          changes: requests.map(({ line, subject, permission, terms }) => ({
            line,
            action: terms?.effect === 'deny' ? 'deny' : 'grant',
            subject: showSubject(subject),
            permission,
            ...(terms?.until !== undefined && { until: formatUntil(terms.until) }),
            ...(terms?.note !== undefined && { note: terms.note }),
          })),
          problems: problems.map(({ line, text }) => ({ line, ...text })),
        };
      },
    },
    'POST /api/admin/grants/preview': {
      permissions,
      async work(request, caller, invocation) {
        const { changes } = readPreviewBody(request);
        const requests = readChanges(changes, clock.now());
        // The rest of the time is for DynamoDB, whatever WeCom takes.
        const deadline = (clock.now() + invocation.deadline) / 2;
        const reach = new Reach({ ...directory(), invocation: { ...invocation, deadline } });
        const { lines, confirm, notChecked } = await preview(
          partsFor(caller),
          requests,
          caller.userid,
          reach,
          invocation,
        );
        return {
          changes: lines.map(({ change, outcome, widensEveryone, shown, members, needs }) => ({
            subject: showSubject(change.subject),
            permission: change.permission,
            outcome,
            before: termsJson(change.before),
            after: termsJson(change.after),
            version: versionOf(change.before),
            widensEveryone,
            shown,
            members,
            needs: needs ?? null,
          })),
          confirm,
          notChecked: notChecked ?? null,
        };
      },
    },
    'POST /api/admin/grants': {
      permissions,
      async work(request, caller, invocation) {
        const { changes, accept } = readChangeBody(request);
        const requests = readChanges(changes, clock.now());
        const confirmed = requests.map((each, at) => ({
          request: each,
          version: changes[at]?.version ?? null,
        }));
        let notSent = 0;
        async function sendMade(change: RecordedLine) {
          const reason = await send(change);
          if (reason === undefined) return;
          notSent += 1;
          const about = { event: 'GrantChanged', eventId: change.id };
          const error = 'ERR_EVENT_NOT_SENT';
          invocation.log.error(
            'The event was not sent',
            { ...about, error, reason },
            { EventNotSent: 1 },
          );
        }
        const onChange = configuration().eventQueue === undefined ? undefined : sendMade;
        const parts = partsFor(caller, onChange);
        const results = await makeChanges(parts, confirmed, accept, caller.userid, invocation);
        const now = clock.now();
        return {
          results: results.map(({ subject, permission, outcome, grant }) => ({
            subject: showSubject(subject),
            permission,
            outcome,
            grant: grant ? consoleGrant(grant, now) : null,
          })),
          notSent,
        };
      },
    },
  };

  return {
    answer: (request: HttpRequest, invocation: Invocation): Promise<Answer> =>
      answerAdmin(routes, access, request, invocation),
  };
}

/** Empty ones included. */
function lineCount(text: string): number {
  return text.split(/\r\n|\r|\n/).length;
}
