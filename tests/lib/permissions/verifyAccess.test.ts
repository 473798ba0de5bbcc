import { describe, expect, it } from 'vitest';
import { ParameterUnavailable } from '../../../lib/errors.ts';
import {
  type Asker,
  requireVerifyAccess,
  VERIFY_ACCESS_MODES,
  type VerifyAccessMode,
} from '../../../lib/permissions/verifyAccess.ts';
import { createInvocation } from '../../harness/invocation.ts';

const NOBODY: Asker = { iam: false };
const BEARER: Asker = { bearerToken: 'the token', iam: false };

interface Situation {
  mode: VerifyAccessMode;
  /** Whose session the bearer token is; if absent, it is not a session. */
  caller?: string;
  /** What the caller may do. */
  permissions?: string[];
}

/** Asks about `lisi`. @returns the outcome or its error, and the calls that were made */
async function ask(asker: Asker, { mode, caller, permissions = [] }: Situation) {
  const asked: string[] = [];
  const parts = {
    mode,
    authenticate: async (token: string) => {
      asked.push(`session of ${token}`);
      return caller === undefined ? undefined : { userid: caller };
    },
    verify: async (userid: string, permission: string) => {
      asked.push(`${userid} ${permission}`);
      const authorized = permissions.includes(permission);
      return { authorized, reason: authorized ? 'allowed' : 'no-grant' } as const;
    },
  };
  const outcome = await requireVerifyAccess(parts, asker, 'lisi', createInvocation()).then(
    () => 'may ask',
    (error) => error,
  );
  return { outcome, asked };
}

describe('where verify is open', () => {
  it.each([NOBODY, BEARER, { iam: true }])('anybody may ask: %j', async (asker) => {
    expect(await ask(asker, { mode: 'open' })).toEqual({ outcome: 'may ask', asked: [] });
  });
});

describe("where API Gateway's IAM authorizer guards verify", () => {
  it('a caller whom it identified may ask', async () => {
    expect(await ask({ iam: true }, { mode: 'iam' })).toEqual({ outcome: 'may ask', asked: [] });
  });

  it.each([NOBODY, BEARER])('no other caller may ask: %j', async (asker) => {
    const situation: Situation = { mode: 'iam', caller: 'lisi', permissions: ['verify:any'] };
    const { outcome, asked } = await ask(asker, situation);
    expect(outcome).toMatchObject({ code: 'ERR_FORBIDDEN' });
    expect(asked).toEqual([]);
  });
});

describe('where sessions guard verify', () => {
  const mode = 'session';

  it.each<[string, Asker]>([
    ['no token', NOBODY],
    ['an empty token', { bearerToken: '', iam: false }],
    ['no token, though IAM identified the caller', { iam: true }],
  ])('%s is refused as a missing token', async (_, asker) => {
    const { outcome, asked } = await ask(asker, { mode, caller: 'lisi' });
    expect(outcome).toMatchObject({ code: 'ERR_UNAUTHENTICATED', badToken: false });
    expect(asked).toEqual([]);
  });

  it('a token that is not a session is refused as a bad token', async () => {
    const { outcome } = await ask(BEARER, { mode, permissions: ['verify:any'] });
    expect(outcome).toMatchObject({ code: 'ERR_UNAUTHENTICATED', badToken: true });
  });

  it.each(['lisi', 'LiSi'])('members may ask about themselves: %s', async (caller) => {
    expect(await ask(BEARER, { mode, caller })).toEqual({
      outcome: 'may ask',
      asked: ['session of the token'],
    });
  });

  it('about others takes the permission verify:any', async () => {
    const asked = ['session of the token', 'zhangsan verify:any'];
    expect(await ask(BEARER, { mode, caller: 'zhangsan', permissions: ['verify:any'] })).toEqual({
      outcome: 'may ask',
      asked,
    });
    const refused = await ask(BEARER, { mode, caller: 'zhangsan', permissions: ['access', '*'] });
    expect(refused).toEqual({
      outcome: expect.objectContaining({ code: 'ERR_FORBIDDEN' }),
      asked,
    });
  });

  it('an error of the session keys is thrown', async () => {
    const parts = {
      mode,
      authenticate: async () => {
        throw new ParameterUnavailable('SSM did not answer');
      },
      verify: async () => ({ authorized: true, reason: 'allowed' }) as const,
    } as const;
    await expect(
      requireVerifyAccess(parts, BEARER, 'lisi', createInvocation()),
    ).rejects.toMatchObject({ code: 'ERR_PARAMETER_UNAVAILABLE' });
  });
});

describe('a stage', () => {
  it('has one of three modes', () => {
    expect(VERIFY_ACCESS_MODES).toEqual(['open', 'session', 'iam']);
  });
});
