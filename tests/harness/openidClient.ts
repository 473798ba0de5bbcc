import { type Client, hashClientSecret } from '../../lib/openid/clients.ts';

/** A client of the provider, as its program has it. */
export interface ClientCredentials {
  readonly id: string;
  /** Absent for a public client. */
  readonly secret?: string;
  readonly redirectUri: string;
}

/** @returns a client to store, without refresh tokens unless `more` says so */
export function newClient(
  { id, secret, redirectUri }: ClientCredentials,
  more: Partial<Client> = {},
): Client {
  return {
    clientId: id,
    name: id,
    redirectUris: [redirectUri],
    postLogoutRedirectUris: [],
    isPublic: secret === undefined,
    permission: 'access',
    groupPaths: false,
    refresh: false,
    secrets: secret === undefined ? [] : [{ hash: hashClientSecret(secret), createdAt: 1 }],
    createdAt: 1,
    createdBy: 'test',
    revision: 1,
    ...more,
  };
}
