import type Provider from 'oidc-provider';
import { CachedDepartments } from '../directory/departments.ts';
import { effectiveMembership } from '../directory/freshness.ts';
import { SignInUsers } from '../directory/memberSnapshot.ts';
import { readMembership } from '../directory/membership.ts';
import type { Key } from '../dynamodb/table.ts';
import { ConfigurationError } from '../errors.ts';
import type { Answer } from '../http/answer.ts';
import { askProvider, invocationOf, noteFailures } from '../http/openidServer.ts';
import type { HttpRequest } from '../http/request.ts';
import type { Invocation } from '../invocation.ts';
import { Accounts, type Members } from '../openid/account.ts';
import { keepProfile } from '../openid/claims.ts';
import { findClient, PublicOrigins } from '../openid/clients.ts';
import { departmentPaths as pathsOf } from '../openid/departmentPaths.ts';
import { createProvider } from '../openid/provider.ts';
import { endSession } from '../openid/signIns.ts';
import { endEverythingOf } from '../openid/signOutWork.ts';
import { WecomSignIn } from '../openid/wecomSignIn.ts';
import { WecomStateStore } from '../openid/wecomState.ts';
import { readKnownPerson, subOf } from '../permissions/person.ts';
import { publishedKeys, readSessionKeys, signingKey } from '../session/sessionKeys.ts';
import { s256 } from '../signin/pkce.ts';
import { SignIn } from '../signin/signIn.ts';
import { keyText, membershipKey, subKey } from '../tableKeys.ts';
import { lazy, once } from './base.ts';
import { createSignOutHandOver } from './signOutHandOver.ts';
import { createTables, type Tables } from './tables.ts';
import { wireVerify } from './verify.ts';
import { createWecom } from './wecom.ts';

/**
 * For `openid` and `openidToken`: the library, and what it asks.
 *
 *   sessionKeys ─► provider (built again when keys change)
 *   verify, membershipStore ─► Accounts ──┤
 *   wecom, SignIn ─► WecomSignIn ─────────┘
 *
 * @param logoutFetch sends logout tokens; absent: the function sends none
 */
export function wireOpenid(
  environment: NodeJS.ProcessEnv,
  logoutFetch?: () => typeof globalThis.fetch,
) {
  const tables = createTables(environment);
  const parts = once(() => openidParts(environment, tables, logoutFetch));

  const origins = once(() => {
    const { permissionTable, configuration, clock } = tables;
    return new PublicOrigins(permissionTable(), configuration().corpId, clock);
  });

  async function provider(invocation: Invocation): Promise<Provider> {
    return parts().provider(invocation);
  }
  return {
    provider,
    issuer: () => tables.configuration().sessionIssuer,
    publicOrigins: () => origins().read(),
    /** The client of an interaction. */
    async clientOf(clientId: string) {
      return findClient(tables.permissionTable(), tables.configuration().corpId, clientId);
    },
    async ask(request: HttpRequest, invocation: Invocation): Promise<Answer> {
      return askProvider(await provider(invocation), request, invocation);
    },
    wecomSignIn: () => parts().wecomSignIn,
  };
}

function openidParts(
  environment: NodeJS.ProcessEnv,
  tables: Tables,
  logoutFetch: (() => typeof globalThis.fetch) | undefined,
) {
  const { clock, configuration, cacheTable, permissionTable, parameter } = tables;
  const { sessionIssuer, sessionAudience, corpId, agentId, providerSessionSeconds } =
    configuration();
  const { wecomOauthBaseUrl, wecomLoginBaseUrl, sessionKeysParameter } = configuration();
  const { verify } = wireVerify(environment);
  const signIns = { table: permissionTable(), corpId, clock };
  const handOver = createSignOutHandOver(configuration().signOutsFunction, clock);

  const members: Members = {
    async find(sub) {
      const app = configuration();
      // The userid is the sub unless it was changed, so one request mostly brings both.
      const keys = [subKey(corpId, sub), membershipKey(app, sub)] as const;
      const items = await permissionTable().batchGet(keys);
      const itemOf = (key: Key) => items.find((item) => keyText(item) === keyText(key));
      const person = readKnownPerson(itemOf(keys[0]));
      const { userid } = person;
      if (userid === undefined) return { person };
      const key = membershipKey(app, userid);
      const isHere = keyText(key) === keyText(keys[1]);
      const item = isHere ? itemOf(key) : await permissionTable().get(key);
      const membership = effectiveMembership(readMembership(item), clock.now());
      return { person, ...(membership?.state === 'active' && { groups: membership }) };
    },
    async decide(userid, permission, invocation) {
      const { authorized, reason } = await verify(userid, permission, invocation);
      if (authorized) return 'permitted';
      return reason === 'member-gone' ? 'gone' : 'refused';
    },
  };
  const accounts = new Accounts({
    corpId,
    cacheTable: cacheTable(),
    permissionTable: permissionTable(),
    members,
    signOut(sub, invocation) {
      // WeCom says so, and it is asked again: a sign-out cannot be taken back.
      const work = endEverythingOf([sub], { isCertain: false, at: clock.now() });
      invocation.waitUntil(handOver(work, invocation));
    },
    invocationOf: ({ req }) => invocationOf(req),
  });
  const signInParts = once(() => {
    const client = createWecom(tables);
    const app = configuration();
    const users = new SignInUsers({ client, table: permissionTable(), app, clock });
    const departments = new CachedDepartments({ client, table: cacheTable(), app, clock });
    const readUser = (userid: string, invocation: Invocation) => users.read(userid, invocation);
    return { departments, signIn: new SignIn({ client, readUser, departments, clock }) };
  });
  const events = lazy(async () => {
    const { eventQueue } = configuration();
    if (eventQueue === undefined) return async () => undefined;
    const { createEvents } = await import('./events.ts');
    const made = createEvents(tables, eventQueue);
    return async () => made;
  });
  const wecomSignIn = new WecomSignIn({
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
    async signIn(code, { clientId, groupPaths }, invocation) {
      const { signIn, departments } = signInParts();
      const visitor = await signIn.redeemCode(code, invocation);
      const person = await signIn.readPerson(visitor, invocation);
      const { member, companyEmail } = person;
      const read = (id: number, each: Invocation) => departments.read(id, each);
      const departmentPaths = groupPaths
        ? await pathsOf(person.departments, read, invocation, clock.now())
        : undefined;
      const sub = await subOf({ table: permissionTable(), corpId }, member.userid, clock.now());
      const { userid, name, mobile, department, position } = member;
      const texts = { userid, name, companyEmail, mobile, department, position };
      const profile = { ...texts, ...(departmentPaths && { departmentPaths }) };
      await keepProfile(cacheTable(), corpId, sub, profile, clock);
      (await events())?.signedIn({ member }, invocation, { way: 'openid', clientId });
      return { sub };
    },
  });

  const keys = parameter(sessionKeysParameter);
  let built: { readonly of: string; readonly provider: Provider } | undefined;

  async function provider(invocation: Invocation): Promise<Provider> {
    const { value, revision } = await keys.read(invocation);
    const now = clock.now() / 1_000;
    const set = readSessionKeys(value, keys.name);
    const signing = signingKey(set, now);
    if (signing === undefined) {
      throw new ConfigurationError('No session key may sign now', {
        parameter: keys.name,
        advice: 'Run npm run keys -- rotate --stage <stage>.',
      });
    }
    const others = publishedKeys(set, now).filter(({ kid }) => kid !== signing.kid);
    const of = [revision, signing.kid, ...others.map(({ kid }) => kid)].join();
    if (built?.of !== of) {
      built = {
        of,
        provider: noteFailures(
          createProvider({
            issuer: sessionIssuer,
            corpId,
            sessionAudience,
            cacheTable: cacheTable(),
            permissionTable: permissionTable(),
            clock,
            keys: [signing, ...others],
            providerSessionSeconds,
            findAccount: accounts.find,
            mayUse: accounts.mayUse,
            hasEnded: accounts.hasEnded,
            async endSession(sub, uid, context) {
              const session = s256(uid);
              const ended = await endSession(signIns, sub, session, providerSessionSeconds);
              if (ended.length === 0 || context === undefined) return;
              const work = { id: crypto.randomUUID(), sub, session };
              await handOver(work, invocationOf(context.req));
            },
            account: {
              nameOf: async (id) => (await findClient(permissionTable(), corpId, id))?.name,
              signOutEverywhere(sub, { req }) {
                const work = endEverythingOf([sub], { isCertain: true, at: clock.now() });
                return handOver(work, invocationOf(req));
              },
            },
            ...(logoutFetch && { logoutFetch: logoutFetch() }),
            signInAddress: (context, uid) => wecomSignIn.address(context, uid),
            refusedAddress: (uid) => `${sessionIssuer}/oauth2/refused/${uid}`,
          }),
        ),
      };
    }
    return built.provider;
  }
  return { provider, wecomSignIn };
}
