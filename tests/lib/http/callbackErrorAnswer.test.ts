import { describe, expect, it } from 'vitest';
import {
  CallbackInProgress,
  CallbackNotConfigured,
  CallbackRefused,
} from '../../../lib/callback/errors.ts';
import { StoreUnavailable } from '../../../lib/errors.ts';
import { callbackErrorAnswer } from '../../../lib/http/callbackErrorAnswer.ts';

const answerTo = (error: unknown) => callbackErrorAnswer(error, '回调处理失败');

describe('the answer to a callback', () => {
  it('is the same for every forgery', () => {
    const answers = (
      ['-40001', '-40002', '-40005', '-40007', '-40008', '-40010', 'stale', 'echo'] as const
    ).map((refusal) => answerTo(new CallbackRefused(refusal)));
    for (const answer of answers) {
      expect(answer).toEqual({
        status: 403,
        body: { code: -1, message: '回调验证失败' },
        headers: {},
      });
    }
  });

  it('is 404 where the channel is not set up', () => {
    expect(answerTo(new CallbackNotConfigured('x'))).toMatchObject({ status: 404 });
  });

  it('makes WeCom deliver again what is being worked on', () => {
    expect(answerTo(new CallbackInProgress('x'))).toMatchObject({
      status: 503,
      body: { code: -1, message: '回调处理失败' },
      headers: { 'retry-after': '1' },
    });
  });

  it('is left to the route for everything else', () => {
    expect(answerTo(new StoreUnavailable('x'))).toBeUndefined();
  });
});
