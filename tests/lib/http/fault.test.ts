import { describe, expect, it } from 'vitest';
import { CallbackInProgress, CallbackRefused } from '../../../lib/callback/errors.ts';
import {
  ConfigurationError,
  InvalidRequest,
  NotAMember,
  ParameterUnavailable,
  StoreUnavailable,
  Unauthenticated,
} from '../../../lib/errors.ts';
import { faultOf } from '../../../lib/http/fault.ts';
import { TokenUnavailable, waitedTooLong } from '../../../lib/token/errors.ts';
import { errcodeEntry } from '../../../lib/wecom/errcodes.ts';
import {
  WecomBadBody,
  WecomBadStatus,
  WecomErrcode,
  WecomTransportError,
} from '../../../lib/wecom/errors.ts';

const errcode = (code: number) => new WecomErrcode('user/get', code, '', errcodeEntry(code));
const noToken = (reason: TokenUnavailable['reason']) => new TokenUnavailable(reason, -1, 0, {});

describe('whose fault it is that a request did not succeed', () => {
  it.each([
    ['a success', 200, undefined, 'none'],
    ['a redirect', 302, undefined, 'none'],
    ['an unknown path', 404, undefined, 'visitor'],
    ['a bad request', 400, new InvalidRequest('缺少授权码'), 'visitor'],
    ['nobody', 401, new Unauthenticated(false), 'visitor'],
    ['a stranger', 403, new NotAMember(''), 'visitor'],
    ['a forged callback', 403, new CallbackRefused('stale'), 'visitor'],
    ['a used code', 401, errcode(40029), 'visitor'],
    ['a member out of the visible range', 401, errcode(60011), 'administrator'],
    ['a disabled app', 500, errcode(50003), 'administrator'],
    ['our IP not listed', 500, errcode(60020), 'operator'],
    ['WeCom busy', 503, errcode(-1), 'wecom'],
    ['WeCom silent', 503, new WecomTransportError(''), 'wecom'],
    ['WeCom answering 502', 503, new WecomBadStatus('user/get', 502), 'wecom'],
    ['WeCom answering nonsense', 503, new WecomBadBody(''), 'wecom'],
    ['a wrong secret', 500, noToken('refused'), 'operator'],
    ['too many gettoken', 503, noToken('limited'), 'operator'],
    ['gettoken without an answer', 503, noToken('unreachable'), 'wecom'],
    ['no secret to be had', 500, noToken('no-secret'), 'aws'],
    ['waiting for a token in vain', 503, waitedTooLong(), 'wecom-auth'],
    ['waiting for the same push in vain', 503, new CallbackInProgress(''), 'wecom-auth'],
    ['DynamoDB down', 500, new StoreUnavailable(''), 'aws'],
    ['SSM down', 500, new ParameterUnavailable(''), 'aws'],
    ['a parameter that is missing', 500, new ConfigurationError(''), 'operator'],
    ['a defect', 500, new TypeError('x is undefined'), 'wecom-auth'],
    ['something thrown that is no error', 500, 'x', 'wecom-auth'],
  ])('%s', (_what, status, trouble, fault) => {
    expect(faultOf(status, trouble)).toBe(fault);
  });
});
