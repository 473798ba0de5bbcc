import { type Adapter, type AdapterPayload, errors } from 'oidc-provider';
import type { TimeSource } from '../clock.ts';
import type { Table } from '../dynamodb/table.ts';
import { s256 } from '../signin/pkce.ts';
import { openidKey } from '../tableKeys.ts';
import {
  endGrant,
  KEPT_SECONDS,
  readGrant,
  readPayload,
  type SignInStore,
  writeGrant,
} from './signIns.ts';

/*
 * What the provider keeps: sessions, grants, interactions, codes and tokens. Each is one item of the
 * cache table, under the hash of its id. The id is a secret of the browser or the client, so it
 * stands neither in the key nor in the item.
 *
 *   a model   <corpId>#openid#<model>#<hash of the id>   payload, expiresAt, consumedAt, endedBy
 *
 * A grant is an item of the permission table instead: see signIns.ts.
 *
 * DynamoDB deletes late, so expiry is compared here. Reads are strongly consistent, so a session that
 * has ended is never found again.
 */

export interface AdapterParts {
  readonly table: Table;
  readonly corpId: string;
  readonly clock: TimeSource;
  /** The grants. */
  readonly signIns: SignInStore;
  /** Whether a session, whose person signed in in this second of the epoch, has ended. */
  readonly hasEnded: (sub: string, signedInAt: number, sessionUid: string) => Promise<boolean>;
  readonly providerSessionSeconds: number;
  /** The registered client as the library's metadata, if there is one. */
  readonly findClient: (clientId: string) => Promise<AdapterPayload | undefined>;
}

/** The store of one model of the library: `Session`, `Grant`, `AuthorizationCode` and so on. */
export function createAdapter(model: string, parts: AdapterParts): Adapter {
  if (model === 'Client') return clientAdapter(parts);
  if (model === 'Session') return new SessionAdapter(parts);
  return model === 'Grant' ? new GrantAdapter(parts) : new DynamoAdapter(model, parts);
}

class DynamoAdapter implements Adapter {
  readonly #model: string;
  readonly #table: Table;
  readonly #corpId: string;
  readonly #clock: TimeSource;

  constructor(model: string, { table, corpId, clock }: AdapterParts) {
    this.#model = model;
    this.#table = table;
    this.#corpId = corpId;
    this.#clock = clock;
  }

  async upsert(id: string, { jti: _, ...payload }: AdapterPayload, expiresIn: number) {
    const expiresAt = this.#now() + expiresIn;
    const times = { expiresAt, ttl: expiresAt + KEPT_SECONDS };
    await this.#table.put({ ...this.#key(id), payload: JSON.stringify(payload), ...times });
  }

  async find(id: string): Promise<AdapterPayload | undefined> {
    const { payload, expiresAt, consumedAt } = (await this.#table.get(this.#key(id))) ?? {};
    if (typeof expiresAt !== 'number' || expiresAt <= this.#now()) return undefined;
    const read = readPayload(payload);
    if (read === undefined) return undefined;
    return {
      ...read,
      ...(typeof consumedAt === 'number' && { consumed: consumedAt }),
      jti: id,
    };
  }

  /** No token is bound to a session by its uid: a sign-in ends with its grant. */
  async findByUid() {
    return undefined;
  }

  /** No flow with user codes is offered. */
  async findByUserCode() {
    return undefined;
  }

  /**
   * Marks a code, a refresh token or anything else that works once as used: one conditional write.
   *
   * @throws InvalidGrant for every caller but the first, and if there is no such item
   */
  async consume(id: string) {
    const isFirst = await this.#table.update(
      this.#key(id),
      {
        expression: 'SET consumedAt = :now, consumedBy = :by',
        // Of this call alone: AWS's client may send a request again whose answer was lost.
        values: { ':now': this.#now(), ':by': crypto.randomUUID() },
      },
      'attribute_exists(pk) AND (attribute_not_exists(consumedAt) OR consumedBy = :by)',
    );
    if (!isFirst) throw new errors.InvalidGrant('already used');
  }

  /**
   * Deletes the item. An interaction loses its payload instead, by one conditional write: only one
   * resumption may succeed.
   *
   * @throws SessionNotFound for an interaction that another caller has ended
   */
  async destroy(id: string) {
    if (this.#model !== 'Interaction') {
      await this.#table.delete(this.#key(id));
      return;
    }
    const isFirst = await this.#table.update(
      this.#key(id),
      {
        expression: 'SET endedBy = :by REMOVE payload',
        // As in `consume`. A deletion that is sent again could not recognize its own first attempt.
        values: { ':by': crypto.randomUUID() },
      },
      'attribute_exists(pk) AND (attribute_not_exists(endedBy) OR endedBy = :by)',
    );
    if (!isFirst) throw new errors.SessionNotFound('interaction session not found');
  }

  /** Nothing to do: see `GrantAdapter`. */
  async revokeByGrantId() {}

  #key(id: string) {
    return openidKey(this.#corpId, this.#model, s256(id));
  }

  /** Seconds since the epoch, as the library counts. */
  #now(): number {
    return Math.floor(this.#clock.now() / 1_000);
  }
}

/**
 * Sessions, without those that have ended. The item alone does not tell: a request that was under way
 * may have written it again, or for one second longer.
 */
class SessionAdapter extends DynamoAdapter {
  readonly #parts: AdapterParts;

  constructor(parts: AdapterParts) {
    super('Session', parts);
    this.#parts = parts;
  }

  override async find(id: string) {
    const session = await super.find(id);
    const { accountId, loginTs = 0, uid = '' } = session ?? {};
    if (accountId === undefined) return session;
    const { hasEnded, providerSessionSeconds, clock } = this.#parts;
    if (clock.now() >= (loginTs + providerSessionSeconds) * 1_000) return undefined;
    return (await hasEnded(accountId, loginTs, uid)) ? undefined : session;
  }
}

/**
 * A grant is a person's sign-in at a client. Every use of a code or token reads its grant first, so
 * with the grant all of them end. A JWT access token outlives it, for ten minutes at most.
 */
class GrantAdapter extends DynamoAdapter {
  readonly #signIns: SignInStore;

  constructor(parts: AdapterParts) {
    super('Grant', parts);
    this.#signIns = parts.signIns;
  }

  /** @throws LoginRequired for a sign-in that has ended */
  override async upsert(id: string, payload: AdapterPayload, expiresIn: number) {
    if (await writeGrant(this.#signIns, id, payload, expiresIn)) return;
    throw new errors.LoginRequired('the session has ended');
  }

  override find(id: string) {
    return readGrant(this.#signIns, id);
  }

  override destroy(id: string) {
    return endGrant(this.#signIns, id);
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
