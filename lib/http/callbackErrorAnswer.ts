import { CallbackInProgress, CallbackNotConfigured, CallbackRefused } from '../callback/errors.ts';
import { type Answer, failure } from './answer.ts';

/**
 * A forgery learns nothing but that it is none: one answer, whichever check it failed. Everything
 * that is not listed here is a 5xx, which makes WeCom deliver again.
 */
export function callbackErrorAnswer(error: unknown, message: string): Answer | undefined {
  if (error instanceof CallbackRefused) return failure(403, -1, '回调验证失败');
  if (error instanceof CallbackNotConfigured) return failure(404, -1, '回调未配置');
  if (error instanceof CallbackInProgress) return failure(503, -1, message, { 'retry-after': '1' });
  return undefined;
}
