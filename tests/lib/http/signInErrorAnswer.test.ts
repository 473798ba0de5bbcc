import { describe, expect, it } from 'vitest';
import { signInErrorAnswer } from '../../../lib/http/errorAnswer.ts';
import { type RefusalReason, SignInUnderWay, StateRefused } from '../../../lib/signin/errors.ts';

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
