import { CachedDepartments } from '../directory/departments.ts';
import { SignInUsers } from '../directory/memberSnapshot.ts';
import type { Invocation } from '../invocation.ts';
import { prepareSession } from '../session/sessions.ts';
import { type Proof, Redeemer, type SignedIn } from '../signin/redeem.ts';
import { SignIn } from '../signin/signIn.ts';
import { StateStore } from '../signin/stateStore.ts';
import { lazy } from './base.ts';
import { sessionParts } from './sessions.ts';
import { createTables } from './tables.ts';
import { createWecom } from './wecom.ts';

/**
 * For `getUserInfo`.
 *
 *   cacheTable ─► StateStore ─────────────────────┐
 *   wecom, departments, membershipStore ─► SignIn ─┼► Redeemer
 *   sessionParts ─────────────────────────────────┘
 */
export function wireSignIn(environment: NodeJS.ProcessEnv) {
  const tables = createTables(environment);
  const redeem = lazy<[proof: Proof, invocation: Invocation], SignedIn>(async () => {
    const { clock, configuration, cacheTable, permissionTable } = tables;
    const app = configuration();
    const { corpId, agentId, requireState, eventQueue } = app;
    const client = createWecom(tables);
    const users = new SignInUsers({ client, table: permissionTable(), app, clock });
    const sessions = sessionParts(tables);
    const redeemer = new Redeemer({
      store: new StateStore(cacheTable(), corpId, agentId),
      signIn: new SignIn({
        client,
        readUser: (userid, invocation) => users.read(userid, invocation),
        departments: new CachedDepartments({ client, table: cacheTable(), app, clock }),
        clock,
      }),
      prepareSession: (invocation) => prepareSession(sessions, invocation),
      requireState,
      clock,
    });
    const events = eventQueue && (await import('./events.ts')).createEvents(tables, eventQueue);
    return async (proof, invocation) => {
      const signedIn = await redeemer.redeem(proof, invocation);
      if (events) events.signedIn(signedIn, invocation);
      return signedIn;
    };
  });
  return { redeem };
}
