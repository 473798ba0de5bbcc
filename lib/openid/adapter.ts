import { type Adapter, type AdapterPayload, errors } from 'oidc-provider';
import type { Clock } from '../clock.ts';
import type { Table } from '../dynamodb/table.ts';
import { s256 } from '../signin/pkce.ts';
import { openidKey } from '../tableKeys.ts';

/*
 * What the provider keeps: sessions, grants, interactions, codes and tokens. Each is one item of the
 * cache table, under the hash of its id. The id is a secret of the browser or the client, so it
 * stands neither in the key nor in the item.
 *
 *   a model               <corpId>#openid#<model>#<hash of the id>    payload, expiresAt, consumedAt
 *   a session by its uid  <corpId>#openid#SessionUid#<hash of the uid>   session: the key of the above
 *
 * DynamoDB deletes late, so expiry is compared here. Reads are strongly consistent, so a session that
 * has ended is never found again.
 */

export interface AdapterParts {
  readonly table: Table;
  readonly corpId: string;
  readonly clock: Clock;
  /** The registered client as the library's metadata, if there is one. */
  readonly findClient: (clientId: string) => Promise<AdapterPayload | undefined>;
}

/** DynamoDB may delete an item this long after it expired. */
const KEPT_SECONDS = 3_600;

/** The store of one model of the library: `Session`, `Grant`, `AuthorizationCode` and so on. */
export function createAdapter(model: string, parts: AdapterParts): Adapter {
  return model === 'Client' ? clientAdapter(parts) : new DynamoAdapter(model, parts);
}

class DynamoAdapter implements Adapter {
  readonly #model: string;
  readonly #table: Table;
  readonly #corpId: string;
  readonly #clock: Clock;

  constructor(model: string, { table, corpId, clock }: AdapterParts) {
    this.#model = model;
    this.#table = table;
    this.#corpId = corpId;
    this.#clock = clock;
  }

  async upsert(id: string, { jti: _, ...payload }: AdapterPayload, expiresIn: number) {
    const expiresAt = this.#now() + expiresIn;
    const times = { expiresAt, ttl: expiresAt + KEPT_SECONDS };
    const { pk } = this.#key(id);
    await this.#table.put({ pk, payload: JSON.stringify(payload), ...times });
    if (payload.uid !== undefined && this.#model === 'Session') {
      await this.#table.put({ ...this.#uidKey(payload.uid), session: pk, ...times });
    }
  }

  async find(id: string) {
    const found = await this.#read(this.#key(id).pk);
    return found && { ...found, jti: id };
  }

  async findByUid(uid: string) {
    const pointer = await this.#table.get(this.#uidKey(uid));
    const session = pointer?.['session'];
    const found = typeof session === 'string' ? await this.#read(session) : undefined;
    // The pointer of a session that got another uid is not its own any more.
    return found?.uid === uid ? found : undefined;
  }

  /** No flow with user codes is offered. */
  async findByUserCode() {
    return undefined;
  }

  /**
   * Marks a code, a refresh token or anything else that works once as used: one conditional write.
   *
   * @throws InvalidGrant for everybody but the first, and for what is not there
   */
  async consume(id: string) {
    const isFirst = await this.#table.update(
      this.#key(id),
      {
        expression: 'SET consumedAt = :now, consumedBy = :by',
        // Of this call alone, so that a repeated request whose answer was lost still succeeds.
        values: { ':now': this.#now(), ':by': crypto.randomUUID() },
      },
      'attribute_exists(pk) AND (attribute_not_exists(consumedAt) OR consumedBy = :by)',
    );
    if (!isFirst) throw new errors.InvalidGrant('already used');
  }

  /**
   * Deletes the item. An interaction is deleted when it is resumed, so only one resumption may succeed.
   *
   * @throws SessionNotFound for an interaction that is already deleted
   */
  async destroy(id: string) {
    if (this.#model !== 'Interaction') {
      await this.#table.delete(this.#key(id));
      return;
    }
    const isFirst = await this.#table.delete(this.#key(id), { expression: 'attribute_exists(pk)' });
    if (!isFirst) throw new errors.SessionNotFound('interaction session not found');
  }

  /**
   * Nothing to do: every use of a code or token reads its grant first, and the library destroys the
   * grant together with this call. A JWT access token outlives both, for ten minutes at most.
   */
  async revokeByGrantId() {}

  async #read(pk: string): Promise<AdapterPayload | undefined> {
    const item = await this.#table.get({ pk });
    const { payload, expiresAt, consumedAt } = item ?? {};
    if (typeof payload !== 'string' || typeof expiresAt !== 'number') return undefined;
    if (expiresAt <= this.#now()) return undefined;
    return {
      ...(JSON.parse(payload) as AdapterPayload),
      ...(typeof consumedAt === 'number' && { consumed: consumedAt }),
    };
  }

  #key(id: string) {
    return openidKey(this.#corpId, this.#model, s256(id));
  }

  #uidKey(uid: string) {
    return openidKey(this.#corpId, 'SessionUid', s256(uid));
  }

  /** Seconds since the epoch, as the library counts. */
  #now(): number {
    return Math.floor(this.#clock.now() / 1_000);
  }
}

/** Clients are registered by an administrator (clients.ts) and never by a request. */
function clientAdapter({ findClient }: AdapterParts): Adapter {
  const refuse = async () => {
    throw new errors.InvalidRequest('clients are registered by an administrator');
  };
  return {
    find: findClient,
    upsert: refuse,
    consume: refuse,
    destroy: refuse,
    revokeByGrantId: refuse,
    findByUid: async () => undefined,
    findByUserCode: async () => undefined,
  };
}
