import { isDeepStrictEqual } from 'node:util';
import * as v from 'valibot';
import type { Item } from '../dynamodb/item.ts';
import type { Table } from '../dynamodb/table.ts';
import { StoreUnavailable } from '../errors.ts';
import { type Client, findClient, removeClient, saveClient } from '../openid/clients.ts';
import { readPartition } from '../permissions/partition.ts';
import { auditKey, auditPartition, clientAuditSubject, clientKey, listName } from '../tableKeys.ts';

/** One change of one client. Audit lines are kept for good, without secrets and their hashes. */
const AuditLine = v.object({
  /** In milliseconds since the epoch. */
  at: v.number(),
  by: v.string(),
  action: v.picklist(['added', 'secret-rotated', 'removed']),
  /** The client as it was added or removed, as JSON without its secrets. */
  client: v.optional(v.string()),
  /** Until when the old secret works, in milliseconds since the epoch. */
  oldSecretUntil: v.optional(v.number()),
});
export type AuditLine = v.InferOutput<typeof AuditLine>;

/** A client that is not stored yet. */
export type NewClient = Omit<Client, 'createdAt' | 'createdBy' | 'revision'>;

/** `conflict`: the client was changed by somebody else, and nothing was done. */
export type Outcome = 'done' | 'conflict';

/** Enough for thousands of changes of one client. */
const MAX_PAGES = 10;

/** The secrets that work now. @param now milliseconds since the epoch */
export function validSecrets({ secrets }: Client, now: number): Client['secrets'] {
  return secrets.filter(({ expiresAt }) => expiresAt === undefined || now < expiresAt);
}

/**
 * Changes clients for an administrator. Each change writes its audit line first, so that no change is made
 * without one. Every method throws StoreUnavailable.
 */
export class ClientStore {
  readonly #table: Table;
  readonly #corpId: string;
  readonly #who: () => Promise<string>;
  readonly #now: number;

  constructor(parts: {
    readonly table: Table;
    readonly corpId: string;
    readonly who: () => Promise<string>;
    readonly now: number;
  }) {
    this.#table = parts.table;
    this.#corpId = parts.corpId;
    this.#who = parts.who;
    this.#now = parts.now;
  }

  /** @returns `unreadable` for an item in an unknown format */
  async find(clientId: string): Promise<Client | 'unreadable' | undefined> {
    try {
      return await findClient(this.#table, this.#corpId, clientId);
    } catch (error) {
      const isFormat =
        error instanceof StoreUnavailable && error.details['reason'] === 'unknown format';
      if (isFormat) return 'unreadable';
      throw error;
    }
  }

  /** Adds a client. @returns `conflict` if the id exists */
  async add(settings: NewClient): Promise<Outcome> {
    const by = await this.#who();
    const client: Client = { ...settings, createdAt: this.#now, createdBy: by, revision: 1 };
    const line = { by, action: 'added', client: describe(client) } as const;
    return this.#recorded(client.clientId, line, () => this.#save(client, undefined));
  }

  /** Replaces the secrets of a client. */
  async replaceSecrets(
    before: Client,
    secrets: Client['secrets'],
    oldSecretUntil: number | undefined,
  ): Promise<Outcome> {
    const by = await this.#who();
    const client = { ...before, secrets, revision: before.revision + 1 };
    const line = {
      by,
      action: 'secret-rotated',
      ...(oldSecretUntil !== undefined && { oldSecretUntil }),
    } as const;
    return this.#recorded(before.clientId, line, () => this.#save(client, before));
  }

  /** Removes a client, also one that cannot be read. */
  async remove(clientId: string, seen: Client | 'unreadable'): Promise<Outcome> {
    const by = await this.#who();
    const line = {
      by,
      action: 'removed',
      ...(seen !== 'unreadable' && { client: describe(seen) }),
    } as const;
    return this.#recorded(clientId, line, async () => {
      const isRemoved =
        seen === 'unreadable'
          ? await this.#removeUnreadable(clientId)
          : await removeClient(this.#table, this.#corpId, seen);
      // The SDK may have repeated a request that had succeeded.
      return isRemoved || (await this.#table.get(clientKey(this.#corpId, clientId))) === undefined;
    });
  }

  /** The client's audit lines, the oldest first. */
  async history(clientId: string): Promise<AuditLine[]> {
    const pk = auditPartition(this.#corpId, clientAuditSubject(clientId));
    const items = await readPartition(this.#table, pk, { pages: MAX_PAGES });
    return items.flatMap((item) => {
      const line = v.safeParse(AuditLine, item);
      // Skips a line in an unknown format.
      return line.success ? [line.output] : [];
    });
  }

  async #save(client: Client, before: Client | undefined): Promise<boolean> {
    if (await saveClient(this.#table, this.#corpId, client, before)) return true;
    // The SDK may have repeated a request that had succeeded.
    return isDeepStrictEqual(await this.find(client.clientId), client);
  }

  /** Removes the item, unless somebody has replaced it since. */
  async #removeUnreadable(clientId: string): Promise<boolean> {
    const key = clientKey(this.#corpId, clientId);
    const revision = (await this.#table.get(key))?.['revision'];
    return this.#table.delete(
      key,
      revision === undefined
        ? { expression: 'attribute_not_exists(revision)' }
        : { expression: 'revision = :seen', values: { ':seen': revision } },
    );
  }

  async #recorded(
    clientId: string,
    line: Omit<AuditLine, 'at'>,
    change: () => Promise<boolean>,
  ): Promise<Outcome> {
    const subject = clientAuditSubject(clientId);
    const key = auditKey(this.#corpId, subject, this.#now, crypto.randomUUID());
    const list = listName(this.#corpId, 'client-audit');
    const item: Item = { ...key, listName: list, at: this.#now, ...line };
    await this.#table.put(item);
    if (await change()) return 'done';
    await this.#table.delete(key);
    return 'conflict';
  }
}

function describe({ secrets: _, ...client }: Client): string {
  return JSON.stringify(client);
}
