import { describe, expect, it } from 'vitest';
import { MemberInactive, NotAMember, StoreUnavailable } from '../../../lib/errors.ts';
import {
  type Claim,
  errorOf,
  readStateRecord,
  refusalOf,
  replayed,
  type StateRecord,
} from '../../../lib/signin/stateRecord.ts';
import { errcodeEntry } from '../../../lib/wecom/errcodes.ts';
import { WecomErrcode } from '../../../lib/wecom/errors.ts';

const NOW = 1_800_000_000_000;
const APP = { corpId: 'ww1', agentId: '1000002' };
const EARLIER = { id: 'first', at: NOW, codeHash: 'hash of the code' };
const ISSUED: StateRecord = {
  ...APP,
  challenge: 'the challenge',
  redirectUri: 'https://app.example.com/',
  expiresAt: NOW + 600_000,
};
const REDEEMED: StateRecord = { ...ISSUED, redemption: EARLIER };
const RELEASED: StateRecord = { ...ISSUED, reservedFor: EARLIER.codeHash };

/** The same request at `at`. */
function claim(at: number, changes: Partial<Claim> = {}): Claim {
  const redemption = { ...EARLIER, id: 'second', at };
  return { ...APP, challenge: ISSUED.challenge, redemption, ...changes };
}

describe('a request whose state was redeemed', () => {
  it('is the same one for a minute', () => {
    expect(replayed(REDEEMED, claim(NOW))).toBe(EARLIER);
    expect(replayed(REDEEMED, claim(NOW + 59_999))).toBe(EARLIER);
    expect(() => replayed(REDEEMED, claim(NOW + 60_000))).toThrow(refused('used'));
  });

  it.each<[string, Partial<Claim>, string]>([
    ['of another corp', { corpId: 'ww2' }, 'other-app'],
    ['of another agent', { agentId: '1000001' }, 'other-app'],
    ['with another challenge of the same length', { challenge: 'the Challenge' }, 'other-verifier'],
    ['with the beginning of the challenge', { challenge: 'the' }, 'other-verifier'],
    ['with another code', { redemption: { ...EARLIER, codeHash: 'another' } }, 'used'],
  ])('is refused if it is %s', (_, changes, refusal) => {
    for (const record of [REDEEMED, RELEASED]) {
      expect(() => replayed(record, claim(NOW, changes))).toThrow(refused(refusal));
    }
  });
});

describe('a request whose state was released', () => {
  it('may redeem it until the state expires', () => {
    expect(replayed(RELEASED, claim(NOW + 599_999))).toBeUndefined();
    expect(() => replayed(RELEASED, claim(NOW + 600_000))).toThrow(refused('expired'));
  });
});

describe('a request whose state was neither redeemed nor released', () => {
  it('is refused as expired: nothing else can have made consuming it fail', () => {
    expect(() => replayed(ISSUED, claim(NOW))).toThrow(refused('expired'));
    expect(() => replayed(undefined, claim(NOW))).toThrow(refused('unknown'));
  });
});

describe('a refusal', () => {
  const errcode = (code: number) =>
    new WecomErrcode('auth/getuserinfo', code, 'invalid code', errcodeEntry(code));

  it.each([new NotAMember(), new MemberInactive(), errcode(40029), errcode(40014)])(
    'comes back from the record as it was: $code $errcode',
    async (error) => {
      const record = readStateRecord({ ...REDEEMED, outcome: { refusal: refusalOf(error) } });
      const refusal = record?.outcome?.refusal;
      expect(refusal).toBeDefined();
      const again = refusal && (await errorOf(refusal));
      expect(again).toBeInstanceOf(error.constructor);
      expect(again).toEqual(error);
    },
  );

  it.each([
    ['a busy WeCom', errcode(-1)],
    ['a limit', errcode(45009)],
    ['a wrong setting', errcode(48002)],
    ['a store that does not answer', new StoreUnavailable('x')],
    ['a defect', new TypeError('x')],
    ['an error of another kind that looks alike', { code: 'ERR_NOT_A_MEMBER' }],
  ])('is not made of %s: a retry may succeed', (_, error) => {
    expect(refusalOf(error)).toBeUndefined();
  });

  it.each([
    [{ code: 'ERR_FORBIDDEN' }],
    [{ code: 'ERR_WECOM_ERRCODE' }],
    [{ code: 'ERR_WECOM_ERRCODE', api: 'x', errcode: '40029', errmsg: '' }],
    [{}],
  ])('of another form makes the whole record unreadable: %j', (refusal) => {
    expect(readStateRecord({ ...REDEEMED, outcome: { refusal } })).toBeUndefined();
  });
});

const refused = (refusal: string) => expect.objectContaining({ refusal });
