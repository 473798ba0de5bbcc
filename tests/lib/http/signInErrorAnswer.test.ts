import { describe, expect, it } from 'vitest';
import { signInErrorAnswer } from '../../../lib/http/signInErrorAnswer.ts';
import { type RefusalReason, SignInUnderWay, StateRefused } from '../../../lib/signin/errors.ts';
import { TokenUnavailable } from '../../../lib/token/errors.ts';
import { errcodeEntry } from '../../../lib/wecom/errcodes.ts';
import { WecomBadStatus, WecomErrcode } from '../../../lib/wecom/errors.ts';

describe('the answer to a sign-in whose state', () => {
  const reasons: RefusalReason[] = [
    'absent',
    'malformed',
    'unknown',
    'expired',
    'other-app',
    'other-verifier',
    'used',
  ];

  it('proves nothing is one and the same, whatever was wrong with it; the log has advice', () => {
    const answers = reasons.map((reason) => signInErrorAnswer(new StateRefused(reason), '失败'));
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    expect(answers[0]).toMatchObject({ status: 401, body: { code: -1 } });
    for (const reason of reasons) {
      expect(new StateRefused(reason).details['advice']).toMatch(/\w{3}/);
    }
  });

  it('is being redeemed by an equal request is 503: come again in two seconds', () => {
    expect(signInErrorAnswer(new SignInUnderWay(), '失败')).toEqual({
      status: 503,
      body: { code: -1, message: '失败' },
      headers: { 'retry-after': '2' },
    });
  });
});

describe('the answer to a sign-in that WeCom ended', () => {
  const errcode = (code: number, errmsg = '') =>
    signInErrorAnswer(new WecomErrcode('user/get', code, errmsg, errcodeEntry(code)), '失败');

  it('has the errcode with its errmsg, or with what the errcode means', () => {
    const body = (message: string) => ({ status: 401, body: { code: 60111, message } });
    expect(errcode(60111, 'userid not found')).toMatchObject(body('userid not found'));
    expect(errcode(60111)).toMatchObject(body('成员不存在'));
  });

  it.each([
    [-1, '5'],
    [45009, '60'],
    [45033, '60'],
  ])('by being busy (%i) says to come again in %s seconds', (code, seconds) => {
    expect(errcode(code)).toEqual({
      status: 503,
      body: { code, message: '失败' },
      headers: { 'retry-after': seconds },
    });
  });

  it.each([
    [500, 503],
    [502, 503],
    [429, 503],
    [302, undefined],
    [403, undefined],
    [404, undefined],
  ])('by HTTP %i is %s: only the operator can mend what does not pass', (status, expected) => {
    const answer = signInErrorAnswer(new WecomBadStatus('user/get', status), '失败');
    expect(answer?.status).toBe(expected);
  });
});

describe('the answer to a sign-in that gets no access_token', () => {
  it.each([
    ['unreachable', 503],
    ['limited', 503],
    ['unreported', 503],
    ['waited-too-long', 503],
    // Nobody but the operator can mend these two.
    ['refused', undefined],
    ['no-secret', undefined],
  ] as const)('for it is %s is %s', (reason, expected) => {
    const error = new TokenUnavailable(reason, -1, 2_400, {});
    const answer = signInErrorAnswer(error, '失败');
    expect(answer?.status).toBe(expected);
    if (answer) expect(answer.headers).toEqual({ 'retry-after': '3' });
  });
});
