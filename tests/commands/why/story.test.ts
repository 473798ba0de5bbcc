import { describe, expect, it } from 'vitest';
import { errorReason } from '../../../commands/why/reasons.ts';
import { storyOf } from '../../../commands/why/story.ts';
import type { Decision } from '../../../lib/permissions/evaluate.ts';

const explain = (permission: string) => `explain ${permission}`;

describe('the sentence about a request', () => {
  it.each([
    [
      'a sign-in at a program without cookies',
      {
        function: 'openid',
        route: 'GET /oauth2/wecom',
        outcome: 'refused',
        error: 'ERR_STATE_REFUSED',
        refusal: 'no-cookies',
      },
      'Sign-in to an application refused: the browser sent no cookies.',
      '登录应用被拒绝：浏览器没有发送 Cookie。',
    ],
    [
      'a program whose refresh is refused',
      {
        function: 'openidToken',
        outcome: 'refused',
        client: 'grafana',
        error: 'ERR_OPENID_REFUSED',
        refusal: 'invalid_grant',
      },
      'Tokens for grafana refused: The code or refresh token is not valid any more, or not for this request.',
      '为 grafana 发放令牌被拒绝：授权码或刷新令牌已失效，或不属于这次请求。',
    ],
    [
      'an anonymous question',
      { function: 'verify', outcome: 'refused', error: 'ERR_UNAUTHENTICATED' },
      'verify refused: the caller had no session, or one that has ended.',
      'verify 被拒绝：调用方没有会话，或会话已过期。',
    ],
    [
      'a secret that WeCom refuses',
      {
        function: 'getUserInfo',
        outcome: 'failed',
        error: 'ERR_TOKEN_UNAVAILABLE',
        errcode: 40001,
      },
      'Sign-in failed: there was no access_token, because WeCom refused gettoken with errcode 40001: The secret is invalid, or the app is stopped.',
      '登录失败：没有 access_token：企业微信拒绝了 gettoken，错误码 40001：Secret 无效，或应用已停用。',
    ],
    [
      'a leaver',
      { function: 'callback', outcome: 'success', event: 'delete_user' },
      "WeCom's message “the member was deleted” was processed.",
      '企业微信的通知“该成员已删除”已处理。',
    ],
    [
      'a sign-out',
      { function: 'openid', route: 'POST /oauth2/account', outcome: 'success' },
      '/oauth2/account succeeded.',
      '/oauth2/account 成功。',
    ],
    [
      'an error that this version does not know',
      { function: 'getUserInfo', outcome: 'failed', error: 'ERR_OF_TOMORROW' },
      'Sign-in failed: a defect in wecom-auth.',
      '登录失败：wecom-auth 有缺陷。',
    ],
  ])('%s', (_, line, en, zh) => {
    expect(storyOf(line, explain).what).toEqual({ en, zh });
  });

  it.each<[Decision['reason'], string, string | undefined]>([
    ['allowed', 'allowed: a grant of a tag allows it.', undefined],
    ['denied', 'refused: a grant of a tag denies it.', 'explain access shows the grants.'],
    ['no-grant', 'refused: no grant applies.', 'explain access shows the grants.'],
    [
      'grants-pending',
      "refused: the member's own grants were being suspended or moved.",
      'If it lasts, run npm run permissions -- settle.',
    ],
    [
      'group-unreadable',
      'refused: WeCom does not show whether the member belongs to a group that is denied.',
      'explain access shows the grants.',
    ],
    [
      'member-gone',
      "refused: the member left, is disabled or not activated, or is outside of the app's visible range.",
      "Look at the member and the app's visible range (可见范围) in WeCom's console.",
    ],
    [
      'member-unreadable',
      "refused: WeCom's answer about the member could not be read.",
      'Sign in again in a moment. If it lasts, run npm run doctor.',
    ],
    [
      'unknown-member',
      'refused: WeCom could not be asked about the member, and nothing usable was stored.',
      'Sign in again in a moment. If it lasts, run npm run doctor.',
    ],
  ])('a decision of verify: %s', (decision, what, remedy) => {
    const authorized = decision === 'allowed';
    const line = { function: 'verify', outcome: 'success', permission: 'access', authorized };
    const story = storyOf({ ...line, decision, decidedBy: 'tag' }, explain);
    expect(story.what.en).toBe(`verify (permission access) ${what}`);
    expect(story.remedy?.en).toBe(remedy);
  });
});

describe('the reason of an error', () => {
  it.each([
    [2, 'the member is disabled in WeCom'],
    [4, 'the member has not activated WeCom'],
    [5, 'the member left the company'],
    [9, 'the member is not active in WeCom'],
  ])('for the status %d of a member', (memberStatus, why) => {
    expect(errorReason({ error: 'ERR_MEMBER_INACTIVE', memberStatus }).why.en).toBe(why);
  });

  it('quotes nothing that WeCom or a caller wrote', () => {
    const line = { errmsg: 'CANARY', problem: 'CANARY', advice: 'CANARY', api: 'user/get' };
    for (const error of ['ERR_WECOM_ERRCODE', 'ERR_INVALID_REQUEST', 'ERR_UNEXPECTED']) {
      const reason = errorReason({ ...line, error, errcode: 60011 });
      expect(JSON.stringify(reason)).not.toContain('CANARY');
    }
  });
});
