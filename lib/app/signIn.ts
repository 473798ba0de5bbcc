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

type Redeem = (proof: Proof, invocation: Invocation) => Promise<SignedIn>;

/**
 * For `getUserInfo`.
 *
 *   cacheTable ─► StateStore ─────────────────┐
 *   wecom, departments, SignInUsers ─► SignIn ─┼► Redeemer
 *   sessionParts ─────────────────────────────┘
 */
export function wireSignIn(environment: NodeJS.ProcessEnv) {
  const tables = createTables(environment);
  const redeem = lazy<Parameters<Redeem>, SignedIn>(async () => {
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
    const redeem: Redeem = (proof, invocation) => redeemer.redeem(proof, invocation);
    return eventQueue
      ? (await import('./events.ts')).withEvents(redeem, tables, eventQueue)
      : redeem;
  });
  return { redeem };
}
