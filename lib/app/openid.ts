import type Provider from 'oidc-provider';
import { CachedDepartments } from '../directory/departments.ts';
import type { Answer } from '../http/answer.ts';
import { askProvider, invocationOf, noteFailures, noteRefusal } from '../http/openidServer.ts';
import type { HttpRequest } from '../http/request.ts';
import type { Invocation } from '../invocation.ts';
import { Accounts, type Members } from '../openid/account.ts';
import { findClient, PublicOrigins } from '../openid/clients.ts';
import { createProvider } from '../openid/provider.ts';
import { endSession } from '../openid/signIns.ts';
import { endEverythingOf } from '../openid/signOutWork.ts';
import { readStoredPerson } from '../openid/storedPerson.ts';
import { decisionFacts } from '../permissions/evaluate.ts';
import { publishedKeys, readSessionKeys, requireSigningKey } from '../session/sessionKeys.ts';
import { s256 } from '../signin/pkce.ts';
import { once } from './base.ts';
import { createStoreDepartmentPaths } from './departmentPaths.ts';
import { createSignOutHandOver } from './signOutHandOver.ts';
import { createTables, type Tables } from './tables.ts';
import { wireVerify } from './verify.ts';
import { createWecom } from './wecom.ts';
import { createWecomSignIn } from './wecomSignIn.ts';

/**
 * For `openid` and `openidToken`: the library, and what it calls.
 *
 *   sessionKeys ──────────► provider (built again when keys change)
 *   verify ─► Accounts ────────┤
 *   WecomSignIn, handOver ─────┘
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
  const { sessionIssuer, sessionAudience, sessionKeysParameter } = configuration();
  const { corpId, providerSessionSeconds } = configuration();
  const { verify } = wireVerify(environment);
  const signIns = { table: permissionTable(), corpId, clock };
  const handOver = createSignOutHandOver(configuration().signOutsFunction, clock);

  const members: Members = {
    find: (sub) => readStoredPerson(permissionTable(), configuration(), sub, clock),
    async decide(userid, permission, invocation) {
      const decision = await verify(userid, permission, invocation);
      invocation.note(decisionFacts(decision, permission));
      const { authorized, reason } = decision;
      if (authorized) return 'permitted';
      if (reason === 'grants-pending') return 'pending';
      if (reason === 'unknown-member' || reason === 'member-unreadable') return 'unknown';
      return reason === 'member-gone' ? 'gone' : 'refused';
    },
  };
  const wecom = once(() => createWecom(tables));
  const departments = once(() => {
    const [client, table, app] = [wecom(), cacheTable(), configuration()];
    return new CachedDepartments({ client, table, app, clock });
  });
  const accounts = new Accounts({
    corpId,
    cacheTable: cacheTable(),
    permissionTable: permissionTable(),
    members,
    signOut(sub, invocation) {
      // Not certain, so that WeCom is asked again: a sign-out cannot be taken back.
      const work = endEverythingOf([sub], { isCertain: false, at: clock.now() });
      invocation.waitUntil(handOver(work, invocation));
    },
    invocationOf: ({ req }) => invocationOf(req),
    storeDepartmentPaths: createStoreDepartmentPaths(tables, departments),
    clock,
  });
  const wecomSignIn = createWecomSignIn(tables, wecom, departments);

  const keys = parameter(sessionKeysParameter);
  let built: { readonly of: string; readonly provider: Provider } | undefined;

  async function provider(invocation: Invocation): Promise<Provider> {
    const { value, revision } = await keys.read(invocation);
    const now = clock.now() / 1_000;
    const set = readSessionKeys(value, keys.name);
    const signing = requireSigningKey(set, now, keys.name);
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
            hasEndedMeanwhile: accounts.hasEndedMeanwhile,
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
              noteRefusal: ({ req }, error) => noteRefusal(req, error),
            },
            ...(logoutFetch && { logoutFetch: logoutFetch() }),
            signInAddress(context, uid) {
              invocationOf(context.req).count({ SignInsBegun: 1 });
              return wecomSignIn.address(context, uid);
            },
            refusedAddress: (uid) => `${sessionIssuer}/oauth2/refused/${uid}`,
          }),
        ),
      };
    }
    return built.provider;
  }
  return { provider, wecomSignIn };
}
