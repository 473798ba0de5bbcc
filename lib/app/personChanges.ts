import * as v from 'valibot';
import { ConfigurationError } from '../errors.ts';
import { EventNotSent } from '../events/errors.ts';
import { createHandOver } from '../handOver/handOver.ts';
import type { Invocation } from '../invocation.ts';
import { endEverythingOf } from '../openid/signOutWork.ts';
import type { RecordedLine } from '../permissions/audit.ts';
import { MAX_CHANGE_USERIDS } from '../permissions/personChange.ts';
import { type Settled, settleGrants } from '../permissions/settle.ts';
import { useridOfSubject } from '../tableKeys.ts';
import { isUserid } from '../wecom/userid.ts';
import { lazy } from './base.ts';
import { createTables } from './tables.ts';

/** The event of the function: the members with pending work. The work itself is in the table. */
const Work = v.object({
  userids: v.pipe(
    v.array(v.pipe(v.string(), v.check(isUserid))),
    v.minLength(1),
    v.maxLength(MAX_CHANGE_USERIDS),
  ),
});

const SET_ASIDE_ADVICE = {
  advice:
    'Look at the grants of the member: npm run permissions -- list user:<userid>. If the member should have the permission, grant it again. If the other grant is of the person who had the userid before, the event of their change brings the allowance back.',
  adviceZh:
    '查看该成员的授权：npm run permissions -- list user:<userid>。如果该成员应有此权限，请重新授权。如果另一项授权属于之前使用此 userid 的人，收到其变更事件后，这项允许会自动恢复。',
};

/**
 * For `personChanges`.
 *
 *   permissionTable ─► settleGrants ─► handOver
 *
 * A member who left is signed out of applications. callback hands that over too, but cannot tell who is
 * behind a userid that has just been changed.
 */
export function wirePersonChanges(environment: NodeJS.ProcessEnv) {
  const tables = createTables(environment);
  const { clock, configuration, permissionTable } = tables;

  const publish = lazy(async () => {
    const [{ createEvents }, { grantChanged }] = await Promise.all([
      import('./events.ts'),
      import('../events/grantChanged.ts'),
    ]);
    const { origin, send } = createEvents(tables, String(configuration().eventQueue));
    return async (changes: readonly RecordedLine[]) => {
      const reason = await send(changes.map((change) => grantChanged(origin, change)));
      if (reason) throw new EventNotSent('SQS did not accept the events', { reason });
    };
  });

  /**
   * @param event as `callback` hands it over
   * @throws ConfigurationError for any other event; StoreUnavailable, HandOverFailed, EventNotSent
   */
  async function settle(event: unknown, { log }: Invocation): Promise<Settled> {
    const work = v.safeParse(Work, event);
    if (!work.success) {
      throw new ConfigurationError('The event is not one of wecom-auth', {
        advice: 'Only the function callback invokes this function. Find out who else does.',
      });
    }
    const { corpId, signOutsFunction, eventQueue } = configuration();
    const handOver = signOutsFunction && createHandOver(signOutsFunction, clock);
    return settleGrants(work.output.userids, {
      table: permissionTable(),
      corpId,
      now: clock.now,
      onSetAside: ({ subject, permission }) =>
        log.warn('A rename brought an allowance to a stricter grant, and it was set aside', {
          userid: useridOfSubject(subject),
          permission,
          ...SET_ASIDE_ADVICE,
        }),
      ...(handOver && {
        onLeave: (sub) => handOver(endEverythingOf([sub], { isCertain: true, at: clock.now() })),
      }),
      ...(eventQueue !== undefined && { publish }),
    });
  }
  return { settle };
}
