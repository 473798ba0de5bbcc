import * as v from 'valibot';
import { effectiveMembership, snapshotStaleness } from '../directory/freshness.ts';
import { readMembership } from '../directory/membership.ts';
import { ConfigurationError } from '../errors.ts';
import type { Invocation } from '../invocation.ts';
import { createLogoutFetch } from '../openid/logoutRequest.ts';
import { type SignedOut, SignOuts } from '../openid/signOuts.ts';
import { MAX_SUBS } from '../openid/signOutWork.ts';
import { ACCESS } from '../permissions/permissionName.ts';
import { isSub } from '../permissions/person.ts';
import { membershipKey } from '../tableKeys.ts';
import { wireOpenid } from './openid.ts';
import { createTables } from './tables.ts';
import { wireVerify } from './verify.ts';

/** The library's method, which its types leave out. */
interface LogoutClient {
  backchannelLogout(sub: string, sid: string): Promise<void>;
}

const Sub = v.pipe(v.string(), v.check(isSub));
const Id = v.pipe(v.string(), v.minLength(1), v.maxLength(64));
/** The function's event; see `SignOutWork`. */
const Work = v.union([
  v.strictObject({
    id: Id,
    subs: v.pipe(v.array(Sub), v.minLength(1), v.maxLength(MAX_SUBS)),
    isCertain: v.boolean(),
    at: v.pipe(v.number(), v.minValue(0)),
  }),
  v.strictObject({ id: Id, sub: Sub, session: v.pipe(v.string(), v.regex(/^[\w-]{43}$/)) }),
]);

/**
 * For `signOuts`.
 *
 *   verify ──────────────► SignOuts
 *   provider, its clients ────┘
 */
export function wireSignOuts(environment: NodeJS.ProcessEnv) {
  const { clock, configuration, permissionTable } = createTables(environment);
  const { verify } = wireVerify(environment);
  const openid = wireOpenid(environment, () => createLogoutFetch(configuration().logoutReach));

  /**
   * @param event as a function handed it over
   * @throws ConfigurationError for any other event; and what `SignOuts.run` throws
   */
  async function signOut(event: unknown, invocation: Invocation): Promise<SignedOut> {
    const work = v.safeParse(Work, event);
    if (!work.success) {
      throw new ConfigurationError('The event is not one of wecom-auth', {
        advice:
          'Only functions and commands of wecom-auth invoke this function. Find out who else does.',
      });
    }
    const { corpId } = configuration();
    const signOuts = new SignOuts({
      signIns: { table: permissionTable(), corpId, clock },
      async stateOf(userid, each) {
        // Asks WeCom if what is stored is out of date.
        await verify(userid, ACCESS, each);
        const item = await permissionTable().get(membershipKey(configuration(), userid));
        const stored = readMembership(item);
        const state = effectiveMembership(stored, clock.now())?.state;
        if (state === 'gone') return 'gone';
        // If it is still out of date, WeCom could not be asked.
        const isKnown = snapshotStaleness(stored, clock.now()) !== 'stale';
        return state === 'active' && isKnown ? 'active' : 'unknown';
      },
      async notify({ clientId, sub, sid }, each) {
        const client = await (await openid.provider(each)).Client.find(clientId);
        if (!client?.['backchannelLogoutUri']) return false;
        await (client as unknown as LogoutClient).backchannelLogout(sub, sid);
        return true;
      },
    });
    return signOuts.run(work.output, invocation);
  }
  return { signOut };
}
