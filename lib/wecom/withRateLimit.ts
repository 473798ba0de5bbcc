import type { Clock } from '../clock.ts';
import type { WecomClient } from './client.ts';
import { WecomErrcode } from './errors.ts';

/** Too many calls of one API. */
const LIMITED = 45009;
/** A limit by the minute ends after 60 s (document 90454). A longer one is hit again, once a minute. */
export const RATE_LIMIT_PAUSE_MS = 60_000;
/**
 * Never paused. WeCom does not limit calls with a valid code (document 90454), so whoever sends invalid
 * ones until WeCom answers 45009 must not lock out everybody else.
 */
const EXEMPT = 'auth/getuserinfo';

/**
 * A client that pauses an API for a minute after 45009: it throws the same error without calling
 * WeCom. So an instance at the limit sends one call a minute of each API.
 */
export function withRateLimit(client: WecomClient, clock: Clock): WecomClient {
  const limits = new Map<string, { until: number; error: WecomErrcode }>();

  return async function limited(call, invocation) {
    const limit = limits.get(call.api);
    if (limit && clock.now() < limit.until) {
      const until = new Date(limit.until).toISOString();
      invocation.log.info('WeCom limits this API: it is not called', { api: call.api, until });
      throw limit.error;
    }
    try {
      return await client(call, invocation);
    } catch (error) {
      if (error instanceof WecomErrcode && error.errcode === LIMITED && call.api !== EXEMPT) {
        limits.set(call.api, { until: clock.now() + RATE_LIMIT_PAUSE_MS, error });
      }
      throw error;
    }
  };
}
