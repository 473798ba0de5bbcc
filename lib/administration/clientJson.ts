import type { Client } from '../openid/clients.ts';
import { type AuditLine, validSecrets } from './clientStore.ts';

/** A client for a program: names as OpenID Connect registers them, times in ISO 8601, no hashes. */
export function clientJson(client: Client, now: number) {
  const valid = validSecrets(client, now);
  return {
    client_id: client.clientId,
    client_name: client.name,
    redirect_uris: client.redirectUris,
    post_logout_redirect_uris: client.postLogoutRedirectUris,
    ...(client.backchannelLogoutUri !== undefined && {
      backchannel_logout_uri: client.backchannelLogoutUri,
    }),
    public: client.isPublic,
    permission: client.permission,
    ...(client.audience !== undefined && { audience: client.audience }),
    ...(client.emailDomain !== undefined && { email_domain: client.emailDomain }),
    group_paths: client.groupPaths,
    refresh: client.refresh,
    secrets: valid.map(({ createdAt, expiresAt }) => ({
      created_at: new Date(createdAt).toISOString(),
      ...(expiresAt !== undefined && { expires_at: new Date(expiresAt).toISOString() }),
    })),
    created_at: new Date(client.createdAt).toISOString(),
    created_by: client.createdBy,
  };
}

/** An audit line for a program. */
export function lineJson({ at, by, action, client, oldSecretUntil }: AuditLine) {
  return {
    at: new Date(at).toISOString(),
    by,
    action,
    ...(client !== undefined && { client: JSON.parse(client) as unknown }),
    ...(oldSecretUntil !== undefined && {
      old_secret_expires_at: new Date(oldSecretUntil).toISOString(),
    }),
  };
}
