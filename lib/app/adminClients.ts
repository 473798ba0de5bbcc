import type { Administrator } from '../administration/access.ts';
import {
  holderNames,
  holdersNote,
  logoutNote,
  newClient,
  refuseSessionAudience,
  rotate,
  scriptsNote,
} from '../administration/clientChanges.ts';
import { clientJson, lineJson } from '../administration/clientJson.ts';
import {
  DEFAULT_KEEP_HOURS,
  MAX_KEEP_HOURS,
  readClientSettings,
  type SettingNames,
} from '../administration/clientSettings.ts';
import { ClientStore } from '../administration/clientStore.ts';
import { consoleGrant } from '../administration/consoleJson.ts';
import { Absent, Conflict, Unconfirmed } from '../administration/errors.ts';
import { grantPage } from '../administration/lists.ts';
import { lookup } from '../administration/lookup.ts';
import { InvalidRequest } from '../errors.ts';
import {
  type AdminRoute,
  answerAdmin,
  readClientBody,
  readClientIdOf,
  readRevision,
  readRotationBody,
} from '../http/adminRequests.ts';
import type { Answer } from '../http/answer.ts';
import type { HttpRequest } from '../http/request.ts';
import type { Invocation } from '../invocation.ts';
import { type Client, listClients } from '../openid/clients.ts';
import { ADMIN_CLIENTS } from '../permissions/permissionName.ts';
import { createAdmin } from './admin.ts';

/** The field of each setting. */
const FIELD_NAMES: SettingNames = {
  name: 'client_name',
  redirectUris: 'redirect_uris',
  postLogoutRedirectUris: 'post_logout_redirect_uris',
  backchannelLogoutUri: 'backchannel_logout_uri',
  audience: 'audience',
  emailDomain: 'email_domain',
};
/** Who looks an address up. */
const THE_FUNCTION = { zh: '函数 adminClients ', en: 'the function adminClients' };

/** For `adminClients`: the clients of the OpenID provider. */
export function wireAdminClients(environment: NodeJS.ProcessEnv) {
  const { tables, access, corp } = createAdmin(environment);
  const { clock, configuration, permissionTable } = tables;

  function storeFor({ userid }: Administrator): ClientStore {
    const who = async () => `wecom:${userid}`;
    const { corpId } = configuration();
    return new ClientStore({ table: permissionTable(), corpId, who, now: clock.now() });
  }

  /** @throws Absent; Conflict if somebody else has changed or replaced it */
  async function seen(store: ClientStore, clientId: string, revision: number): Promise<Client> {
    const client = await store.find(clientId);
    if (client === undefined) throw new Absent('client');
    if (client === 'unreadable' || client.revision !== revision) {
      throw new Conflict('client-changed');
    }
    return client;
  }

  const permissions = [ADMIN_CLIENTS];
  const routes: Record<string, AdminRoute> = {
    'GET /api/admin/clients': {
      permissions,
      async work() {
        const { table, corpId } = corp();
        const { clients, unreadable } = await listClients(table, corpId);
        const now = clock.now();
        return {
          issuer: configuration().sessionIssuer,
          clients: clients.map((client) => consoleClient(client, now)),
          unreadable,
        };
      },
    },
    'POST /api/admin/clients': {
      permissions,
      async work(request, caller) {
        const body = readClientBody(request);
        const { stage, sessionAudience } = configuration();
        const isLocal = stage === 'local';
        const settings = readClientSettings(
          {
            clientId: body.client_id,
            name: body.client_name,
            redirectUris: body.redirect_uris,
            postLogoutRedirectUris: body.post_logout_redirect_uris,
            backchannelLogoutUri: body.backchannel_logout_uri,
            isPublic: body.public,
            permission: body.permission,
            audience: body.audience,
            emailDomain: body.email_domain,
            groupPaths: body.group_paths,
            refresh: body.refresh,
          },
          FIELD_NAMES,
          isLocal,
        );
        refuseSessionAudience(settings, FIELD_NAMES, sessionAudience);
        const now = clock.now();
        const { permission, backchannelLogoutUri: address } = settings;
        const notes = [
          holdersNote(permission, await holderNames(corp(), permission, now)),
          isLocal ? undefined : await logoutNote(address, FIELD_NAMES, THE_FUNCTION, lookup),
          scriptsNote(settings),
        ].filter((note) => note !== undefined);
        const { client, secret } = newClient(settings, now);
        if ((await storeFor(caller).add(client)) === 'conflict') {
          throw new Conflict('client-exists');
        }
        return { client_id: client.clientId, ...(secret && { client_secret: secret }), notes };
      },
    },
    'GET /api/admin/clients/{clientId}': {
      permissions,
      async work(request, caller) {
        const clientId = readClientIdOf(request);
        const store = storeFor(caller);
        const client = await store.find(clientId);
        const history = await store.history(clientId);
        if (client === undefined && history.length === 0) throw new Absent('client');
        const isThere = client !== undefined && client !== 'unreadable';
        const now = clock.now();
        const holders = isThere
          ? await grantPage(corp(), { permission: client.permission }, undefined)
          : { grants: [] };
        return {
          client: isThere ? consoleClient(client, now) : null,
          unreadable: client === 'unreadable',
          holders: holders.grants.map((grant) => consoleGrant(grant, now)),
          moreHolders: holders.next !== undefined,
          history: history.reverse().map((line) => ({ client_id: clientId, ...lineJson(line) })),
        };
      },
    },
    'POST /api/admin/clients/{clientId}/secret': {
      permissions,
      async work(request, caller) {
        const clientId = readClientIdOf(request);
        const { revision, keep_hours = DEFAULT_KEEP_HOURS } = readRotationBody(
          request,
          MAX_KEEP_HOURS,
        );
        const store = storeFor(caller);
        const client = await seen(store, clientId, revision);
        if (client.isPublic) throw new InvalidRequest('公开客户端没有 secret');
        const rotation = rotate(client, keep_hours * HOUR_MS, clock.now());
        if (rotation.isRefused) throw new Unconfirmed('old-secret');
        const { secret, secrets, oldSecretUntil } = rotation;
        const outcome = await store.replaceSecrets(client, secrets, oldSecretUntil);
        if (outcome === 'conflict') throw new Conflict('client-changed');
        return {
          client_id: clientId,
          client_secret: secret,
          ...(oldSecretUntil !== undefined && {
            old_secret_expires_at: new Date(oldSecretUntil).toISOString(),
          }),
        };
      },
    },
    'DELETE /api/admin/clients/{clientId}': {
      permissions,
      async work(request, caller) {
        const clientId = readClientIdOf(request);
        const revision = readRevision(request);
        const store = storeFor(caller);
        const client = await store.find(clientId);
        if (client === undefined) throw new Absent('client');
        // One that cannot be read has no revision to name.
        const isSeen =
          client === 'unreadable' ? revision === undefined : client.revision === revision;
        if (!isSeen || (await store.remove(clientId, client)) === 'conflict') {
          throw new Conflict('client-changed');
        }
        return { removed: clientId };
      },
    },
  };

  return {
    answer: (request: HttpRequest, invocation: Invocation): Promise<Answer> =>
      answerAdmin(routes, access, request, invocation),
  };
}

const HOUR_MS = 60 * 60 * 1_000;

/** A client with what a change of it names. */
function consoleClient(client: Client, now: number) {
  return { ...clientJson(client, now), revision: client.revision };
}
