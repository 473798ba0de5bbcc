import { errcodeEntry } from '../../lib/wecom/errcodes.ts';
import type { WecomErrcode } from '../../lib/wecom/errors.ts';
import type { Bilingual } from '../permissions/language.ts';

/** What one check found. */
export interface Finding {
  /** The check's name, for programs: stable. */
  readonly check: string;
  /**
   * `unknown`: it could not be looked at, or is not set up and need not be. `warning`: it works, and
   * the operator should know about it; the stage is healthy all the same.
   */
  readonly outcome: 'ok' | 'warning' | 'failed' | 'unknown';
  readonly what: Bilingual;
  /** What to do; with every `failed` and `warning`. */
  readonly remedy?: Bilingual;
  readonly errcode?: number;
  /** After this nothing more is looked at: it would fail for the same reason, or do harm. */
  readonly stop?: true;
}

export const ok = (check: string, en: string, zh: string): Finding => ({
  check,
  outcome: 'ok',
  what: { en, zh },
});

export const unknown = (check: string, en: string, zh: string, remedy?: Bilingual): Finding => ({
  check,
  outcome: 'unknown',
  what: { en, zh },
  ...(remedy && { remedy }),
});

export const warning = (check: string, what: Bilingual, remedy: Bilingual): Finding => ({
  check,
  outcome: 'warning',
  what,
  remedy,
});

export const failed = (
  check: string,
  what: Bilingual,
  remedy: Bilingual,
  more: Pick<Finding, 'errcode' | 'stop'> = {},
): Finding => ({ check, outcome: 'failed', what, remedy, ...more });

/** What WeCom's refusal says, in the catalogue's words. */
export function refused(
  check: string,
  error: Pick<WecomErrcode, 'errcode' | 'errmsg'>,
  more: Pick<Finding, 'stop'> = {},
): Finding {
  const { meaning, remedy } = errcodeEntry(error.errcode);
  return failed(
    check,
    {
      en: `WeCom answers errcode ${error.errcode}: ${meaning.en} (${error.errmsg})`,
      zh: `企业微信返回错误码 ${error.errcode}：${meaning.zh}（${error.errmsg}）`,
    },
    remedy,
    { errcode: error.errcode, ...more },
  );
}

/** WeCom does not take calls from an address: which one, and where to list it. */
export function addressRefused(check: string, address: string, more: Pick<Finding, 'stop'> = {}) {
  return failed(
    check,
    {
      en: `WeCom does not take calls from ${address} (60020)`,
      zh: `企业微信拒绝来自 ${address} 的调用（60020）`,
    },
    {
      en: `List ${address} in WeCom's console: 应用管理 → the app → 企业可信IP. It takes about a minute. If the address changes by itself, deploy with egress: fixed.`,
      zh: `在管理后台“应用管理 → 该应用 → 企业可信IP”中填入 ${address}，约一分钟后生效。如果出口地址会变化，请以 egress: fixed 部署。`,
    },
    { errcode: 60020, ...more },
  );
}
