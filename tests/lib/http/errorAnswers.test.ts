import { describe, expect, it } from 'vitest';
import {
  CallbackInProgress,
  CallbackNotConfigured,
  CallbackRefused,
} from '../../../lib/callback/errors.ts';
import {
  ConfigurationError,
  Forbidden,
  InvalidRequest,
  MemberInactive,
  MethodNotAllowed,
  NotAMember,
  NotFound,
  ParameterUnavailable,
  RetryWithin,
  StoreUnavailable,
  Unauthenticated,
} from '../../../lib/errors.ts';
import { errorAnswer } from '../../../lib/http/errorAnswers.ts';
import { OpenidRefused, WecomStateRefused } from '../../../lib/openid/refusal.ts';
import { SignInUnderWay, type StateRefusal, StateRefused } from '../../../lib/signin/errors.ts';
import { TokenUnavailable, waitedTooLong } from '../../../lib/token/errors.ts';
import { errcodeEntry } from '../../../lib/wecom/errcodes.ts';
import {
  WecomBadBody,
  WecomBadStatus,
  WecomErrcode,
  WecomTransportError,
} from '../../../lib/wecom/errors.ts';

const FAILED = '失败';
const errcode = (code: number, errmsg = '') =>
  new WecomErrcode('user/get', code, errmsg, errcodeEntry(code));
const noToken = (reason: TokenUnavailable['reason'], retryAfterMs = 2_400) =>
  new TokenUnavailable(reason, -1, retryAfterMs, {});

const onSignIn = (error: unknown) =>
  errorAnswer(error, { failureMessage: FAILED, reportsWecom: true });
const elsewhere = (error: unknown) => errorAnswer(error, { failureMessage: FAILED });

describe('the answer to an error, on every route', () => {
  it.each([
    ['a bad request', new InvalidRequest('缺少授权码'), 400, '缺少授权码', 'ERR_INVALID_REQUEST'],
    ['nobody', new Unauthenticated(false), 401, '未登录或登录已失效', 'ERR_UNAUTHENTICATED'],
    ['no right', new Forbidden('x'), 403, '没有权限', 'ERR_FORBIDDEN'],
    ['an unknown path', new NotFound('x'), 404, '接口不存在', 'ERR_NOT_FOUND'],
    [
      'another method',
      new MethodNotAllowed(['GET']),
      405,
      '请求方法不支持',
      'ERR_METHOD_NOT_ALLOWED',
    ],
    ['a stranger', new NotAMember(), 403, '非企业成员', 'ERR_NOT_A_MEMBER'],
    [
      'a disabled member',
      new MemberInactive(),
      403,
      '成员未激活、已禁用或已退出企业',
      'ERR_MEMBER_INACTIVE',
    ],
    [
      'a state',
      new StateRefused('expired'),
      401,
      '登录状态无效或已过期，请重新登录',
      'ERR_STATE_REFUSED/expired',
    ],
    ['an equal sign-in', new SignInUnderWay(), 503, FAILED, 'ERR_SIGN_IN_UNDER_WAY'],
    ['a forgery', new CallbackRefused('stale'), 403, '回调验证失败', 'ERR_CALLBACK_REFUSED'],
    [
      'a channel without keys',
      new CallbackNotConfigured(''),
      404,
      '回调未配置',
      'ERR_CALLBACK_NOT_CONFIGURED',
    ],
    ['an equal push', new CallbackInProgress(''), 503, FAILED, 'ERR_CALLBACK_IN_PROGRESS'],
    [
      'a state of the OpenID provider',
      new WecomStateRefused('other-browser'),
      401,
      '登录状态无效或已过期，请重新登录',
      'ERR_STATE_REFUSED/other-browser',
    ],
    [
      'a refusal of the OpenID provider',
      new OpenidRefused({ error: 'invalid_grant' }, {}),
      400,
      FAILED,
      'ERR_OPENID_REFUSED/invalid_grant',
    ],
    ['settings', new ConfigurationError(''), 500, FAILED, 'ERR_CONFIGURATION'],
    ['DynamoDB', new StoreUnavailable(''), 500, FAILED, 'ERR_STORE_UNAVAILABLE'],
    ['SSM', new ParameterUnavailable(''), 500, FAILED, 'ERR_PARAMETER_UNAVAILABLE'],
    ['a defect', new TypeError('x is undefined'), 500, FAILED, 'ERR_UNEXPECTED'],
    ['something thrown that is no error', 'x', 500, FAILED, 'ERR_UNEXPECTED'],
  ])('%s', (_what, error, status, message, code) => {
    for (const answer of [onSignIn(error), elsewhere(error)]) {
      expect(answer).toMatchObject({ status, body: { code: -1, message } });
      expect(answer.headers).toMatchObject({ 'x-error-code': code });
    }
  });

  it('names the methods that a path takes, and challenges a caller without a valid token', () => {
    expect(elsewhere(new MethodNotAllowed(['GET', 'POST'])).headers).toMatchObject({
      allow: 'GET, POST',
    });
    const challenge = (badToken: boolean) => elsewhere(new Unauthenticated(badToken)).headers;
    expect(challenge(false)).toMatchObject({ 'www-authenticate': 'Bearer' });
    expect(challenge(true)).toMatchObject({ 'www-authenticate': 'Bearer error="invalid_token"' });
  });

  it('makes WeCom deliver a push again that is being worked on', () => {
    expect(elsewhere(new CallbackInProgress('')).headers).toMatchObject({ 'retry-after': '1' });
  });
});

describe('the body of a refused state', () => {
  const reasons: StateRefusal[] = [
    'absent',
    'malformed',
    'unknown',
    'expired',
    'other-app',
    'other-verifier',
    'used',
  ];

  it('is the same whatever was wrong with it; the header and the log tell the reasons apart', () => {
    const answers = reasons.map((reason) => onSignIn(new StateRefused(reason)));
    expect(new Set(answers.map(({ body }) => JSON.stringify(body))).size).toBe(1);
    expect(answers.map(({ headers }) => headers?.['x-error-code'])).toEqual(
      reasons.map((reason) => `ERR_STATE_REFUSED/${reason}`),
    );
    for (const reason of reasons) {
      expect(new StateRefused(reason).details['advice']).toMatch(/\w{3}/);
    }
  });
});

describe('the answer to a sign-in that WeCom ended', () => {
  it('has the errcode with its errmsg, or with what the errcode means', () => {
    const body = (message: string) => ({ status: 401, body: { code: 60111, message } });
    expect(onSignIn(errcode(60111, 'userid not found'))).toMatchObject(body('userid not found'));
    expect(onSignIn(errcode(60111))).toMatchObject(body('成员不存在'));
    expect(onSignIn(errcode(60111)).headers).toEqual({ 'x-error-code': 'ERR_WECOM_ERRCODE' });
  });

  it.each([
    [-1, '5'],
    [45009, '60'],
    [45033, '60'],
  ])('by being busy (%i) says to come again in %s seconds', (code, seconds) => {
    expect(onSignIn(errcode(code))).toMatchObject({
      status: 503,
      body: { code, message: FAILED },
      headers: { 'retry-after': seconds },
    });
  });

  it.each([
    [500, 503],
    [502, 503],
    [429, 503],
    [302, 500],
    [403, 500],
    [404, 500],
  ])('by HTTP %i is %i: only the operator can mend what does not pass', (status, expected) => {
    const answer = onSignIn(new WecomBadStatus('user/get', status));
    expect(answer.status).toBe(expected);
    expect(answer.headers?.['retry-after']).toBe(expected === 503 ? '5' : undefined);
  });

  it.each([
    ['unreachable', 503],
    ['limited', 503],
    ['unreported', 503],
    ['waited-too-long', 503],
    // Only the operator can mend these two.
    ['refused', 500],
    ['no-secret', 500],
  ] as const)('without an access_token (%s) is %i', (reason, expected) => {
    const answer = onSignIn(noToken(reason));
    expect(answer.status).toBe(expected);
    expect(answer.headers?.['retry-after']).toBe(expected === 503 ? '3' : undefined);
  });
});

describe('a promise to try again', () => {
  it.each([
    ['holds while the same request can succeed', 300, '60'],
    ['is not made where that would be too late', 60, undefined],
    ['is not made where the same request cannot succeed', 0, undefined],
  ])('%s', (_what, seconds, expected) => {
    const answer = onSignIn(new RetryWithin(errcode(45009), seconds));
    expect(answer).toMatchObject({ status: 503, body: { code: 45009 } });
    expect(answer.headers).toMatchObject({ 'x-error-code': 'ERR_WECOM_ERRCODE' });
    expect(answer.headers?.['retry-after']).toBe(expected);
  });
});

describe('on a route that is not about WeCom', () => {
  it.each([
    errcode(60111, 'userid not found'),
    errcode(-1),
    errcode(60020),
    new WecomTransportError(''),
    new WecomBadBody(''),
    new WecomBadStatus('x', 502),
    noToken('unreachable'),
  ])('an error of WeCom is a failure of ours: %s', (error) => {
    const answer = elsewhere(error);
    expect(answer).toMatchObject({ status: 500, body: { code: -1, message: FAILED } });
    expect(answer.headers?.['retry-after']).toBeUndefined();
  });
});

const refusedProgram = (client: { client?: string }) =>
  new OpenidRefused({ error: 'invalid_client' }, client);

describe('whose fault it is that a request did not succeed', () => {
  it.each([
    ['a bad request', new InvalidRequest('缺少授权码'), 'visitor'],
    ['nobody', new Unauthenticated(false), 'visitor'],
    ['a stranger', new NotAMember(), 'visitor'],
    ['a callback of a channel without keys', new CallbackNotConfigured(''), 'visitor'],
    ['a program’s wrong secret', refusedProgram({ client: 'grafana' }), 'program'],
    ['an unknown program', refusedProgram({}), 'visitor'],
    ['a forged callback', new CallbackRefused('stale'), 'visitor'],
    ['a used code', errcode(40029), 'visitor'],
    ['a used code, for good', new RetryWithin(errcode(40029), 0), 'visitor'],
    ['a member out of the visible range', errcode(60011), 'administrator'],
    ['a disabled app', errcode(50003), 'administrator'],
    ['our IP not listed', errcode(60020), 'operator'],
    ['WeCom busy', errcode(-1), 'wecom'],
    ['WeCom silent', new WecomTransportError(''), 'wecom'],
    ['WeCom answering 502', new WecomBadStatus('user/get', 502), 'wecom'],
    ['WeCom answering nonsense', new WecomBadBody(''), 'wecom'],
    ['a wrong secret', noToken('refused'), 'operator'],
    ['too many gettoken', noToken('limited'), 'operator'],
    ['gettoken without an answer', noToken('unreachable'), 'wecom'],
    ['no readable secret', noToken('no-secret'), 'aws'],
    ['tickets that do not last', noToken('closed'), 'wecom'],
    ['waiting for a token in vain', waitedTooLong('gettoken'), 'wecom-auth'],
    ['waiting for the same push in vain', new CallbackInProgress(''), 'wecom-auth'],
    ['DynamoDB down', new StoreUnavailable(''), 'aws'],
    ['SSM down', new ParameterUnavailable(''), 'aws'],
    ['a parameter that is missing', new ConfigurationError(''), 'operator'],
    ['a defect', new TypeError('x is undefined'), 'wecom-auth'],
  ])('%s', (_what, error, fault) => {
    expect(onSignIn(error).fault).toBe(fault);
    expect(elsewhere(error).fault).toBe(fault);
  });
});
