import { describe, expect, it } from 'vitest';
import { CallbackInProgress } from '../../../lib/callback/errors.ts';
import { callbackErrorAnswer } from '../../../lib/http/callbackErrorAnswer.ts';

describe('the answer to a callback', () => {
  it('makes WeCom deliver again what is being worked on', () => {
    expect(callbackErrorAnswer(new CallbackInProgress('x'), '回调处理失败')).toMatchObject({
      status: 503,
      body: { code: -1, message: '回调处理失败' },
      headers: { 'retry-after': '1' },
    });
  });
});
