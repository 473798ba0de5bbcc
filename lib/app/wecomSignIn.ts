import type { CachedDepartments } from '../directory/departments.ts';
import { SignInUsers } from '../directory/memberSnapshot.ts';
import type { Invocation } from '../invocation.ts';
import { keepProfile } from '../openid/claims.ts';
import { WecomSignIn } from '../openid/wecomSignIn.ts';
import { WecomStateStore } from '../openid/wecomState.ts';
import { subOf } from '../permissions/person.ts';
import { SignIn } from '../signin/signIn.ts';
import type { WecomClient } from '../wecom/client.ts';
import { lazy, once } from './base.ts';
import type { Tables } from './tables.ts';

/**
 * The provider's way through WeCom.
 *
 *   wecom, departments ─► SignIn ─► profile, sub, event ─► WecomSignIn
 */
export function createWecomSignIn(
  tables: Tables,
  wecom: () => WecomClient,
  departments: () => CachedDepartments,
): WecomSignIn {
  const { clock, configuration, cacheTable, permissionTable } = tables;
  const { sessionIssuer, corpId, agentId, wecomOauthBaseUrl, wecomLoginBaseUrl } = configuration();
  const { providerSessionSeconds } = configuration();

  const signInParts = once(() => {
    const client = wecom();
    const app = configuration();
    const users = new SignInUsers({ client, table: permissionTable(), app, clock });
    const readUser = (userid: string, invocation: Invocation) => users.read(userid, invocation);
    return new SignIn({ client, readUser, departments: departments(), clock });
  });
  const events = lazy(async () => {
    const { eventQueue } = configuration();
    if (eventQueue === undefined) return async () => undefined;
    const { createEvents } = await import('./events.ts');
    const created = createEvents(tables, eventQueue);
    return async () => created;
  });
  return new WecomSignIn({
    issuer: sessionIssuer,
    pages: {
      oauthBaseUrl: wecomOauthBaseUrl,
      loginBaseUrl: wecomLoginBaseUrl,
      corpId,
      agentId,
    },
    states: new WecomStateStore({ table: cacheTable(), corpId, clock }),
    clock,
    randomBytes: (count) => crypto.getRandomValues(new Uint8Array(count)),
    async signIn(code, clientId, invocation) {
      const signIn = signInParts();
      const visitor = await signIn.redeemCode(code, invocation);
      const person = await signIn.readPerson(visitor, invocation);
      const { member, companyEmail } = person;
      const sub = await subOf({ table: permissionTable(), corpId }, member.userid, clock.now());
      const { userid, name, mobile, department, position } = member;
      const profile = { userid, name, companyEmail, mobile, department, position };
      await keepProfile(cacheTable(), corpId, sub, profile, { clock, providerSessionSeconds });
      (await events())?.signedIn({ member }, invocation, { way: 'openid', clientId });
      return sub;
    },
  });
}
