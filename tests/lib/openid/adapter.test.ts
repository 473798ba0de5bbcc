import { errors } from 'oidc-provider';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Table } from '../../../lib/dynamodb/table.ts';
import { createAdapter } from '../../../lib/openid/adapter.ts';
import { newGrantId } from '../../../lib/openid/signIns.ts';
import { s256 } from '../../../lib/signin/pkce.ts';
import { openidKey, signInPartition } from '../../../lib/tableKeys.ts';
import { createManualClock } from '../../harness/manualClock.ts';
import { APP, startTables, type Tables } from '../../harness/tables.ts';

let tables: Tables;
const clock = createManualClock();
/** When everybody was signed out, in seconds since the epoch. */
let signedOutAt = 0;

beforeAll(async () => {
  tables = await startTables();
});
afterAll(() => tables.close());

function adapterOf(model: string, table: Table = tables.cache) {
  return createAdapter(model, {
    table,
    corpId: APP.corpId,
    clock,
    signIns: { table: tables.permissions, corpId: APP.corpId, clock },
    hasEnded: async (_sub, signedInAt) => signedInAt <= signedOutAt,
    providerSessionSeconds: 43_200,
    findClient: async () => undefined,
  });
}

/** As if each first answer was lost and the client sent the request again. */
const repeating = (): Table => ({
  ...tables.cache,
  async update(...request) {
    await tables.cache.update(...request);
    return tables.cache.update(...request);
  },
  async delete(...request) {
    await tables.cache.delete(...request);
    return tables.cache.delete(...request);
  },
});

describe('what is used once', () => {
  it('is consumed by one of fifty', async () => {
    const codes = adapterOf('AuthorizationCode');
    await codes.upsert('a-code', { accountId: 'user123' }, 60);
    const tries = await Promise.allSettled(
      Array.from({ length: 50 }, () => codes.consume('a-code')),
    );
    const refused = tries.filter(({ status }) => status === 'rejected');
    expect(refused).toHaveLength(49);
    for (const each of refused) {
      expect((each as PromiseRejectedResult).reason).toBeInstanceOf(errors.InvalidGrant);
    }
    expect(await codes.find('a-code')).toMatchObject({ consumed: expect.any(Number) });
  });

  it('counts as consumed where the answer was lost and the client repeated the request', async () => {
    const codes = adapterOf('AuthorizationCode', repeating());
    await codes.upsert('a-repeated-code', { accountId: 'user123' }, 60);
    await codes.consume('a-repeated-code');
    await expect(codes.consume('a-repeated-code')).rejects.toBeInstanceOf(errors.InvalidGrant);
  });

  it('is refused where it is not there', async () => {
    await expect(adapterOf('RefreshToken').consume('none')).rejects.toBeInstanceOf(
      errors.InvalidGrant,
    );
  });

  it('is an interaction too: one of twenty destroys it', async () => {
    const interactions = adapterOf('Interaction');
    await interactions.upsert('an-interaction', { returnTo: '/' }, 600);
    const tries = await Promise.allSettled(
      Array.from({ length: 20 }, () => interactions.destroy('an-interaction')),
    );
    const refused = tries.filter(({ status }) => status === 'rejected');
    expect(refused).toHaveLength(19);
    for (const each of refused) {
      expect((each as PromiseRejectedResult).reason).toBeInstanceOf(errors.SessionNotFound);
    }
  });

  it('is destroyed where the answer was lost and the client repeated the request', async () => {
    const interactions = adapterOf('Interaction', repeating());
    await interactions.upsert('a-repeated-interaction', { returnTo: '/' }, 600);
    await interactions.destroy('a-repeated-interaction');
    expect(await interactions.find('a-repeated-interaction')).toBeUndefined();
    await expect(interactions.destroy('a-repeated-interaction')).rejects.toBeInstanceOf(
      errors.SessionNotFound,
    );
  });

  it('may be destroyed twice if it is anything else', async () => {
    const codes = adapterOf('AuthorizationCode');
    await codes.upsert('a-destroyed-code', { accountId: 'user123' }, 60);
    for (const _ of [1, 2]) await codes.destroy('a-destroyed-code');
    expect(await codes.find('a-destroyed-code')).toBeUndefined();
  });
});

describe('what is stored', () => {
  it('ends by the clock, deleted or not', async () => {
    const tokens = adapterOf('AccessToken');
    await tokens.upsert('a-token', { accountId: 'user123' }, 600);
    expect(await tokens.find('a-token')).toMatchObject({ jti: 'a-token', accountId: 'user123' });
    clock.time += 600_000;
    expect(await tokens.find('a-token')).toBeUndefined();
  });

  it('never holds the id, which is a secret', async () => {
    const written: unknown[] = [];
    const watched: Table = {
      ...tables.cache,
      put(...request) {
        written.push(request);
        return tables.cache.put(...request);
      },
    };
    const id = 'a-very-secret-session-id';
    await adapterOf('Session', watched).upsert(id, { jti: id, uid: 'a-uid' }, 60);
    expect(written).toHaveLength(1);
    expect(JSON.stringify(written)).not.toContain(id);
    expect(await adapterOf('Session').find(id)).toMatchObject({ uid: 'a-uid' });
  });

  it.each(['', '{', 'null', '[]', '5', '"text"'])(
    'counts as absent where it is no object: %j',
    async (payload) => {
      const tokens = adapterOf('AccessToken');
      await tokens.upsert('odd', { accountId: 'user123' }, 60);
      const key = openidKey(APP.corpId, 'AccessToken', s256('odd'));
      const odd = { expression: 'SET payload = :odd', values: { ':odd': payload } };
      await tables.cache.update(key, odd);
      expect(await tokens.find('odd')).toBeUndefined();
      const grantId = newGrantId('user123', crypto.randomUUID());
      await adapterOf('Grant').upsert(grantId, { accountId: 'user123' }, 60);
      const { items } = await tables.permissions.query(signInPartition(APP.corpId, 'user123'));
      for (const { pk, sk } of items) {
        await tables.permissions.update({ pk: String(pk), sk: String(sk) }, odd);
      }
      expect(await adapterOf('Grant').find(grantId)).toBeUndefined();
    },
  );

  it('is another model under the same id', async () => {
    await adapterOf('AccessToken').upsert('same', { accountId: 'user123' }, 60);
    expect(await adapterOf('RefreshToken').find('same')).toBeUndefined();
  });
});

describe('a session', () => {
  it('is not found once its person was signed out, in the second of the sign-in or later', async () => {
    const sessions = adapterOf('Session');
    const loginTs = Math.floor(clock.time / 1_000);
    await sessions.upsert('ended', { accountId: 'user123', loginTs }, 600);
    await sessions.upsert('anonymous', { uid: 'x' }, 600);
    signedOutAt = loginTs - 1;
    expect(await sessions.find('ended')).toBeDefined();
    signedOutAt = loginTs;
    expect(await sessions.find('ended')).toBeUndefined();
    expect(await sessions.find('anonymous')).toBeDefined();
    signedOutAt = 0;
  });
});

describe('a session that is as old as one may be', () => {
  it('is not found, although requests in its last second made it longer', async () => {
    const sessions = adapterOf('Session');
    const loginTs = Math.floor(clock.time / 1_000) - 43_200;
    await sessions.upsert('at-its-end', { accountId: 'user123', loginTs, uid: 'x' }, 1);
    expect(await sessions.find('at-its-end')).toBeUndefined();
    const younger = { accountId: 'user123', loginTs: loginTs + 1, uid: 'x' };
    await sessions.upsert('before-its-end', younger, 1);
    expect(await sessions.find('before-its-end')).toBeDefined();
  });
});

describe('a grant', () => {
  const grants = () => adapterOf('Grant');
  const id = () => newGrantId('user.123~2', crypto.randomUUID());

  it('is found until it expires, deleted or not', async () => {
    const one = id();
    await grants().upsert(one, { accountId: 'user.123~2', clientId: 'grafana' }, 600);
    expect(await grants().find(one)).toMatchObject({ jti: one, clientId: 'grafana' });
    clock.time += 600_000;
    expect(await grants().find(one)).toBeUndefined();
  });

  it('stays ended, whoever writes it again', async () => {
    const one = id();
    await grants().upsert(one, { accountId: 'user.123~2', clientId: 'grafana' }, 600);
    await grants().destroy(one);
    expect(await grants().find(one)).toBeUndefined();
    await expect(grants().upsert(one, {}, 600)).rejects.toBeInstanceOf(errors.LoginRequired);
    expect(await grants().find(one)).toBeUndefined();
  });

  it.each(['', 'x', `${'a'.repeat(43)}.${'b'.repeat(43)}.`, 'user123'])(
    'is nobody’s under the id %j',
    async (odd) => {
      expect(await grants().find(odd)).toBeUndefined();
      await grants().destroy(odd);
    },
  );
});

describe('clients', () => {
  it('are registered by no request', async () => {
    const clients = adapterOf('Client');
    await expect(clients.upsert('x', {}, 1)).rejects.toBeInstanceOf(errors.InvalidRequest);
    await expect(clients.destroy('x')).rejects.toBeInstanceOf(errors.InvalidRequest);
  });
});
