import type { SensitiveField } from '../directory/types.ts';
import type { Behaviour } from '../options.ts';
import { randomToken } from './randomToken.ts';

/** Which page gave the code; only page OAuth can lead to a user_ticket (documents 91023 and 98176). */
export type PageOrigin = 'oauth2' | 'wwlogin' | 'qrConnect';
/** The codes of a mini-program (document 91507) and of second verification (99499) come from no page. */
export type CodeOrigin = PageOrigin | 'miniprogram' | 'tfa';
export type Scope = 'snsapi_base' | 'snsapi_privateinfo';

/** A demonstration code: accepted any number of times, for `user123`, with consent to everything. */
export const DEMONSTRATION_CODE = 'your_auth_code';

export interface CodeGrant {
  /** Undefined when the authorize address named no app: then any app that trusts the host may redeem it. */
  agentid: number | undefined;
  /** `host` or `host:port` of the redirect_uri. */
  redirectHost: string;
  /** A userid, or the id of a visitor. */
  who: { userid: string } | { visitor: string };
  scope: Scope;
  /** `tfaCode` is what auth/get_tfa_info gives: it lives and ends like a code. */
  origin: CodeOrigin | 'tfaCode';
  /** Fields the person consented to. */
  fields: readonly SensitiveField[];
}

export interface IssuedCode extends CodeGrant {
  /** Milliseconds. */
  issuedAt: number;
}

export interface Codes {
  mint(grant: CodeGrant): string;
  /** @returns nothing for a code that is unknown, expired or used (40029 for all three) */
  find(code: string): CodeGrant | undefined;
  /** Uses the code up. */
  consume(code: string): void;
  /** Why a code is not found, as far as this run remembers. */
  fate(code: string): 'used' | 'expired' | 'unknown';
}

/** Codes whose end is remembered. */
const MAX_ENDED = 10_000;

export function codeStore(
  clock: () => number,
  behaviour: Behaviour,
  codes: Map<string, IssuedCode>,
): Codes {
  const ended = new Map<string, 'used' | 'expired'>();
  const isLive = ({ issuedAt }: IssuedCode) =>
    issuedAt + behaviour.codeLifetimeSeconds * 1000 > clock();

  function end(code: string, fate: 'used' | 'expired'): void {
    if (!codes.delete(code)) return;
    ended.set(code, fate);
    const [oldest] = ended.keys();
    if (ended.size > MAX_ENDED && oldest !== undefined) ended.delete(oldest);
  }

  return {
    mint(grant) {
      for (const [code, issued] of codes) if (!isLive(issued)) end(code, 'expired');
      // 43 characters of base64url: the samples seen; the documents only promise at most 512 bytes.
      const code = randomToken(43);
      codes.set(code, { ...grant, issuedAt: clock() });
      return code;
    },
    find(code) {
      const grant = codes.get(code);
      return grant !== undefined && isLive(grant) ? grant : undefined;
    },
    consume: (code) => end(code, 'used'),
    fate: (code) => (codes.has(code) ? 'expired' : (ended.get(code) ?? 'unknown')),
  };
}
