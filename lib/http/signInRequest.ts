import * as v from 'valibot';

/**
 * The body of `POST /api/wecom/getUserInfo`. A code has at most 512 bytes (document 91023); its
 * alphabet is not documented, so all that is sure to be none is refused: `&`, `?`, `#`, `%`, blanks,
 * control characters and whatever is not ASCII. State and verifier need only be text here: what they
 * must be is for the sign-in to judge, with one answer for all that can be wrong with them.
 */
export const SignInRequest = v.object(
  {
    code: v.pipe(
      v.string('缺少授权码'),
      v.nonEmpty('缺少授权码'),
      v.maxLength(512, '授权码过长'),
      v.regex(/^[\w.~+/=-]+$/, '授权码格式不正确'),
    ),
    state: v.optional(v.string('state 须为字符串')),
    code_verifier: v.optional(v.string('code_verifier 须为字符串')),
  },
  '缺少授权码',
);
