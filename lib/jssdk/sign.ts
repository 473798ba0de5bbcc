import { createHash } from 'node:crypto';
import type { App } from '../tableKeys.ts';

/** What a page proves that it may use the JS-SDK with. */
export interface Signed {
  /** Seconds since the epoch. */
  readonly timestamp: number;
  readonly nonceStr: string;
  /** SHA-1 in lower-case hex. */
  readonly signature: string;
}

/** The arguments of `wx.config` and `wx.agentConfig`, in WeCom's own names (document 96909). */
export interface Signatures {
  readonly config: { readonly appId: string } & Signed;
  readonly agentConfig: { readonly corpid: string; readonly agentid: string } & Signed;
}

export interface SignParts {
  readonly app: App;
  readonly now: number;
  readonly randomBytes: (count: number) => Uint8Array;
}

/**
 * Signs a page for both calls. Each signature is good for that page alone.
 *
 * @param tickets of the app, for `config` and for `agentConfig`
 * @param url of the page, without its fragment, as `location.href` writes it
 */
export function signPage(
  { app: { corpId, agentId }, now, randomBytes }: SignParts,
  tickets: { readonly config: string; readonly agentConfig: string },
  url: string,
): Signatures {
  const signed = (ticket: string): Signed => {
    const timestamp = Math.floor(now / 1_000);
    const nonceStr = Buffer.from(randomBytes(16)).toString('hex');
    return { timestamp, nonceStr, signature: signatureOf(ticket, nonceStr, timestamp, url) };
  };
  return {
    config: { appId: corpId, ...signed(tickets.config) },
    agentConfig: { corpid: corpId, agentid: agentId, ...signed(tickets.agentConfig) },
  };
}

/** In WeCom's order, each value as it is, without percent-encoding (document 96909). */
export function signatureOf(
  ticket: string,
  nonceStr: string,
  timestamp: number,
  url: string,
): string {
  const text = `jsapi_ticket=${ticket}&noncestr=${nonceStr}&timestamp=${timestamp}&url=${url}`;
  return createHash('sha1').update(text).digest('hex');
}
