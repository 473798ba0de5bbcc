import { timingSafeEqual } from 'node:crypto';
import * as v from 'valibot';
import type { TimeSource } from '../clock.ts';
import type { Item } from '../dynamodb/item.ts';
import type { Table } from '../dynamodb/table.ts';
import { StoreUnavailable } from '../errors.ts';
import { readPartition } from '../permissions/partition.ts';
import { s256 } from '../signin/pkce.ts';
import { clientKey, clientPartition } from '../tableKeys.ts';

/** A program that signs people in through the provider, as the administrator registered it. */
const Client = v.object({
  clientId: v.string(),
  /** What the pages call it. */
  name: v.string(),
  redirectUris: v.array(v.string()),
  postLogoutRedirectUris: v.array(v.string()),
  backchannelLogoutUri: v.optional(v.string()),
  /** A public client has no secret and must use PKCE. */
  isPublic: v.boolean(),
  /** The permission that a member needs to use it. */
  permission: v.string(),
  /** The audience of its access tokens, which are then JWTs (RFC 9068). */
  audience: v.optional(v.string()),
  /** Gives `<userid>@<domain>` as `email`, in place of WeCom's. */
  emailDomain: v.optional(v.string()),
  /** Whether `groups` has departments as full paths, in place of ids. Tags are ids in any case. */
  groupPaths: v.boolean(),
  /** Whether it gets refresh tokens. */
  refresh: v.boolean(),
  /** At most two, the newest last: the older one works until `expiresAt`. Times in milliseconds. */
  secrets: v.array(
    v.object({ hash: v.string(), createdAt: v.number(), expiresAt: v.optional(v.number()) }),
  ),
  createdAt: v.number(),
  createdBy: v.string(),
  /** Rises with every change, so that the second of two administrators at once is refused. */
  revision: v.number(),
});
export type Client = v.InferOutput<typeof Client>;

/**
 * Reads one client.
 *
 * @throws StoreUnavailable also for an item that cannot be read: a client is never guessed
 */
export async function findClient(
  table: Table,
  corpId: string,
  clientId: string,
): Promise<Client | undefined> {
  if (!isClientId(clientId)) return undefined;
  const item = await table.get(clientKey(corpId, clientId));
  return item && readClient(item);
}

/** Of 1 MB each: thousands of clients. */
const PAGES = 10;

/**
 * All clients of the corp, in the order of their ids, and the ids of those that cannot be read.
 *
 * @throws StoreUnavailable
 */
export async function listClients(
  table: Table,
  corpId: string,
): Promise<{ readonly clients: Client[]; readonly unreadable: string[] }> {
  const items = await readPartition(table, clientPartition(corpId), { pages: PAGES });
  const clients: Client[] = [];
  const unreadable: string[] = [];
  for (const item of items) {
    const client = v.safeParse(Client, item);
    if (client.success) clients.push(client.output);
    else unreadable.push(String(item['sk']));
  }
  return { clients, unreadable };
}

/** How long an instance remembers the origins of public clients. */
const ORIGINS_TTL_MS = 60_000;

/** The origins of public clients' redirect addresses: their scripts may call the token endpoint. */
export class PublicOrigins {
  readonly #table: Table;
  readonly #corpId: string;
  readonly #clock: TimeSource;
  #known: { readonly origins: readonly string[]; readonly readAt: number } | undefined;

  constructor(table: Table, corpId: string, clock: TimeSource) {
    this.#table = table;
    this.#corpId = corpId;
    this.#clock = clock;
  }

  /** At most a minute old. @throws StoreUnavailable */
  async read(): Promise<readonly string[]> {
    const now = this.#clock.now();
    if (this.#known && now < this.#known.readAt + ORIGINS_TTL_MS) return this.#known.origins;
    // A client that cannot be read is left out, so that the others keep their origins.
    const { clients } = await listClients(this.#table, this.#corpId);
    const addresses = clients
      .filter(({ isPublic }) => isPublic)
      .flatMap((each) => each.redirectUris);
    // The origin of an address with an app's own scheme is the text `null`.
    const all = addresses.map((address) => new URL(address).origin);
    const origins = [...new Set(all)].filter((origin) => origin !== 'null');
    this.#known = { origins, readAt: now };
    return origins;
  }
}

/**
 * Writes a client, if it still is what the administrator saw.
 *
 * @param before the client as it was read; absent: there must be none
 * @returns whether it was written
 */
export async function saveClient(
  table: Table,
  corpId: string,
  client: Client,
  before: Client | undefined,
): Promise<boolean> {
  const item: Item = {
    ...clientKey(corpId, client.clientId),
    ...client,
    secrets: client.secrets.map((secret) => ({ ...secret })),
  };
  return table.put(
    item,
    before === undefined
      ? { expression: 'attribute_not_exists(pk)' }
      : { expression: 'revision = :seen', values: { ':seen': before.revision } },
  );
}

/** @returns whether it was removed: it still was what the administrator saw */
export async function removeClient(table: Table, corpId: string, client: Client): Promise<boolean> {
  return table.delete(clientKey(corpId, client.clientId), {
    expression: 'revision = :seen',
    values: { ':seen': client.revision },
  });
}

/**
 * Whether the client is an app on a device: one of its addresses has a scheme of its own. Then the
 * library takes such addresses, and refuses https on a loopback host.
 */
export function isNativeApp({
  redirectUris,
  postLogoutRedirectUris,
}: Pick<Client, 'redirectUris' | 'postLogoutRedirectUris'>): boolean {
  return [...redirectUris, ...postLogoutRedirectUris].some((address) => !/^https?:/.test(address));
}

/** 1 to 64 letters, digits, `-` and `_`: nothing that separates keys or needs encoding. */
export function isClientId(text: string): boolean {
  return /^[0-9A-Za-z][\w-]{0,63}$/.test(text);
}

/** A secret of 256 random bits; what is stored is its hash. */
export function newClientSecret(): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64url');
}

/** A secret has 256 random bits, so one round of SHA-256 is enough to keep it from a reader of the table. */
export function hashClientSecret(secret: string): string {
  return s256(secret);
}

/** Whether the secret is one that works now. */
export function hasSecret(
  client: Pick<Client, 'secrets'>,
  secret: string,
  clock: TimeSource,
): boolean {
  const given = Buffer.from(hashClientSecret(secret));
  const now = clock.now();
  let matches = false;
  for (const { hash, expiresAt } of client.secrets) {
    const stored = Buffer.from(hash);
    const isSame = stored.length === given.length && timingSafeEqual(stored, given);
    if (isSame && (expiresAt === undefined || now < expiresAt)) matches = true;
  }
  return matches;
}

function readClient(item: Item): Client {
  const client = v.safeParse(Client, item);
  if (client.success) return client.output;
  throw new StoreUnavailable('A stored client cannot be read', {
    reason: 'unknown format',
    key: `${item['pk']} ${item['sk']}`,
    advice: 'Remove the client and add it again: npm run clients.',
  });
}
