import type { Clock } from '../clock.ts';
import type { WecomClient } from './client.ts';
import { WecomErrcode } from './errors.ts';

/** Too many calls of one API. */
const LIMITED = 45009;
/** A limit by the minute ends after 60 s (document 90454); a longer one is simply hit again. */
export const LIMIT_MILLISECONDS = 60_000;
/**
 * Calls with a right code are exempt from the limits (document 90454), so a caller who sends wrong
 * ones until WeCom answers 45009 must not lock out everybody else.
 */
const EXEMPT = 'auth/getuserinfo';

/**
 * A client that pauses an API for a minute after 45009: it throws the same error without calling
 * WeCom. So an instance at the limit sends one call a minute.
 *
 * It keeps one entry for each API that we call.
 */
export function withRateLimit(client: WecomClient, clock: Clock): WecomClient {
  const limits = new Map<string, { until: number; error: WecomErrcode }>();

  return async function limited(call, invocation) {
    const limit = limits.get(call.api);
    if (limit && clock.now() < limit.until) {
      const until = new Date(limit.until).toISOString();
      invocation.log.info('WeCom limits this API: it is not asked', { api: call.api, until });
      throw limit.error;
    }
    try {
      return await client(call, invocation);
    } catch (error) {
      if (error instanceof WecomErrcode && error.errcode === LIMITED && call.api !== EXEMPT) {
        limits.set(call.api, { until: clock.now() + LIMIT_MILLISECONDS, error });
      }
      throw error;
    }
  };
}
